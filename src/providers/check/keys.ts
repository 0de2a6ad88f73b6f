/** Whether a provider publishes keys that its id_tokens can be verified with. */
import { isJsonObject, parseJsonObject } from '../../domain/protocol/json.ts'
import type { JsonObject } from '../../domain/protocol/json.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { right, wrong } from '../../domain/provider/provider-finding.ts'
import type { Found } from '../../domain/provider/provider-finding.ts'
import type { ProviderFetch } from '../../fetch/provider-fetch.ts'
import { ask } from './ask.ts'

/** Key types of asymmetric signatures (RFC 7518 section 6.1, RFC 8037). */
const TYPES = ['RSA', 'EC', 'OKP']

export async function checkKeys(metadata: JsonObject, fetch: ProviderFetch): Promise<Found> {
  const asked = await ask(fetch, String(metadata['jwks_uri']))
  if (!asked.ok) return wrong(asked.error)
  const { status, text } = asked.value
  if (status !== 200) return wrong(`the provider answers ${status} where its keys should be`)
  const listed = parseJsonObject(text)?.['keys']
  if (!Array.isArray(listed)) return wrong('the provider answers no key set')
  const usable = listed.filter(isJsonObject).filter(({ kty, use }) => TYPES.includes(String(kty)) && (use === undefined || use === 'sig'))
  if (usable.length === 0) return wrong('the provider publishes no key for signatures')
  const algorithms = [...new Set(usable.map(({ alg, kty }) => plainText(String(alg ?? kty), 20)))].join(', ')
  return right(`${usable.length === 1 ? 'one key' : `${usable.length} keys`} (${algorithms})`)
}
