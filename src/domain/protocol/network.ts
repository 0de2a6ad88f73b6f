/** Rate limits count an IPv4 address, or an IPv6 /64, as one network (threat-model.md T15). */
import ipaddr from 'ipaddr.js'

export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address) // maps ::ffff:1.2.3.4 to 1.2.3.4
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return `${parsed.toNormalizedString().split(':').slice(0, 4).join(':')}::/64`
}
