/**
 * Whether a provider sends people back here: with `prompt=none` it answers without anybody logging in, and only to a redirect URI that it
 * knows (OpenID Connect Core section 3.1.2.6). Not all do; then a login shows it.
 */
import type { JsonObject } from '../../domain/protocol/json.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { open, right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found } from '../../domain/provider/provider-finding.ts'
import type { ProviderFetch } from '../../fetch/provider-fetch.ts'
import { scopesOf } from '../openid-provider.ts'
import type { Connection } from '../provider-client.ts'
import { ask } from './ask.ts'

/** Of somebody who isn't logged in. */
const EXPECTED = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required', 'access_denied']
/** Any value does: nobody comes back with it. */
const UNUSED = 'provider-check-provider-check-provider-check'
/** AADSTS50011, AADSTS900971, AADSTS50011… are about the address; of Microsoft's others these mean that the app is unknown. */
const NO_ADDRESS = /AADSTS(?:50011|900971|500112|500113)\b/
const NO_CLIENT = /AADSTS(?:700016|700038|90002|900023)\b|(?:invalid|deleted|unauthorized)_client|client (?:is )?not found|unknown client/i

export async function tryRedirectUri(connection: Connection, metadata: JsonObject, fetch: ProviderFetch): Promise<Found> {
  const { redirectUri, clientId } = connection
  const enter = `Enter exactly this at the provider: ${redirectUri}`
  const url = new URL(String(metadata['authorization_endpoint']))
  const parameters = {
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope: scopesOf(connection).join(' '),
    state: UNUSED,
    nonce: UNUSED,
    code_challenge: UNUSED.slice(0, 43),
    code_challenge_method: 'S256',
    prompt: 'none',
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  const asked = await ask(fetch, url.href)
  const untried = (reason: string) =>
    open(`${redirectUri}, which could not be tried: ${reason}`, 'Enter it at the provider; --login tries it.')
  if (!asked.ok) return untried(asked.error)
  const { status, text, location } = asked.value
  if (location?.startsWith(`${redirectUri}?`) === true) return readAnswer(redirectUri, new URL(location).searchParams)
  const said = location === undefined ? text : decoded(location)
  if (NO_ADDRESS.test(said) || /redirect[_ ]?ur[il]/i.test(status < 400 && location === undefined ? '' : said))
    return wrong(`the provider doesn't know ${redirectUri}`, enter)
  if (status >= 400 || location !== undefined || text.includes('AADSTS'))
    if (NO_CLIENT.test(said))
      return wrong(`the provider doesn't know the client id ${clientId}`, "Copy it again from the provider's console.")
  if (status >= 400) return wrong(`the provider answers ${status} to a login that comes back to ${redirectUri}`, enter)
  return untried('the provider wants to see a browser')
}

function readAnswer(redirectUri: string, query: URLSearchParams): Found {
  const error = query.get('error') ?? ''
  if (error === '' || EXPECTED.includes(error)) return right(redirectUri)
  const said = plainText(`${error} ${query.get('error_description') ?? ''}`, 200)
  return wrong(`the provider knows ${redirectUri}, but answers ${said}`, 'What it says is about scopes, or what this client may do there.')
}

/** Google says in base64 what is wrong. */
function decoded(location: string): string {
  const { searchParams } = new URL(location, 'https://provider.invalid')
  const error = searchParams.get('authError')
  return error === null ? location.replace(/[?&]redirect_uri=[^&]*/, '') : Buffer.from(error, 'base64').toString('latin1')
}
