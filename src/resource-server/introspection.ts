/** Asks the issuer about a token (RFC 7662). An answer is cached for a while, and concurrent calls for one token share it. */
import { sha256 } from '../domain/protocol/sha256.ts'
import { fetchJson } from './fetch-json.ts'
import { createLane } from './lane.ts'
import type { IntrospectionOptions } from './options.ts'

export type Claims = Readonly<Record<string, unknown>>

/**
 * The claims of an active token; `undefined` for any other.
 *
 * @param isSigned whether the issuer's signature has been verified, so that it is certainly a token
 */
export type Introspect = (token: string, isSigned: boolean) => Promise<Claims | undefined>

/** The most answers in each cache, which are keyed by the hash of the token. */
const MAX_ACTIVE = 5000
const MAX_REFUSED = 1000
/** How long an answer is cached by default, in seconds. */
const MAX_AGE = 30
/** Anybody can send what may be a token, so those have less room, and none of that of tokens that are certainly ones. */
const TOKENS = { atOnce: 64, waiting: 1000 }
const STRANGERS = { atOnce: 16, waiting: 100 }

/** @param endpoint finds the issuer's introspection endpoint; rejects if there is none */
export function createIntrospection(
  { clientId, clientSecret, maxAge = MAX_AGE }: IntrospectionOptions,
  endpoint: () => Promise<string>,
  send: typeof fetch,
  now: () => number,
): Introspect {
  const active = createMemory<Claims>(MAX_ACTIVE)
  const refused = createMemory<undefined>(MAX_REFUSED)
  const asking = new Map<string, Promise<Claims | undefined>>()
  const [tokens, strangers] = [createLane(TOKENS), createLane(STRANGERS)]
  // RFC 6749 section 2.3.1: id and secret are form-encoded before they are joined.
  const authorization = `Basic ${Buffer.from([clientId, clientSecret].map(encodeURIComponent).join(':')).toString('base64')}`

  async function ask(token: string): Promise<Claims | undefined> {
    const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
    const { status, body } = await fetchJson(send, await endpoint(), { method: 'POST', headers: { authorization }, body: form })
    if (status !== 200 || typeof body?.['active'] !== 'boolean')
      throw new Error(`the introspection endpoint answered ${status}: ${String(body?.['error'])}`)
    return body['active'] ? body : undefined
  }

  /** Asks, and remembers the answer. A failure is not remembered. */
  async function learn(token: string, hash: string): Promise<Claims | undefined> {
    const until = now() + maxAge * 1000
    const claims = await ask(token)
    if (claims === undefined) {
      active.forget(hash)
      refused.keep(hash, { value: undefined, until })
    } else active.keep(hash, { value: claims, until })
    return claims
  }

  return async (token, isSigned) => {
    const hash = sha256(token)
    const known = active.find(hash)
    const answer = known ?? refused.find(hash)
    if (answer !== undefined && now() < answer.until) return answer.value
    const underWay = asking.get(hash)
    if (underWay !== undefined && maxAge > 0) return underWay
    // What was active once is no stranger.
    const lane = isSigned || known !== undefined ? tokens : strangers
    const learning = lane(() => learn(token, hash)).finally(() => asking.delete(hash))
    asking.set(hash, learning)
    return learning
  }
}

interface Answer<T> {
  readonly value: T
  readonly until: number
}

/** Keeps at most `size` answers; the oldest are dropped. */
function createMemory<T>(size: number) {
  const answers = new Map<string, Answer<T>>()
  return {
    find: (hash: string): Answer<T> | undefined => answers.get(hash),
    forget: (hash: string): void => void answers.delete(hash),
    keep(hash: string, answer: Answer<T>): void {
      // A Map keeps the order, so the first entry is the oldest.
      answers.delete(hash)
      if (answers.size >= size) answers.delete(answers.keys().next().value!)
      answers.set(hash, answer)
    },
  }
}
