/** Which hosts are this computer. Imports no package, because the resource server's library ships with it. */
import { isIP } from 'node:net'

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The hosts that a client may name with http instead of https (RFC 8252 section 7.3), as `URL.hostname` spells them. */
export const isLoopbackHost = (hostname: string): boolean => LOOPBACK_HOSTS.has(hostname)

const OWN_MACHINE = /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[\da-f]{2}:[\da-f]+\])\.?$/

/**
 * Whether a browser finds a host on its own machine, where any program can listen. Each authorization asks, so it parses nothing.
 *
 * @param hostname as `URL.hostname` spells it
 */
export const isOwnMachine = (hostname: string): boolean => OWN_MACHINE.test(hostname)

/**
 * Whether only this computer can reach a host: `localhost`, a name below it (RFC 6761 section 6.3), 127.0.0.0/8, `::1`.
 *
 * @param host a name or an address, IPv6 with or without brackets
 */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (isIP(bare) === 6) return isLoopbackIpv6(bare.replace(/%.*$/, ''))
  // The URL parser knows every spelling of an IPv4 address, such as 127.1.
  if (!/^[\w.-]+$/.test(bare) || !URL.canParse(`http://${bare}`)) return false
  const { hostname } = new URL(`http://${bare}`)
  return isIP(hostname) === 4 ? hostname.startsWith('127.') : hostname === 'localhost' || hostname.endsWith('.localhost')
}

/** `::1`, or an address of 127.0.0.0/8 that is mapped to IPv6 (RFC 4291 section 2.5.5.2). */
function isLoopbackIpv6(address: string): boolean {
  const { hostname } = new URL(`http://[${address}]`)
  return hostname === '[::1]' || /^\[::ffff:7f[\da-f]{2}:/.test(hostname)
}
