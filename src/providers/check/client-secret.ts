/**
 * Whether a provider accepts client id and secret: it looks at them before it looks at the code (RFC 6749 section 4.1.3), so that a code
 * that was never issued is refused in one way with the right secret, and in another way with a wrong one.
 */
import { parseJsonObject } from '../../domain/protocol/json.ts'
import type { JsonObject } from '../../domain/protocol/json.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { open, right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found } from '../../domain/provider/provider-finding.ts'
import type { ProviderFetch } from '../../fetch/provider-fetch.ts'
import { takesBasic } from '../openid-provider.ts'
import type { Connection } from '../provider-client.ts'
import { ask, form } from './ask.ts'

const NEVER_ISSUED = 'a-code-that-was-never-issued'
const VERIFIER = 'provider-check-provider-check-provider-check'

/** What Microsoft says of a secret, by its numbers. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [/AADSTS7000222\b/, 'The secret has expired: make a new one, and set it here.'],
  [/AADSTS7000215\b/, 'Copy the Value of the secret, not its Secret ID.'],
  [/AADSTS(?:700016|90002)\b/, 'Copy Application (client) ID and Directory (tenant) ID again.'],
]
const COPY_AGAIN = 'Copy client id and secret again; if the secret has expired, make a new one.'

export async function tryClient(connection: Connection, metadata: JsonObject, fetch: ProviderFetch): Promise<Found> {
  const { clientId, clientSecret, redirectUri } = connection
  const members = { grant_type: 'authorization_code', code: NEVER_ISSUED, redirect_uri: redirectUri, code_verifier: VERIFIER }
  const request = takesBasic(metadata['token_endpoint_auth_methods_supported'])
    ? form(members, { authorization: `Basic ${btoa(`${encoded(clientId)}:${encoded(clientSecret)}`)}` })
    : form({ ...members, client_id: clientId, client_secret: clientSecret })
  const asked = await ask(fetch, String(metadata['token_endpoint']), request)
  if (!asked.ok) return wrong(asked.error)
  const { status, text } = asked.value
  const { error, error_description: description } = parseJsonObject(text) ?? {}
  const said = plainText(`${status} ${String(error ?? '')} ${String(description ?? '')}`, 300)
  if (error === 'invalid_grant') return right('the provider accepts client id and secret')
  if (error === 'invalid_client' || status === 401)
    return wrong(`the provider refuses client id or secret: ${said}`, CURES.find(([sign]) => sign.test(said))?.[1] ?? COPY_AGAIN)
  if (error === 'unauthorized_client')
    return wrong(`the provider doesn't let this client use the authorization code flow: ${said}`, 'Register a confidential web client.')
  return open(`client id and secret could not be tried: the provider answers ${said}`, '--login tries them.')
}

/** RFC 6749 section 2.3.1 and appendix B. */
const encoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)
