/**
 * An identity provider without a socket, which does what its switches say: the right thing, unless one says otherwise. People log in
 * there by `visit`, which answers with the address at which their browser comes back.
 */
import { createHash } from 'node:crypto'
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose'
import type { CryptoKey, JWK, JWTPayload } from 'jose'

export const PROVIDER = 'https://id.example.com'
export const CLIENT = { id: 'solar', secret: 'the secret of the provider' }

/** Anything that a provider does wrong, or in its own way. */
export interface Switches {
  /** Of the id_token: over the right ones; `undefined` leaves one out. */
  claims?: Record<string, unknown>
  /** Of UserInfo; `undefined` for a provider without it. */
  userinfo?: Record<string, unknown> | undefined
  metadata?: Record<string, unknown>
  /** Members of the token response. */
  tokens?: Record<string, unknown>
  /** Parameters of the callback, over code, state and iss. */
  callback?: Record<string, string | undefined>
  /** Instead of a signature by the published key. */
  sign?: (claims: JWTPayload) => Promise<string>
  /** Answers a request before the provider does. */
  answer?: (request: Request) => Promise<Response | undefined> | Response | undefined
  /** How far its clock goes ahead, in ms. */
  ahead?: number
  refresh?: 'rotates' | 'ends'
}

export interface Visited {
  readonly code: string
  readonly query: URLSearchParams
}

export interface TestProvider {
  switches: Switches
  readonly issuer: string
  readonly fetch: typeof fetch
  /** The requests that it got, as `POST /token`. */
  readonly requests: string[]
  /** The parameters of the last authorization request. */
  asked: URLSearchParams
  /** Logs somebody in; where the browser comes back. */
  visit(url: string | URL, claims?: Record<string, unknown>): URL
  /** Signs from now on with another key, and publishes that alone. */
  rotateKey(): Promise<void>
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>
}

let pairs: Promise<{ privateKey: CryptoKey; jwk: JWK }[]> | undefined
/** Two keys for all providers of a process: making them costs time. */
const keyPairs = () =>
  (pairs ??= Promise.all(
    ['one', 'two'].map(async (kid) => {
      const { privateKey, publicKey } = await generateKeyPair('RS256')
      return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } }
    }),
  ))

/** @param now ms */
export async function createProvider(now: () => number, issuer = PROVIDER): Promise<TestProvider> {
  const keys = await keyPairs()
  let current = 0
  const codes = new Map<string, { query: URLSearchParams; claims: Record<string, unknown> }>()
  const requests: string[] = []
  let count = 0
  let claimsOfToken: Record<string, unknown> = {}

  const sign: TestProvider['sign'] = (claims, header = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: keys[current]!.jwk.kid!, ...header }).sign(keys[current]!.privateKey)

  const provider: TestProvider = {
    switches: {},
    issuer,
    requests,
    asked: new URLSearchParams(),
    sign,
    async rotateKey() {
      current = 1 - current
    },
    visit(url, claims = {}) {
      const query = new URL(url).searchParams
      provider.asked = query
      const code = `code-${++count}`
      codes.set(code, { query, claims })
      const back = new URL(query.get('redirect_uri')!)
      const parameters = { code, state: query.get('state')!, iss: issuer, ...provider.switches.callback }
      for (const [name, value] of Object.entries(parameters)) if (value !== undefined) back.searchParams.set(name, value)
      return back
    },
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { pathname } = new URL(request.url)
      requests.push(`${request.method} ${pathname}`)
      const early = await provider.switches.answer?.(request.clone())
      if (early !== undefined) return early
      if (pathname.endsWith('/.well-known/openid-configuration')) return Response.json(metadata(), { headers: { date: date() } })
      if (pathname.endsWith('/authorize')) return nobodyIsHere(new URL(request.url).searchParams)
      if (pathname.endsWith('/keys')) return Response.json({ keys: [keys[current]!.jwk] })
      if (pathname.endsWith('/token')) return token(new URLSearchParams(await request.text()), request.headers.get('authorization'))
      if (pathname.endsWith('/userinfo')) return Response.json({ sub: claimsOfToken['sub'], ...provider.switches.userinfo })
      return new Response('nothing here', { status: 404 })
    },
  }

  const date = () => new Date(now() + (provider.switches.ahead ?? 0)).toUTCString()

  /** What `prompt=none` gets of somebody who isn't logged in. */
  function nobodyIsHere(query: URLSearchParams): Response {
    const back = new URL(query.get('redirect_uri')!)
    for (const [name, value] of Object.entries({ error: 'login_required', state: query.get('state')!, iss: issuer }))
      back.searchParams.set(name, value)
    return new Response(null, { status: 303, headers: { location: back.href } })
  }

  const metadata = () => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    ...(provider.switches.userinfo !== undefined && { userinfo_endpoint: `${issuer}/userinfo` }),
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    authorization_response_iss_parameter_supported: true,
    ...provider.switches.metadata,
  })

  async function token(form: URLSearchParams, authorization: string | null): Promise<Response> {
    const { switches } = provider
    const basic = `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret).replaceAll('%20', '+')}`)}`
    if (authorization !== basic && form.get('client_secret') !== CLIENT.secret) return refuse('invalid_client', 401)
    const isRefresh = form.get('grant_type') === 'refresh_token'
    if (isRefresh && switches.refresh === 'ends') return refuse('invalid_grant')
    const found = isRefresh ? { query: new URLSearchParams(), claims: claimsOfToken } : codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    if (found === undefined) return refuse('invalid_grant')
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (!isRefresh && challenge !== found.query.get('code_challenge')) return refuse('invalid_grant')
    const seconds = Math.floor((now() + (switches.ahead ?? 0)) / 1000)
    const claims = {
      iss: issuer,
      sub: 'subject-1',
      aud: CLIENT.id,
      iat: seconds,
      exp: seconds + 300,
      nonce: found.query.get('nonce') ?? undefined,
      ...(found.query.has('max_age') && { auth_time: seconds }),
      ...found.claims,
      ...(isRefresh && { iat: seconds, exp: seconds + 300, nonce: undefined }),
      ...switches.claims,
    }
    claimsOfToken = claims
    const defined = JSON.parse(JSON.stringify(claims)) as JWTPayload
    const idToken = await (switches.sign ?? sign)(defined)
    return Response.json({
      access_token: `access-${count}`,
      token_type: 'Bearer',
      expires_in: 300,
      id_token: idToken,
      refresh_token: `refresh-${isRefresh && switches.refresh === 'rotates' ? ++count : count}`,
      ...switches.tokens,
    })
  }
  return provider
}

const refuse = (error: string, status = 400) => Response.json({ error, error_description: '<b>no</b>' }, { status })

export const unsigned = async (claims: JWTPayload): Promise<string> => new UnsecuredJWT(claims).encode()

export const signedWithSecret = (claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(CLIENT.secret.padEnd(32)))
