/** Hosts that only this machine or a private network can reach: a public server must not publish them. */
import { isIP } from 'node:net'
import { isLoopback } from '../domain/protocol/loopback.ts'
import { isPublicAddress } from './public-address.ts'

/** @param hostname as `URL` gives it; names are not looked up, only their form counts */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, '')
  if (isIP(host) !== 0) return !isPublicAddress(host)
  return isLoopback(host) || !host.includes('.') || /\.(local|internal|lan|home\.arpa)$/.test(host)
}

/** Whether an address has such a host. */
export const isPrivateUrl = (url: string): boolean => URL.canParse(url) && isPrivateHost(new URL(url).hostname)

/** Whether a public address leads to a private one. If we followed it, a stranger could use us to ask machines that only we reach. */
export function leadsToPrivateHost(from: string, to: string): boolean {
  return isPrivateHost(new URL(to).hostname) && !isPrivateHost(new URL(from).hostname)
}
