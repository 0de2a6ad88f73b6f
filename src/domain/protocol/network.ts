/**
 * Where a request came from, as limits count it (threat-model.md T15, T18). A proxy may write a port behind the address (RFC 7239
 * section 6), and anything else that a stranger sent: what is no address falls into one place, which all of it shares.
 */
import { BlockList, isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** Used for everything that is no address. */
const UNKNOWN = 'unknown'

/** How many networks of one IPv6 site may do as much as one network: a provider gives a home one /64, and a host often a /48. */
export const NETWORKS_OF_A_SITE = 16

/** The address alone, in its usual spelling: `192.0.2.1` for `192.0.2.1:443` and `::ffff:192.0.2.1`, `2001:db8::1` for `[2001:DB8::1]:443`. */
export function addressOf(raw: string): string {
  return plainIPv4(raw) ?? parseAddress(raw)?.toString() ?? UNKNOWN
}

/** The IPv4 address, or the IPv6 /64: what one person or office has. */
export const networkOf = (raw: string): string => prefixOf(raw, 4)

/** The IPv4 address, or the IPv6 /48: what one customer of a provider can have, with 65,536 networks in it. */
export const siteOf = (raw: string): string => prefixOf(raw, 3)

/** Whether a sender's site has more networks than its own one. */
export const hasManyNetworks = (raw: string): boolean => plainIPv4(raw) === undefined && parseAddress(raw)?.kind() === 'ipv6'

/**
 * Whether an address is in one of these networks, whatever a proxy wrote besides it.
 *
 * @param networks addresses, or prefixes such as `10.0.0.0/8`
 */
export function createNetworkMatcher(networks: readonly string[]): (raw: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address, prefix] = network.split('/') as [string, string?]
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family)
  }
  return (raw) => {
    const parsed = parseAddress(raw)
    return parsed !== undefined && list.check(parsed.toString(), parsed.kind())
  }
}

/** An IPv4 address as sockets have it, which needs no parsing: that takes 4 us, several times for each request that is counted. */
function plainIPv4(raw: string): string | undefined {
  const address = raw.startsWith('::ffff:') ? raw.slice('::ffff:'.length) : raw
  return isIP(address) === 4 ? address : undefined
}

function prefixOf(raw: string, groups: number): string {
  const plain = plainIPv4(raw)
  if (plain !== undefined) return plain
  const parsed = parseAddress(raw)
  if (parsed === undefined) return UNKNOWN
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${parsed.toNormalizedString().split(':').slice(0, groups).join(':')}::/${groups * 16}`
}

function parseAddress(raw: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  const [, bracketed, withPort] = /^"?(?:\[([^\]]*)\](?::\w+)?|([\d.]+):\w+)"?$/.exec(raw) ?? []
  // A zone names an interface of the machine that wrote it. The strict check comes first, because the parser takes `1` for 0.0.0.1.
  const address = (bracketed ?? withPort ?? raw).replace(/%.*$/, '')
  return isIP(address) === 0 ? undefined : ipaddr.process(address) // maps ::ffff:1.2.3.4 to 1.2.3.4
}
