/** How long the headers of a response allow to keep it (RFC 9111 section 4.2); only what a cache without revalidation needs. */
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Seconds for which the response stays fresh from now on; 0 if it must not be kept, `undefined` if the headers don't say.
 *
 * @param now milliseconds since the epoch
 */
export function freshFor(
  headers: Pick<IncomingHttpHeaders, 'cache-control' | 'age' | 'expires' | 'date'>,
  now: number,
): number | undefined {
  const directives = (headers['cache-control'] ?? '')
    .toLowerCase()
    .split(',')
    .map((directive) => directive.trim())
  if (directives.some((directive) => /^no-(store|cache)(=|$)/.test(directive))) return 0
  const maxAge = seconds(directives.find((directive) => directive.startsWith('max-age='))?.slice('max-age='.length))
  if (maxAge !== undefined) return Math.max(0, maxAge - (seconds(headers.age) ?? 0))
  if (headers.expires === undefined) return undefined
  const expires = Date.parse(headers.expires)
  // RFC 9111 section 5.3: an invalid date, especially "0", is in the past.
  if (Number.isNaN(expires)) return 0
  const date = Date.parse(headers.date ?? '')
  return Math.max(0, Math.floor((expires - (Number.isNaN(date) ? now : date)) / 1000))
}

function seconds(raw: string | undefined): number | undefined {
  const digits = /^"?(\d{1,9})"?$/.exec(raw ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
