/**
 * How the doctor reaches servers. A public server may name hosts whose names lead into the network of the person who runs the doctor, so
 * once the typed address is public, every name is looked up once, refused if it leads to a special range, and pinned
 * (threat-model.md T2). An address that was typed as one of this machine or of a private network may name others there.
 */
import { lookup as systemLookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { LookupFunction } from 'node:net'
import { isPublicAddress } from '../../fetch/public-address.ts'
import { createNodeFetch } from './node-fetch.ts'
import { isPrivateHost } from '../../fetch/private-host.ts'

/** One answer of a resolver. */
export interface Address {
  readonly address: string
  readonly family: number
}

export interface Network {
  readonly fetch: typeof fetch
  /** For connections of other kinds; absent where any host may be reached. */
  readonly lookup?: LookupFunction
}

export interface NetworkOptions {
  readonly resolve?: (host: string) => Promise<readonly Address[]>
  readonly isPublic?: (address: string) => boolean
}

/** A name, or an address, that a public server must not lead to. */
export class InsideAddress extends Error {
  readonly code = 'ERR_INSIDE_ADDRESS'
}

/** @param url what was typed */
export function openNetwork(url: string, options: NetworkOptions = {}): Network {
  const { resolve = (host) => systemLookup(host, { all: true }), isPublic = isPublicAddress } = options
  const typed = bare(new URL(url).hostname)
  if (isPrivateHost(typed)) return { fetch }
  const known = new Map<string, Promise<readonly Address[]>>()

  /** The same addresses for the whole examination: a name that changes its mind is no way in. */
  const addressesOf = (host: string): Promise<readonly Address[]> => {
    const found = known.get(host) ?? (isIP(host) === 0 ? resolve(host) : Promise.resolve([{ address: host, family: isIP(host) }]))
    known.set(host, found)
    return found
  }

  async function reachable(host: string): Promise<readonly Address[]> {
    const [addresses, start] = await Promise.all([addressesOf(host), addressesOf(typed)])
    const startsInside = !start.some(({ address }) => isPublic(address))
    const inside = addresses.find(({ address }) => !isPublic(address))
    // One such address refuses all: a name with both kinds is there to get around this check.
    if (inside !== undefined && !startsInside) throw new InsideAddress(`${host} leads to ${inside.address}, which is not a public address`)
    return addresses
  }

  const lookup: LookupFunction = (host, { all }, callback) => {
    reachable(host).then(
      (addresses) => (all === true ? callback(null, [...addresses]) : callback(null, addresses[0]!.address, addresses[0]!.family)),
      (error: NodeJS.ErrnoException) => callback(error, ''),
    )
  }
  return { lookup, fetch: createNodeFetch({ lookup, check: async (hostname) => void (await reachable(bare(hostname))) }) }
}

/** IPv6 without brackets. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')
