/** An authorization server without a socket, of any make: it signs what a test says, and can be down. */
import { SignJWT, exportJWK, generateKeyPair } from 'jose'
import type { GenerateKeyPairResult, JWK } from 'jose'
import type { VerifierOptions } from '#src/resource-server/index.ts'

export const ISSUER = 'https://auth.example.com'
export const RESOURCE = 'https://mcp.example.com/mcp'

type Claims = Record<string, unknown>

export interface Issuer {
  readonly issuer: string
  readonly clock: { now: number }
  readonly metadata: Record<string, unknown>
  /** The addresses that were asked. */
  readonly requests: string[]
  down: boolean
  /** The key set that it publishes. */
  jwks: object
  /** What it answers, by the path. */
  readonly answers: Record<string, (init: RequestInit) => Response | object>
  /** The public key that it signs with. */
  jwk(): JWK
  /** A new key, published at once; the old one is not any more. */
  rotate(kid: string): Promise<void>
  claims(changes?: Claims): Claims
  /** A good token, but for what `changes` says; `undefined` leaves a claim out. */
  sign(changes?: Claims, header?: Claims): Promise<string>
  /** What a resource server of this issuer is told. */
  options(): VerifierOptions
}

export async function createIssuer(issuer = ISSUER): Promise<Issuer> {
  let key = await newKey('one')
  const seconds = () => Math.floor(server.clock.now / 1000)

  const server: Issuer = {
    issuer,
    clock: { now: Date.parse('2026-11-23T12:00:00Z') },
    metadata: { issuer, jwks_uri: `${issuer}/jwks`, introspection_endpoint: `${issuer}/introspect` },
    requests: [],
    down: false,
    jwks: { keys: [key.jwk] },
    answers: { '/.well-known/oauth-authorization-server': () => server.metadata, '/jwks': () => server.jwks },
    jwk: () => key.jwk,
    async rotate(kid) {
      key = await newKey(kid)
      server.jwks = { keys: [key.jwk] }
    },
    claims: (changes) => ({
      iss: issuer,
      aud: RESOURCE,
      sub: 'helen',
      client_id: 'client_planets',
      scope: 'planets:read',
      iat: seconds(),
      exp: seconds() + 3600,
      ...changes,
    }),
    sign: (changes, header) =>
      new SignJWT(server.claims(changes))
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.jwk.kid!, ...header })
        .sign(key.privateKey),
    options: () => ({ issuer, resource: RESOURCE, fetch: send, now: () => server.clock.now }),
  }

  const send: typeof fetch = async (input, init = {}) => {
    server.requests.push(String(input))
    await new Promise((resolve) => setImmediate(resolve))
    if (server.down) throw new TypeError('fetch failed')
    const answer = server.answers[new URL(String(input)).pathname]?.(init) ?? new Response('{}', { status: 404 })
    return answer instanceof Response ? answer : Response.json(answer)
  }
  return server
}

async function newKey(kid: string): Promise<{ jwk: JWK; privateKey: GenerateKeyPairResult['privateKey'] }> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}
