/**
 * Client ID Metadata Documents (draft-ietf-oauth-client-id-metadata-document): a client whose id is the https URL of a
 * document that describes it. Judged by the rules of registration, with no shared secret anywhere.
 */
import { Value } from '@sinclair/typebox/value'
import { ClientDocument } from '../../schemas/registration.ts'
import { parseClientKeys } from './client-keys.ts'
import { parseClientMetadata } from './client-metadata.ts'
import type { AuthMethod, ClientMetadata } from './client-metadata.ts'
import { applyPolicy } from './registration-policy.ts'
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import { parseUri } from '../protocol/uri.ts'

/** How such a client may authenticate: there is no way to agree on a secret. */
const DOCUMENT_AUTH_METHODS = ['private_key_jwt', 'none'] as const satisfies readonly AuthMethod[]
const MAX_URL = 1024

/**
 * Whether a client id is the URL of a document: https, with a path, without user information, fragment or dot segments,
 * and written just as it is fetched, so that no client has two names.
 */
export function isDocumentUrl(clientId: string): boolean {
  if (!clientId.startsWith('https://') || clientId.length > MAX_URL || clientId.includes('#')) return false
  const url = parseUri(clientId)
  // A parser resolves dot segments (encoded ones, too), lowers the host's case and adds a missing path.
  return url !== undefined && url.username === '' && url.password === '' && url.href === clientId
}

/** The host that publishes the document of a client; `undefined` for every other client. */
export function documentHost(client: { readonly id: string; readonly origin: string }): string | undefined {
  return client.origin === 'document' ? parseUri(client.id)?.host : undefined
}

/** The metadata that a document holds; the error is a sentence that the client's developer may read. */
export function parseClientDocument(url: string, body: string): Result<ClientMetadata, string> {
  let document: unknown
  try {
    document = JSON.parse(body)
  } catch {
    return err('it is not JSON')
  }
  const mismatch = Value.Errors(ClientDocument, document).First()
  if (mismatch !== undefined) return err(`${mismatch.path.split('/')[1] ?? 'it'} has the wrong type or size`)
  const members = document as ClientDocument
  if (members.client_id !== url) return err('its client_id is not the URL that it was fetched from')
  if (isGiven(members.client_secret) || isGiven(members.client_secret_expires_at)) return err('it must not hold a client_secret')
  const methods = parseMethods(members)
  if (!methods.ok) return methods
  // A document tells its developer what is wrong with keys even where they aren't needed: a secret part, above all.
  const keys = isGiven(members.jwks) || isGiven(members.jwks_uri) ? parseClientKeys(members, true) : ok(undefined)
  if (!keys.ok) return keys
  // Nobody looks at what stands at another address yet; unseen, it could lead into the sector of another party.
  const parsed = parseClientMetadata({ ...members, sector_identifier_uri: null, token_endpoint_auth_method: methods.value[0] })
  if (!parsed.ok) return err(parsed.error.description)
  const allowed = applyPolicy(parsed.value, {})
  if (!allowed.ok) return err(allowed.error.description)
  return ok({ ...allowed.value, ...(methods.value.length > 1 && { authMethods: methods.value }) })
}

/**
 * The methods that both sides know, the client's preference first. The array says what the client can do, the single
 * member what it likes best; neither means that it can't authenticate.
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
