/** Follows redirects by hand, so that each hop is checked first, with the cookies that a browser would send. */
import type { Call, Reply, Send, Sent } from './http.ts'

/** Redirects that are followed at most. */
export const MAX_REDIRECTS = 5

/** The address a redirect points to; undefined if the reply is no redirect or names none that can be parsed. */
export function redirectTarget(reply: Reply): URL | undefined {
  const location = reply.headers.get('location')
  if (!isRedirect(reply) || location === null || !URL.canParse(location, reply.url)) return undefined
  return new URL(location, reply.url)
}

export function isRedirect(reply: Reply): boolean {
  return [301, 302, 303, 307, 308].includes(reply.status)
}

/**
 * Asks with GET and follows at most five redirects to http(s) addresses.
 *
 * @param mayFollow whether a hop may be taken; the first reply whose hop may not is the answer
 * @returns the last reply, which is a redirect itself if it may not be followed or is one too many
 */
export async function follow(send: Send, call: Call, mayFollow: (target: URL) => boolean): Promise<Sent> {
  const cookies = new Map<string, string>()
  let sent = await send(call)
  for (let hop = 0; hop < MAX_REDIRECTS && sent.ok; hop++) {
    const target = redirectTarget(sent.reply)
    if (!target || !/^https?:$/.test(target.protocol) || !mayFollow(target)) break
    keepCookies(cookies, sent.reply)
    // Cookies belong to the origin that set them; a hop to another origin starts without any.
    if (target.origin !== new URL(sent.reply.url).origin) cookies.clear()
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    sent = await send({ ...call, url: target.href, headers: { ...call.headers, ...(cookie ? { cookie } : {}) } })
  }
  return sent
}

/** Ignores paths and lifetimes: a login page only wants back what it has just set. */
function keepCookies(cookies: Map<string, string>, reply: Reply): void {
  for (const line of reply.headers.getSetCookie()) {
    const [name, value] = /^\s*([^=;]+)=([^;]*)/.exec(line)?.slice(1) ?? []
    if (name !== undefined && value !== undefined) cookies.set(name, value)
  }
}
