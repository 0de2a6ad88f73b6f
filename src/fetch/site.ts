/** The owner of a host name: somebody who has a domain has all names below it, so that limits by host alone would not hold. */
import { parseUri } from '../domain/protocol/uri.ts'

/** Labels below which country registries sell names: `co.uk`, `or.kr`. */
const SHARED_LABELS = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'go',
  'gob',
  'gov',
  'gr',
  'id',
  'ltd',
  'me',
  'ne',
  'net',
  'nom',
  'or',
  'org',
  'plc',
  'sch',
])

/**
 * The domain of a URL's host, as somebody registers one; the text itself if it is no URL. An approximation without a list of public
 * suffixes: customers of one hosting company may count as one site, which costs them no more than a smaller share.
 */
export function siteOf(url: string): string {
  const host = parseUri(url)?.hostname.replace(/\.$/, '')
  if (host === undefined) return url
  const labels = host.split('.')
  const [second = '', top = ''] = labels.slice(-2)
  return labels.slice(top.length === 2 && SHARED_LABELS.has(second) ? -3 : -2).join('.')
}
