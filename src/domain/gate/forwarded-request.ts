/** The request that a proxy asks about, as its headers say: each thing once, in one meaning, or it is refused (threat-model.md T22). */
import { err, ok } from '../protocol/result.ts'
import type { Result } from '../protocol/result.ts'
import type { Headers } from './header-names.ts'

export interface ForwardedRequest {
  readonly method: string
  readonly host: string
  /** Decoded. */
  readonly path: string
  /** Scheme, host, path and query as they were sent: what a proof of possession is for. */
  readonly address: string
}

/** Traefik and Caddy send the first ones, recipes for nginx the others. A client may send either kind along. */
const METHOD = ['x-forwarded-method', 'x-original-method']
const TARGET = ['x-forwarded-uri', 'x-original-uri']
const HOST = ['x-forwarded-host']
const PROTO = ['x-forwarded-proto']

/** @returns the request, or what is wrong with what the proxy says */
export function readForwardedRequest(headers: Headers): Result<ForwardedRequest, string> {
  const said: string[] = []
  for (const names of [METHOD, TARGET, HOST, PROTO]) {
    const values = [...new Set(names.flatMap((name) => headers[name] ?? []))]
    if (values.length === 0) return err(`${names.join(' or ')} is missing`)
    if (values.length > 1) return err(`${names.join(' and ')} say different things`)
    said.push(values[0]!)
  }
  const [method, target, host, proto] = said as [string, string, string, string]
  if (!/^[A-Z]{1,32}$/.test(method)) return err('the method is none')
  if (!/^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(host)) return err('the host is not a single one')
  if (proto !== 'http' && proto !== 'https') return err('the protocol is neither http nor https')
  const path = normalPath(target.split('?', 1)[0]!)
  return path === undefined
    ? err('the path can be read in more than one way')
    : ok({ method, host, path, address: `${proto}://${host}${target}` })
}

/**
 * A path that every proxy and every server reads alike, decoded.
 *
 * @returns `undefined` if it could mean another one somewhere
 */
export function normalPath(raw: string): string | undefined {
  if (!/^\/[\x21-\x7e]*$/.test(raw) || /%(?![0-9a-f]{2})|%(?:2f|5c|25|3b|0|1|7f)|[\\;#]/i.test(raw)) return undefined
  let path: string
  try {
    path = decodeURIComponent(raw)
  } catch {
    return undefined
  }
  return /\/\/|\/\.{1,2}(?:\/|$)/.test(path) ? undefined : path
}
