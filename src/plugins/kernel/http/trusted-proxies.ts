/** Which proxies may say for whom they ask (threat-model.md T16). Owns no parsing of headers, which Fastify does. */
import type { Config } from '../../../config/config.ts'
import { createNetworkMatcher } from '../../../domain/protocol/network.ts'

/** So many proxies in front of the server, at any address; or those of some networks, with a port behind their address or without. */
export function trustedProxies(proxies: Config['trustProxy']): false | ((address: string, hop: number) => boolean) {
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies
  return proxies === false ? false : createNetworkMatcher(proxies)
}
