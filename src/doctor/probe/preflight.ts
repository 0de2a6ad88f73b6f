/** Sends the preflight that a browser sends before a page's request that isn't simple (the CORS protocol of the Fetch standard). */
import type { Send } from './http.ts'
import { BROWSER_ORIGIN } from './expectations.ts'

/**
 * @param method one that need not be listed in Access-Control-Allow-Methods
 * @param headers the request headers that the page wants to send, in lower case
 * @returns why the browser would not send the request, in words; undefined if it would
 */
export async function preflight(send: Send, url: string, method: 'GET' | 'POST', headers: readonly string[]): Promise<string | undefined> {
  const sent = await send({
    url,
    method: 'OPTIONS',
    headers: {
      origin: BROWSER_ORIGIN,
      'access-control-request-method': method,
      'access-control-request-headers': headers.join(','),
    },
  })
  if (!sent.ok) return sent.noReply.sentence
  const { status, headers: answer } = sent.reply
  if (Math.floor(status / 100) !== 2) return `${url} answers OPTIONS with status ${status}`
  if (!['*', BROWSER_ORIGIN].includes(String(answer.get('access-control-allow-origin')))) return `${url} does not allow ${BROWSER_ORIGIN}`
  const allowed = (answer.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/)
  // The asterisk covers every header except Authorization.
  const missing = headers.filter((name) => !allowed.includes(name) && !(allowed.includes('*') && name !== 'authorization'))
  return missing.length === 0 ? undefined : `${url} does not allow the header ${missing.join(', ')}`
}
