/** Bounds for a whole examination, whatever the server says: so many requests, so much time. */
import type { Send } from './http.ts'

/** Enough for every client with every redirect; a server that leads further leads astray. */
const MAX_REQUESTS = 150
const MAX_MS = 120_000

/**
 * @param now the clock, in milliseconds.
 * @returns the same `send` until a bound is met, then one that asks nothing; and whether anything was answered so far.
 */
export function boundSend(send: Send, now: () => number): { send: Send; answered: () => boolean } {
  const end = now() + MAX_MS
  let requests = 0
  let answered = false
  return {
    answered: () => answered,
    async send(call) {
      if (++requests > MAX_REQUESTS || now() > end) {
        const sentence = `The examination was ended after ${requests > MAX_REQUESTS ? `${MAX_REQUESTS} requests` : `${MAX_MS / 1000} s`}.`
        const advice = 'See why the server is so slow, or redirects so often.'
        return { ok: false, noReply: { finding: 'too-slow', url: call.url, sentence, advice } }
      }
      const sent = await send(call)
      answered ||= sent.ok
      return sent
    },
  }
}
