/**
 * Which apps may come (the setting CLIENTS). The one decision about it: every request passes it where its client is found
 * (plugins/authentication/find-client.ts). An app that waits gets no code and no token.
 */
import type { Client } from './client.ts'
import type { GrantType } from './client-metadata.ts'
import { isListed, isVendorDocument, isVendorRedirect } from './known-clients.ts'
import { OAuthError } from '../protocol/errors.ts'
import { matchRedirectUri, redirectKind } from '../protocol/redirect-uri.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'

/** `open`: any; `known`: those that are listed; `approve`: those, and others once an operator has approved them. */
export const CLIENT_RULES = ['open', 'known', 'approve'] as const

export interface ClientPolicy {
  readonly clients: (typeof CLIENT_RULES)[number]
  /** Ids, addresses of documents, and redirect URIs, which may have placeholders. */
  readonly knownClients?: readonly string[] | undefined
}

/** Why an app may not come: it waits for an operator, is on no list, or was refused by an operator, which counts under every rule. */
export type Denial = 'waiting' | 'unlisted' | 'refused'

/**
 * The client as it may come: as a whole, or only with answers to redirect URIs that prove who it is (`limits`), because loopback and
 * custom schemes prove nothing, nor does a request without a redirect URI.
 */
export function admitClient(client: Client, { clients, knownClients = [] }: ClientPolicy): Result<Client, Denial> {
  if (client.approval === 'refused') return err('refused')
  if (clients === 'open' || client.origin === 'operator' || knownClients.includes(client.id)) return ok(client)
  if (clients === 'approve' && client.approval === 'approved') return ok(client)
  const others = clients === 'approve' ? 'waiting' : 'unlisted'
  const isVendors = client.origin === 'document' && isVendorDocument(client.id)
  const proves = (uri: string) => isVendorRedirect(uri) || isListed(uri, knownClients) || (isVendors && redirectKind(uri) === 'https')
  const redirectUris = client.metadata.redirectUris.filter(proves)
  return redirectUris.length === 0 ? err(others) : ok({ ...client, limits: { redirectUris, others } })
}

/** Why an admitted client may have no answer at this redirect URI; `undefined` if it may. */
export function denialAt({ limits }: Client, redirectUri: string): Denial | undefined {
  return limits === undefined || matchRedirectUri(limits.redirectUris, redirectUri) ? undefined : limits.others
}

/** By its id, which the people who see it can tell an operator. */
const DESCRIPTIONS: Readonly<Record<Denial, (id: string) => string>> = {
  waiting: (id) => `the app ${id} waits for approval by the operator of this server`,
  unlisted: (id) => `this server admits only apps that its operator lists, and ${id} does not prove to be one of them`,
  refused: (id) => `the operator of this server refused the app ${id}`,
}

/** The error of an authorization request (RFC 6749 section 4.1.2.1). */
export const deniedClient = ({ id }: Client, denial: Denial): OAuthError =>
  new OAuthError('access_denied', DESCRIPTIONS[denial](id), { denial: `app ${denial}`, page: { cause: denial } })

/** The error of every endpoint that programs call (RFC 6749 section 5.2). */
export const unauthorizedClient = ({ id }: Client, denial: Denial): OAuthError =>
  new OAuthError('unauthorized_client', DESCRIPTIONS[denial](id), { denial: `app ${denial}` })

/** Whether a client may use a grant type; those without a redirect URI need a client that may come as a whole. */
export function checkGrantType(client: Client, type: GrantType): Result<void, OAuthError> {
  const { metadata, limits } = client
  if (!metadata.grantTypes.includes(type))
    return err(new OAuthError('unauthorized_client', `this client did not register the grant type ${type}`))
  if (limits === undefined || type === 'authorization_code' || type === 'refresh_token') return ok(undefined)
  return err(unauthorizedClient(client, limits.others))
}
