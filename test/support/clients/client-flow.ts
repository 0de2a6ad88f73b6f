/**
 * The way of one client, byte by byte as its description says: register -> login -> consent -> code -> token -> refresh
 * -> UserInfo, and the token verified by the JWKS. Each step is a function, for tests that leave the way somewhere.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createLocalJWKSet, jwtVerify } from 'jose'
import type { JWTPayload } from 'jose'
import type { Test } from 'tap'
import type { ClientDescription } from './clients.ts'
import { createPerson } from '../people/person.ts'
import type { Person } from '../people/person.ts'

export interface Credentials {
  readonly client_id: string
  readonly client_secret?: string
  readonly token_endpoint_auth_method: string
}
export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly scope: string
  readonly id_token?: string
}
export interface Metadata {
  readonly [endpoint: string]: string & string[]
}
export interface Attempt {
  readonly url: URL
  readonly state: string
  readonly verifier: string | undefined
}
/** What a client has to work with. */
export interface Device {
  readonly description: ClientDescription
  readonly metadata: Metadata
  readonly credentials: Credentials
  readonly send: typeof fetch
}

export async function discover(issuer: string, { headers = {} }: ClientDescription, send = fetch): Promise<Metadata> {
  const response = await send(`${issuer}/.well-known/oauth-authorization-server`, { headers })
  return (await response.json()) as Metadata
}

export function register(metadata: Metadata, { registration, headers }: ClientDescription, send = fetch): Promise<Response> {
  return send(metadata['registration_endpoint']!, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(registration),
  })
}

/** Discovers, and registers unless the client has credentials already. */
export async function setUp(t: Test, issuer: string, description: ClientDescription, send = fetch, known?: Credentials): Promise<Device> {
  const metadata = await discover(issuer, description, send)
  t.equal(metadata['issuer'], issuer)
  if (known !== undefined) return { description, metadata, credentials: known, send }
  const response = await register(metadata, description, send)
  const text = await response.text()
  t.equal(response.status, 201, text)
  t.notMatch(text, /:null|:""/, 'nothing is null or empty: either fails clients')
  const credentials = JSON.parse(text) as Credentials
  t.match(credentials, { client_id: String, redirect_uris: description.registration.redirect_uris })
  return { description, metadata, credentials, send }
}

export function attempt({ description, metadata, credentials }: Device): Attempt {
  const { redirectUri, resource, scope, authorization, pkce } = description
  const state = description.state ?? randomBytes(32).toString('base64url')
  const verifier = pkce === false ? undefined : randomBytes(32).toString('base64url')
  const url = new URL(metadata['authorization_endpoint']!)
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: credentials.client_id,
    redirect_uri: redirectUri,
    state,
    ...(scope !== undefined && { scope: scope === 'advertised' ? metadata['scopes_supported']!.join(' ') : scope }),
    ...(resource !== undefined && { resource }),
    ...(verifier !== undefined && { code_challenge: s256(verifier), code_challenge_method: 'S256' }),
    ...authorization,
  }).toString()
  return { url, state, verifier }
}

const s256 = (verifier: string): string => createHash('sha256').update(verifier).digest('base64url')

/** POST /token with the client's own way to authenticate. */
export function postToken(device: Device, form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> {
  const { description, metadata, credentials, send } = device
  const { client_id: id, client_secret: secret = '', token_endpoint_auth_method: method } = credentials
  const basic = method === 'client_secret_basic' && { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  const resource = description.resource !== undefined && { resource: description.resource }
  const inBody = !basic && { client_id: id, ...(method === 'client_secret_post' && { client_secret: secret }) }
  return send(metadata['token_endpoint']!, {
    method: 'POST',
    headers: { ...description.headers, ...basic, ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...form, ...inBody, ...resource }).toString(),
  })
}

export function refresh(device: Device, refreshToken: string, headers?: Record<string, string>): Promise<Response> {
  return postToken(device, { grant_type: 'refresh_token', refresh_token: refreshToken }, headers)
}

/** From the authorization request to the first tokens. */
export async function connect(t: Test, issuer: string, device: Device, person: Person): Promise<Tokens> {
  const { redirectUri } = device.description
  const { url, state, verifier } = attempt(device)
  const callback = await person.authorize(url)
  t.equal(callback.href.split('?')[0], redirectUri, 'the answer goes to the very redirect URI of the request')
  t.match(Object.fromEntries(callback.searchParams), { state, iss: issuer })
  return await tokensOf(t, await postToken(device, codeForm(device, callback, verifier)))
}

/** The form of a code exchange (RFC 6749 section 4.1.3). */
export function codeForm({ description }: Device, callback: URL, verifier: string | undefined): Record<string, string> {
  return {
    grant_type: 'authorization_code',
    code: callback.searchParams.get('code')!,
    redirect_uri: description.redirectUri,
    ...(verifier !== undefined && { code_verifier: verifier }),
  }
}

export async function tokensOf(t: Test, response: Response): Promise<Tokens> {
  const text = await response.text()
  t.equal(response.status, 200, text)
  t.equal(response.headers.get('cache-control'), 'no-store')
  const tokens = JSON.parse(text) as Tokens
  t.match(tokens, { access_token: String, token_type: 'Bearer', expires_in: Number, refresh_token: String, scope: String })
  return tokens
}

/** The claims of an access token that a resource server accepts by the JWKS. */
export async function accept(issuer: string, { description, metadata, send }: Device, token: string): Promise<JWTPayload> {
  const response = await send(metadata['jwks_uri']!)
  const jwks = createLocalJWKSet((await response.json()) as Parameters<typeof createLocalJWKSet>[0])
  const { payload } = await jwtVerify(token, jwks, { issuer, audience: description.resource ?? issuer, typ: 'at+jwt' })
  return payload
}

export interface Journey {
  readonly device: Device
  readonly first: Tokens
  /** After the refresh. */
  readonly tokens: Tokens
  readonly claims: JWTPayload
  readonly info: Record<string, unknown>
}

/** The whole way; what every client needs is asserted here, what is special about one in its own test. */
export async function goWholeWay(
  t: Test,
  issuer: string,
  description: ClientDescription,
  options: { send?: typeof fetch; credentials?: Credentials } = {},
): Promise<Journey> {
  const pages: string[] = []
  const person = createPerson(issuer, async (...request) => {
    const response = await fetch(...request)
    pages.push(await response.clone().text())
    return response
  })
  const device = await setUp(t, issuer, description, options.send, options.credentials)
  const first = await connect(t, issuer, device, person)
  const consent = pages.find((html) => html.includes('value="allow"')) ?? ''
  t.ok(consent.includes(description.receiver), `the consent page names ${description.receiver}`)
  await accept(issuer, device, first.access_token)

  const tokens = await tokensOf(t, await refresh(device, first.refresh_token))
  t.not(tokens.refresh_token, first.refresh_token, 'refresh tokens rotate')
  t.equal(tokens.scope, first.scope)
  const claims = await accept(issuer, device, tokens.access_token)
  t.equal(claims['client_id'], device.credentials.client_id)

  const answer = await device.send(device.metadata['userinfo_endpoint']!, {
    headers: { ...description.headers, authorization: `Bearer ${tokens.access_token}` },
  })
  const info = (await answer.json()) as Record<string, unknown>
  t.equal(answer.status, 200)
  t.equal(info['sub'], claims.sub)
  return { device, first, tokens, claims, info }
}
