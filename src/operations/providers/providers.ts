/** Identity providers that operators add by command, besides those of the environment. Running servers follow at once. */
import { microsoftIssuer } from '../../config/settings/provider-settings.ts'
import { createVault } from '../../crypto/vault.ts'
import { isClaimPath } from '../../domain/admission/claim-path.ts'
import { parseDomain } from '../../domain/admission/mail-address.ts'
import { isProviderName, logoutUriOf, parseIssuer, redirectUriOf } from '../../domain/provider/provider-address.ts'
import { PROVIDER_KINDS } from '../../domain/provider/provider.ts'
import type { Provider, ProviderKind, ProviderSettings } from '../../domain/provider/provider.ts'
import { ok } from '../../domain/protocol/result.ts'
import type { AuditEventName } from '../../domain/audit/audit-event.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, conflict, invalid, invalidArgument, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** What can be said of a provider; an empty text or list takes one back. */
export interface ProviderMembers {
  readonly issuer?: string | undefined
  readonly tenant?: string | undefined
  readonly clientId?: string | undefined
  readonly clientSecret?: string | undefined
  readonly label?: string | undefined
  readonly scopes?: readonly string[] | undefined
  readonly domains?: readonly string[] | undefined
  readonly follow?: string | undefined
  /** A JSON Pointer to the claim that says the groups. */
  readonly groups?: string | undefined
}

const ISSUERS = { google: 'https://accounts.google.com', github: 'https://github.com' } as const

export async function listProviders({ storage }: OperationContext): Promise<Outcome<Provider[]>> {
  return ok(await storage.providers.list())
}

export async function findProvider({ storage }: OperationContext, name: string): Promise<Outcome<Provider>> {
  const provider = await storage.providers.findByName(name.toLowerCase())
  return provider === undefined ? notFound(`There is no provider ${name}.`) : ok(provider)
}

export async function addProvider(
  context: OperationContext,
  name: string,
  kind: string,
  members: ProviderMembers,
): Promise<Outcome<Provider>> {
  if (!isProviderName(name)) return invalid('The name must be 1 to 32 small letters, digits and hyphens, because it is part of an address.')
  const known = PROVIDER_KINDS.find((each) => each === kind)
  if (known === undefined) return invalidArgument('kind', `must be one of ${PROVIDER_KINDS.join(', ')}`, kind)
  const { clientId, clientSecret } = members
  if (!clientId) return invalidArgument('clientId', 'is missing')
  if (!clientSecret) return invalid('The client secret is missing.')
  const issuer = issuerOf(known, members)
  if (!issuer.ok) return issuer
  const settings = settingsOf(members, { domains: [], follow: true })
  if (!settings.ok) return settings
  const now = context.now()
  const provider: Provider = {
    id: context.newId(),
    name,
    kind: known,
    origin: 'operator',
    issuer: issuer.value,
    clientId,
    encryptedClientSecret: seal(context, clientSecret),
    settings: settings.value,
    createdAt: now,
    updatedAt: now,
  }
  const inserted = await context.storage.providers.insert(provider, eventOf(context, 'provider.added', provider))
  return inserted ? ok(provider) : conflict(`There is a provider ${name} already.`)
}

/** Of a provider of the environment only what the environment doesn't say. */
export async function updateProvider(context: OperationContext, before: Provider, members: ProviderMembers): Promise<Outcome<Provider>> {
  const { issuer, tenant, clientId, clientSecret, label, scopes } = members
  if (Object.values(members).every((value) => value === undefined)) return invalid('There is nothing to change.')
  if (before.origin === 'environment' && [issuer, tenant, clientId, clientSecret, label, scopes].some((value) => value !== undefined))
    return conflict(`${before.name} is in the environment: change it there, and restart the server.`)
  if (clientId === '') return invalidArgument('clientId', 'must not be empty')
  const changed = issuer === undefined && tenant === undefined ? ok(before.issuer) : issuerOf(before.kind, members)
  if (!changed.ok) return changed
  const settings = settingsOf(members, before.settings)
  if (!settings.ok) return settings
  const after: Provider = {
    ...before,
    issuer: changed.value,
    clientId: clientId ?? before.clientId,
    encryptedClientSecret: clientSecret === undefined ? before.encryptedClientSecret : seal(context, clientSecret),
    settings: settings.value,
    updatedAt: later(context, before),
  }
  return change(context, before, after, 'provider.updated')
}

/** Lets people log in by it again. */
export async function enableProvider(context: OperationContext, before: Provider): Promise<Outcome<Provider>> {
  if (before.disabledAt === undefined) return conflict(`${before.name} is not disabled.`)
  return change(context, before, { ...before, disabledAt: undefined, updatedAt: later(context, before) }, 'provider.enabled')
}

/** Nobody logs in by it any more; who is logged in stays so. */
export async function disableProvider(context: OperationContext, before: Provider): Promise<Outcome<Provider>> {
  if (before.disabledAt !== undefined) return conflict(`${before.name} is already disabled.`)
  const now = later(context, before)
  return change(context, before, { ...before, disabledAt: now, updatedAt: now }, 'provider.disabled')
}

/** Deletes it, and whose accounts there were whose; users stay. */
export async function deleteProvider(context: OperationContext, provider: Provider): Promise<Outcome<void>> {
  if (provider.origin === 'environment') return conflict(`${provider.name} is in the environment: take it out there, or disable it.`)
  const deleted = await context.storage.providers.delete(provider.id, eventOf(context, 'provider.deleted', provider))
  return deleted ? ok(undefined) : changedMeanwhile(provider.name)
}

async function change(context: OperationContext, before: Provider, after: Provider, name: AuditEventName): Promise<Outcome<Provider>> {
  const updated = await context.storage.providers.update({ before, after }, eventOf(context, name, after))
  return updated ? ok(after) : changedMeanwhile(before.name)
}

/** An update counts if nobody else changed it since, which its instant shows. */
const later = ({ now }: OperationContext, { updatedAt }: Provider): number => Math.max(now(), updatedAt + 1)

const seal = ({ secret, config }: OperationContext, text: string): string => createVault(secret(), config.secretPrevious).encrypt(text)

const eventOf = (context: OperationContext, name: AuditEventName, { name: provider, kind, issuer, clientId, settings }: Provider) =>
  operatorEvent(context, {
    name,
    details: { provider, kind, issuer, client_id: clientId, domains: settings.domains, follow: settings.follow, groups: settings.groups },
  })

function issuerOf(kind: ProviderKind, { issuer, tenant }: ProviderMembers): Outcome<string> {
  if (kind === 'microsoft') {
    const named = /^(?:[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|organizations|consumers|common)$/i.test(tenant ?? '')
    return named
      ? ok(microsoftIssuer(tenant!))
      : invalidArgument('tenant', 'must be the id of a tenant, or organizations, consumers or common', tenant)
  }
  if (issuer === undefined && kind !== 'oidc') return ok(ISSUERS[kind])
  const parsed = parseIssuer(issuer ?? '')
  return parsed === undefined ? invalidArgument('issuer', 'must be an https URL without query or fragment', issuer) : ok(parsed)
}

function settingsOf({ label, scopes, domains, follow, groups }: ProviderMembers, before: ProviderSettings): Outcome<ProviderSettings> {
  if (follow !== undefined && follow !== 'on' && follow !== 'off') return invalidArgument('follow', 'must be on or off', follow)
  if (groups && !isClaimPath(groups)) return invalidArgument('groups', 'must be the path of a claim, such as /groups', groups)
  const parsed: string[] = []
  for (const domain of (domains ?? []).filter((each) => each !== '')) {
    const name = parseDomain(domain)
    if (name === undefined) return invalidArgument('domain', 'must be a domain, such as acme.com', domain)
    parsed.push(name)
  }
  const named = (scopes ?? []).filter((each) => each !== '')
  const shown = label === undefined ? before.label : label
  const claim = groups === undefined ? before.groups : groups
  const asked = scopes === undefined ? (before.scopes ?? []) : named
  return ok({
    ...(shown && { label: shown }),
    ...(asked.length > 0 && { scopes: asked }),
    domains: domains === undefined ? before.domains : parsed,
    follow: follow === undefined ? before.follow : follow === 'on',
    ...(claim && { groups: claim }),
  })
}

/** A provider as programs read it; never its secret. */
export function providerJson({ name, kind, origin, issuer, clientId, settings, disabledAt, createdAt }: Provider, ownIssuer: string) {
  return {
    name,
    kind,
    from: origin === 'environment' ? 'environment' : 'command',
    issuer,
    client_id: clientId,
    redirect_uri: redirectUriOf(ownIssuer, name),
    ...(kind === 'oidc' && { backchannel_logout_uri: logoutUriOf(ownIssuer, name) }),
    label: settings.label,
    scopes: settings.scopes,
    domains: settings.domains,
    follow: settings.follow,
    ...(settings.groups !== undefined && { groups: settings.groups }),
    enabled: disabledAt === undefined,
    created_at: new Date(createdAt).toISOString(),
  }
}
