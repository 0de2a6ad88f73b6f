/** Whether a host can be reached from this machine or a private network only: what a public server must not publish. */
import { isIP } from 'node:net'
import { isPublicAddress } from '../../fetch/public-address.ts'

/** @param hostname as `URL` gives it; names are judged by their form alone, nothing is looked up. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, '')
  if (isIP(host) !== 0) return !isPublicAddress(host)
  return !host.includes('.') || /\.(local|localhost|internal|lan|home\.arpa)$/.test(host)
}

/** Whether a public address leads to a private one: followed, it would let a stranger ask machines that only we reach. */
export function leadsInside(from: string, to: string): boolean {
  return isPrivateHost(new URL(to).hostname) && !isPrivateHost(new URL(from).hostname)
}
