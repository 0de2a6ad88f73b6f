/**
 * What an endpoint says about itself in the config of its route. The home page (discovery/home.ts) and the metadata document
 * (discovery/metadata.ts) are made of it. Owns no text: that is `endpoint.ID` in src/templates/locales.
 */
import type { EndpointMember } from '../../schemas/metadata.ts'

export const ENDPOINT_GROUPS = ['discovery', 'flow', 'operation'] as const

export interface Endpoint {
  readonly id: string
  readonly group: (typeof ENDPOINT_GROUPS)[number]
  /** The member of the metadata document that holds its address. */
  readonly member?: EndpointMember
  readonly standards: readonly Standard[]
  /** A command that tries it at `url`, ready to paste into a shell. */
  curl(url: string): string
}

interface Standard {
  readonly name: string
  readonly title: string
  readonly url: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** On one route of the endpoint, even if it has several methods; `undefined` for an endpoint that is not announced. */
    endpoint?: Endpoint | undefined
  }
}

export const rfc = (number: number, title: string): Standard => ({
  name: `RFC ${number}`,
  title,
  url: `https://www.rfc-editor.org/rfc/rfc${number}`,
})
export const openid = (name: string, document: string): Standard => ({
  name,
  title: name,
  url: `https://openid.net/specs/${document}.html`,
})

/** A command with one argument a line. */
export const curl = (...lines: string[]): string => `curl ${lines.join(' \\\n  ')}`
/** A command that posts, with one argument a line. */
export const curlPost = (url: string, ...lines: string[]): string => curl(`-X POST '${url}'`, ...lines)

/** What the commands share, so that the result of one fits the next. */
export const EXAMPLE = {
  client: '-u "$CLIENT_ID:$CLIENT_SECRET"',
  redirectUri: 'http://localhost:3000/callback',
  /** The test vector of RFC 7636 appendix B: it works where PKCE is required. */
  verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
} as const
