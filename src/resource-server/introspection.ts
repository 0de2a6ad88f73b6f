/** Asks the issuer about a token (RFC 7662). An answer is cached for a while, and concurrent calls for one token share it. */
import { sha256 } from '../domain/protocol/sha256.ts'
import { fetchJson } from './fetch-json.ts'
import type { IntrospectionOptions } from './options.ts'

/** The claims of an active token; `undefined` for any other. */
export type Introspect = (token: string) => Promise<Readonly<Record<string, unknown>> | undefined>

/** The most answers in the cache, which is keyed by the hash of the token. */
const MAX_CACHED = 5000
/** How long an answer is cached by default, in seconds. */
const MAX_AGE = 30

/** @param endpoint finds the issuer's introspection endpoint; rejects if there is none */
export function createIntrospection(
  { clientId, clientSecret, maxAge = MAX_AGE }: IntrospectionOptions,
  endpoint: () => Promise<string>,
  send: typeof fetch,
  now: () => number,
): Introspect {
  const answers = new Map<string, { readonly claims: ReturnType<Introspect>; readonly until: number }>()
  // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
  const authorization = `Basic ${Buffer.from([clientId, clientSecret].map(encodeURIComponent).join(':')).toString('base64')}`

  async function ask(token: string): ReturnType<Introspect> {
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
    const { status, body } = await fetchJson(send, await endpoint(), { method: 'POST', headers: { authorization }, body: form })
    if (status !== 200 || typeof body?.['active'] !== 'boolean')
      throw new Error(`the introspection endpoint answered ${status}: ${String(body?.['error'])}`)
    return body['active'] ? body : undefined
  }

  return (token) => {
    const hash = sha256(token)
    const known = answers.get(hash)
    if (known !== undefined && now() < known.until) return known.claims
    const claims = ask(token)
    // A Map keeps the order, so the first entry is the oldest.
    answers.delete(hash)
    if (answers.size >= MAX_CACHED) answers.delete(answers.keys().next().value!)
    const answer = { claims, until: now() + maxAge * 1000 }
    answers.set(hash, answer)
    // A failure is not cached.
    claims.catch(() => answers.get(hash) === answer && answers.delete(hash))
    return claims
  }
}
