/** Finds the issuer's keys and introspection endpoint in its metadata (RFC 8414 section 3, OpenID Connect Discovery section 4). */
import { discoveryUrls } from '../domain/protocol/discovery-urls.ts'
import { isLoopbackHost } from '../domain/protocol/loopback.ts'
import { isMetadataUri } from '../domain/protocol/uri.ts'
import { fetchJson } from './fetch-json.ts'

export interface IssuerEndpoints {
  readonly jwksUri: string
  readonly introspectionEndpoint: string | undefined
}

/** @throws Error that says what is wrong with the issuer, or that it is unreachable */
export async function discover(issuer: string, send: typeof fetch): Promise<IssuerEndpoints> {
  for (const url of discoveryUrls(issuer)) {
    const { status, body } = await fetchJson(send, url)
    if (status >= 400 && status < 500) continue
    if (status !== 200 || body === undefined) throw new Error(`${url} answered ${status}${status === 200 ? ' without a JSON object' : ''}`)
    // RFC 8414 section 3.3: otherwise one issuer could speak for another.
    if (body['issuer'] !== issuer) throw new Error(`${url} is the metadata of ${String(body['issuer'])}, not of ${issuer}`)
    return { jwksUri: endpoint(issuer, body, 'jwks_uri')!, introspectionEndpoint: endpoint(issuer, body, 'introspection_endpoint', false) }
  }
  throw new Error(`no metadata was found for the issuer ${issuer}`)
}

/** An address in the metadata; it may be plain http only if the issuer is on this machine. */
function endpoint(issuer: string, body: Readonly<Record<string, unknown>>, name: string, required = true): string | undefined {
  const value = body[name]
  if (value === undefined && !required) return undefined
  if (typeof value !== 'string' || !isMetadataUri(value) || (value.startsWith('http:') && !isLoopbackHost(new URL(issuer).hostname))) {
    throw new Error(`the metadata of ${issuer} has no usable ${name}`)
  }
  return value
}
