/** Encrypts anew what SECRET_PREVIOUS had encrypted: secrets of providers, and the refresh tokens of people there. */
import { createVault } from '../crypto/vault.ts'
import type { Config } from '../config/config.ts'
import type { Storage } from '../storage/storage.ts'

/** Refresh tokens that are read at once: a step takes milliseconds. */
const STEP = 500

export async function resealProviders(
  { providers, identities }: Pick<Storage, 'providers' | 'identities'>,
  { secretPrevious }: Pick<Config, 'secretPrevious'>,
  secret: string,
  now: number,
): Promise<void> {
  if (secretPrevious === undefined) return
  const vault = createVault(secret, secretPrevious)
  for (const before of await providers.list()) {
    const sealed = before.encryptedClientSecret
    if (sealed === undefined || !vault.isStale(sealed)) continue
    await providers.update({ before, after: { ...before, encryptedClientSecret: vault.encrypt(vault.decrypt(sealed)), updatedAt: now } })
  }
  let step = await identities.listTokens('', STEP)
  while (step.length > 0) {
    for (const { id, encryptedRefreshToken: sealed } of step)
      if (vault.isStale(sealed)) await identities.replaceToken(id, sealed, vault.encrypt(vault.decrypt(sealed)))
    step = await identities.listTokens(step.at(-1)!.id, STEP)
  }
}
