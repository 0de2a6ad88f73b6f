/**
 * Looks up the addresses of a stranger's host name. Asks the name servers itself (c-ares), and stops when the time is over.
 * `getaddrinfo` would occupy one of the few threads that our own connections need, for as long as a stranger's name server is silent.
 */
import { Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'

/** One answer of a resolver. */
export interface Address {
  readonly address: string
  readonly family: number
}

/** All addresses of a host name. Rejects once `signal` is aborted, and leaves nothing behind that still asks. */
export type LookUp = (host: string, signal: AbortSignal) => Promise<readonly Address[]>

export interface LookUpOptions {
  /** Name servers as `ADDRESS:PORT`; those of the system by default. */
  readonly servers?: readonly string[]
  readonly hostsFile?: string
}

/** How long the first query to a name server may take, in ms; c-ares waits longer each time. */
const QUERY_MS = 1000
const TRIES = 3

/** RFC 6761 section 6.3: no name server is asked. */
const LOCALHOST = /(^|\.)localhost\.?$/
const LOOPBACK: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** What a name server says of a name without addresses; any other failure may pass. */
export const NO_ADDRESS: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA'])

export function createLookUp({ servers, hostsFile = '/etc/hosts' }: LookUpOptions = {}): LookUp {
  return async (host, signal) => {
    if (LOCALHOST.test(host)) return LOOPBACK
    const written = addressesIn(await readFile(hostsFile, 'utf8').catch(() => ''), host)
    return written.length > 0 ? written : askNameServers(host, signal, servers)
  }
}

/** What the system's file says of a host. c-ares doesn't read it for single queries, but operators write names into it. */
function addressesIn(hosts: string, host: string): readonly Address[] {
  return hosts.split('\n').flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === host) ? [{ address, family: isIP(address) }] : []
  })
}

async function askNameServers(host: string, signal: AbortSignal, servers: readonly string[] | undefined): Promise<readonly Address[]> {
  signal.throwIfAborted()
  // One for each look-up: to cancel one would end the queries of all others, too.
  const resolver = new Resolver({ timeout: QUERY_MS, tries: TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    const addresses = answers.flatMap((answer, index) =>
      answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family: index === 0 ? 4 : 6 })) : [],
    )
    if (addresses.length > 0) return addresses
    // Both failed, since no answer is empty. The name has no address only if that is what both say.
    const failures = answers.map((answer) => (answer as PromiseRejectedResult).reason as NodeJS.ErrnoException)
    throw failures.find(({ code }) => !NO_ADDRESS.has(code!)) ?? failures[0]!
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}
