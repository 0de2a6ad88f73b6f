/**
 * Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): the id of such a client is the https URL of a
 * document with its metadata. The rules of registration apply, but there are no shared secrets.
 */
import { Value } from '@sinclair/typebox/value'
import { ClientDocument } from '../../schemas/registration.ts'
import { parseClientKeys } from './client-keys.ts'
import { parseClientMetadata } from './client-metadata.ts'
import type { AuthMethod, ClientMetadata } from './client-metadata.ts'
import { applyPolicy } from './registration-policy.ts'
import { holdsHalfCharacter } from '../protocol/json.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { parseUri } from '../protocol/uri.ts'

/** How such a client may authenticate: it has no way to agree on a secret with the server. */
const DOCUMENT_AUTH_METHODS = ['private_key_jwt', 'none'] as const satisfies readonly AuthMethod[]
const MAX_URL = 1024

/**
 * Whether a client id is the URL of a document: https, with a path, without user information, fragment or dot segments, and
 * spelled as a parser spells it, so that no client has two ids.
 */
export function isDocumentUrl(clientId: string): boolean {
  if (!clientId.startsWith('https://') || clientId.length > MAX_URL || clientId.includes('#')) return false
  const url = parseUri(clientId)
  // The parser resolves dot segments, also encoded ones, lowercases the host and adds a missing path.
  return url !== undefined && url.username === '' && url.password === '' && url.href === clientId
}

/** The host that publishes a client's document; `undefined` for clients without one. */
export function documentHost(client: { readonly id: string; readonly origin: string }): string | undefined {
  return client.origin === 'document' ? parseUri(client.id)?.host : undefined
}

/**
 * Parses a document.
 *
 * @param url the client id, and the URL that the document was fetched from
 * @returns the metadata, or a sentence for the client's developer
 */
export function parseClientDocument(url: string, body: string): Result<ClientMetadata, string> {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return err('it is not JSON')
  }
  if (holdsHalfCharacter(body)) return err('it holds a text that is not Unicode')
  const mismatch = Value.Errors(ClientDocument, document).First()
  if (mismatch !== undefined) return err(`${mismatch.path.split('/')[1] ?? 'it'} has the wrong type or size`)
  const members = document as ClientDocument
  if (members.client_id !== url) return err('its client_id is not the URL that it was fetched from')
  if (isGiven(members.client_secret) || isGiven(members.client_secret_expires_at)) return err('it must not hold a client_secret')
  const methods = parseMethods(members)
  if (!methods.ok) return methods
  // Wrong keys are refused even if the client doesn't need them: its developer must learn of a published private key.
  const keys = isGiven(members.jwks) || isGiven(members.jwks_uri) ? parseClientKeys(members, true) : ok(undefined)
  if (!keys.ok) return keys
  // sector_identifier_uri is not fetched for documents, so it is dropped: unchecked it could claim another party's sector.
  const parsed = parseClientMetadata({ ...members, sector_identifier_uri: null, token_endpoint_auth_method: methods.value[0] })
  if (!parsed.ok) return err(parsed.error.description)
  const allowed = applyPolicy(parsed.value, {})
  if (!allowed.ok) return err(allowed.error.description)
  return ok({ ...allowed.value, ...(methods.value.length > 1 && { authMethods: methods.value }) })
}

/**
 * The authentication methods that both sides support, the client's preference first. `..._supported` lists what the client can
 * do, the other member is its preference; without both, the client is public.
 */
function parseMethods(members: ClientDocument): Result<readonly [AuthMethod, ...AuthMethod[]], string> {
  const { token_endpoint_auth_method: preferred, token_endpoint_auth_methods_supported: supported } = members
  if (preferred?.startsWith('client_secret_')) return err('token_endpoint_auth_method must not need a shared secret')
  const named = [...(isGiven(preferred) ? [preferred] : []), ...(supported ?? [])]
  if (named.length === 0) return ok(['none'])
  const common = DOCUMENT_AUTH_METHODS.filter((method) => named.includes(method))
  const hasKeys = isGiven(members.jwks) || isGiven(members.jwks_uri)
  const usable = common.length > 1 && !hasKeys ? common.filter((method) => method === 'none') : common
  const [first, ...others] = usable.sort((a, b) => named.indexOf(a) - named.indexOf(b))
  return first === undefined ? err(`token_endpoint_auth_method must be one of ${DOCUMENT_AUTH_METHODS.join(', ')}`) : ok([first, ...others])
}

const isGiven = <T>(member: T | null | undefined): member is T => member !== undefined && member !== null
