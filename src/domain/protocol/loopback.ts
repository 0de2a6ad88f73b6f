/** Which hosts are this very computer. */
import ipaddr from 'ipaddr.js'

const LOOPBACK_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The hosts that a client may name where https would be needed otherwise (RFC 8252 section 7.3), as `URL.hostname` spells them. */
export const isLoopbackHost = (hostname: string): boolean => LOOPBACK_HOSTS.has(hostname)

/**
 * Whether a host can be reached from this computer only: `localhost`, a name below it (RFC 6761 section 6.3), 127.0.0.0/8, `::1`.
 *
 * @param host a name or an address, IPv6 with or without brackets
 */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase()
  if (ipaddr.isValid(bare)) return ipaddr.process(bare).range() === 'loopback'
  return bare === 'localhost' || bare.endsWith('.localhost')
}
