/** Bounds the requests and the time of a whole examination, so that no server can keep it going. */
import type { Send } from './http.ts'

/** Enough for every client with every redirect. */
const MAX_REQUESTS = 150
const MAX_MS = 120_000

/**
 * @param now the clock, in milliseconds
 * @returns `send`, which asks nothing once a bound is met; and whether anything was answered so far
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
        const advice = 'Find out why the server is so slow, or redirects so often.'
        return { ok: false, noReply: { finding: 'too-slow', url: call.url, sentence, advice } }
      }
      const sent = await send(call)
      answered ||= sent.ok
      return sent
    },
  }
}
