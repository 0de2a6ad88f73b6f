/** Whether the cloud can reach the servers, and how long their certificates last. */
import type { LookupFunction } from 'node:net'
import { connect } from 'node:tls'
import type { DoctorContext } from '../context.ts'
import { isPrivateHost } from '../../fetch/private-host.ts'
import { noted, passed, skipped } from '../probe/step.ts'
import type { Step } from '../probe/step.ts'

/** @returns when the certificate expires, in milliseconds since the epoch; undefined if that can't be found out */
export type ReadExpiry = (hostname: string, port: number) => Promise<number | undefined>

const HANDSHAKE_MS = 5000
const SOON_MS = 14 * 24 * 60 * 60 * 1000

const addressesOf = ({ issuer, resourceUrl = issuer }: DoctorContext): URL[] => [new URL(resourceUrl), new URL(issuer)]

export const cloudCanReach: Step<DoctorContext> = {
  title: 'Hosted clients can reach it',
  run(context) {
    const addresses = addressesOf(context)
    const local = addresses.find(({ hostname }) => isPrivateHost(hostname))
    if (local) return noted('local-address', `${local.origin} is not public; hosted clients need a public https address`)
    const plain = addresses.find(({ protocol }) => protocol === 'http:')
    if (plain === undefined) return passed()
    return {
      kind: 'failed',
      finding: 'plain-http',
      url: plain.href,
      expected: 'https',
      received: 'http, at a public address',
      advice: 'Put a proxy with TLS in front, and publish its address: tokens would travel for anyone to read.',
    }
  },
}

export function certificatesLast(readExpiry: ReadExpiry, now: () => number): Step<DoctorContext> {
  return {
    title: 'The certificates last',
    async run(context) {
      if (!context.metadata) return skipped('there is no metadata')
      const addresses = addressesOf(context).filter(({ protocol }) => protocol === 'https:')
      if (addresses.length === 0) return skipped('there is no https')
      for (const { hostname, port } of addresses) {
        const expiresAt = await readExpiry(hostname, Number(port) || 443)
        if (expiresAt !== undefined && expiresAt - now() < SOON_MS)
          return noted('certificate-expires-soon', `that of ${hostname} on ${new Date(expiresAt).toISOString().slice(0, 10)}`)
      }
      return passed()
    },
  }
}

/** One handshake without a request. It accepts any certificate: earlier requests have checked whether it is valid. */
export const readExpiry = (
  hostname: string,
  port: number,
  { timeoutMs = HANDSHAKE_MS, lookup }: { readonly timeoutMs?: number; readonly lookup?: LookupFunction | undefined } = {},
): ReturnType<ReadExpiry> =>
  new Promise((resolve) => {
    const host = hostname.replace(/^\[|\]$/g, '')
    const named = host === hostname && { servername: host }
    const socket = connect({ host, port, rejectUnauthorized: false, ...(lookup && { lookup }), ...named })
    const end = (expiresAt?: number) => {
      socket.destroy()
      resolve(expiresAt)
    }
    socket.setTimeout(timeoutMs, () => end())
    socket.once('error', () => end())
    socket.once('secureConnect', () => end(Date.parse(socket.getPeerCertificate().valid_to)))
  })
