/** Keeps the providers that the environment names, at every start. */
import { configuredProviders } from '../config/settings/provider-settings.ts'
import type { ConfiguredProvider } from '../config/settings/provider-settings.ts'
import type { Config } from '../config/config.ts'
import { newId } from '../crypto/random.ts'
import { createVault } from '../crypto/vault.ts'
import type { Vault } from '../crypto/vault.ts'
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import type { Provider } from '../domain/provider/provider.ts'
import { StorageRefused } from '../storage/storage.ts'
import type { Storage } from '../storage/storage.ts'

/**
 * What an operator changed by command, such as the domains of a provider, stays.
 *
 * @throws {StorageRefused} if an operator added another provider of that name
 */
export async function keepConfiguredProviders(storage: Storage, config: Config, secret: string, now: number): Promise<void> {
  const vault = createVault(secret, config.secretPrevious)
  for (const configured of configuredProviders(config)) await keep(storage, vault, configured, now)
}

async function keep({ providers }: Storage, vault: Vault, configured: ConfiguredProvider, now: number): Promise<void> {
  const { name, kind, issuer, clientId, clientSecret, label, scopes } = configured
  const event = (change: 'provider.added' | 'provider.updated'): AuditEvent => ({
    id: newId(),
    at: now,
    name: change,
    actor: 'server',
    details: { provider: name, kind, issuer, client_id: clientId },
  })
  const before = await providers.findByName(name)
  if (before === undefined) {
    const settings = { label, scopes, domains: [], follow: true }
    const sealed = vault.encrypt(clientSecret)
    const provider = { id: newId(), name, kind, origin: 'environment', issuer, clientId, encryptedClientSecret: sealed, settings } as const
    // Another node may have added it at the same moment.
    await providers.insert({ ...provider, createdAt: now, updatedAt: now }, event('provider.added'))
    return
  }
  if (before.origin !== 'environment' || before.kind !== kind)
    throw new StorageRefused(
      `The environment names a provider ${name}, but there is one already that was added by command: delete that, or give it another name.`,
    )
  const isSame =
    before.issuer === issuer &&
    before.clientId === clientId &&
    before.settings.label === label &&
    JSON.stringify(before.settings.scopes) === JSON.stringify(scopes) &&
    holds(vault, before, clientSecret)
  if (isSame) return
  const settings = { ...before.settings, label, scopes }
  const after = { ...before, issuer, clientId, encryptedClientSecret: vault.encrypt(clientSecret), settings, updatedAt: now }
  await providers.update({ before, after }, event('provider.updated'))
}

const holds = (vault: Vault, { encryptedClientSecret: sealed }: Provider, clientSecret: string): boolean =>
  sealed !== undefined && vault.opens(sealed) && vault.decrypt(sealed) === clientSecret
