/** Addresses that a stranger's URL may lead to: public unicast, but no special-use range (threat-model.md T2). */
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/** IANA's special-purpose blocks (RFC 6890 and its registry): private, shared, multicast, reserved and others. */
const SPECIAL_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
].map((cidr) => ipaddr.IPv4.parseCIDR(cidr))

/**
 * All IPv6 addresses that are routed publicly (RFC 4291 section 2.4). Outside are loopback, link-local, unique local, multicast,
 * mapped IPv4 and NAT64 (RFC 6052, RFC 8215); the last two would lead to any IPv4 address.
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** The special-purpose blocks among them: IETF protocols including Teredo, documentation, 6to4, AS112. */
const SPECIAL_IPV6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'].map((cidr) =>
  ipaddr.IPv6.parseCIDR(cidr),
)

/** Whether an IP address, as a resolver writes it, is public. Any other text is not. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false
  const parsed = ipaddr.parse(address)
  if (parsed instanceof ipaddr.IPv4) return !SPECIAL_IPV4.some((block) => parsed.match(block))
  return parsed.match(GLOBAL_UNICAST) && !SPECIAL_IPV6.some((block) => parsed.match(block))
}
