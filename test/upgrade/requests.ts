/** What people and clients send to an app, without a socket: for filling an installation and for using it. */
import { createHash, randomUUID } from 'node:crypto'
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose'
import type { JWK, JWTHeaderParameters } from 'jose'
import { basic, encode } from '#test/support/api.ts'
import type { ApiResponse } from '#test/support/api.ts'
import { injectFetch } from '#test/support/app.ts'
import type { TestApp } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import type { Person } from '#test/support/people/person.ts'
import type { KnownClient } from './facts.ts'

export const VERIFIER = 'a-verifier-that-is-long-enough-for-each-of-these-clients'
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
export const EVERY_SCOPE = 'openid profile email address phone offline_access'
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** A parameter that is `undefined` is left out. */
export type Form = Readonly<Record<string, string | undefined>>
export type Login = { readonly username: string; readonly password: string }

export interface Issued {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
  readonly scope: string
  readonly token_type: string
  readonly error?: string
}

export type Requests = ReturnType<typeof requestsTo>

export function requestsTo({ app, config, clock }: Pick<TestApp, 'app' | 'config' | 'clock'>) {
  const { issuer } = config
  const seconds = () => Math.floor(clock.now / 1000)

  const post = (path: string, form: Form, headers: Record<string, string> = {}): Promise<ApiResponse> =>
    app.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: encode(present(form)),
    })

  /** A request of a client, which authenticates as it registered. */
  async function send(client: KnownClient, path: string, form: Form, headers: Record<string, string> = {}): Promise<ApiResponse> {
    if (client.method === 'client_secret_basic') return post(path, form, { ...basic(client.id, client.secret!), ...headers })
    return post(path, { ...(await credentialsOf(client)), ...form }, headers)
  }

  async function credentialsOf(client: KnownClient): Promise<Form> {
    if (client.method === 'private_key_jwt') return { client_assertion_type: ASSERTION_TYPE, client_assertion: await assertionOf(client) }
    return { client_id: client.id, client_secret: client.secret }
  }

  /** RFC 7523 section 3. */
  const assertionOf = async ({ id, privateJwk }: KnownClient): Promise<string> =>
    sign(privateJwk!, { iss: id, sub: id, aud: issuer, jti: randomUUID(), iat: seconds(), exp: seconds() + 300 })

  /** RFC 9449 section 4.2. */
  const proofOf = (key: JWK, path: string, accessToken?: string): Promise<string> => {
    const ath = accessToken === undefined ? {} : { ath: createHash('sha256').update(accessToken).digest('base64url') }
    const claims = { htm: 'POST', htu: issuer + path, jti: randomUUID(), iat: seconds(), ...ath }
    return sign(key, claims, { typ: 'dpop+jwt', jwk: publicPart(key) })
  }

  const authorizeUrl = (client: KnownClient, changes: Form = {}): string =>
    `${issuer}/authorize?${encode(
      present({
        client_id: client.id,
        redirect_uri: client.redirectUri,
        response_type: 'code',
        scope: EVERY_SCOPE,
        state: 'xyz',
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        ...changes,
      }),
    )}`

  /** The code that the client receives after the person did all that was asked. */
  async function authorize(person: Person, client: KnownClient, changes: Form = {}, login?: Login): Promise<string> {
    const { searchParams } = await person.authorize(authorizeUrl(client, changes), login)
    const code = searchParams.get('code')
    if (code === null) throw new Error(`no code for ${client.id}: ${searchParams.toString()}`)
    return code
  }

  const exchange = (client: KnownClient, code: string, changes: Form = {}, headers?: Record<string, string>): Promise<ApiResponse> => {
    const form = { grant_type: 'authorization_code', code, redirect_uri: client.redirectUri, code_verifier: VERIFIER, ...changes }
    return send(client, '/token', form, headers)
  }

  const refresh = (client: KnownClient, refreshToken: string, headers?: Record<string, string>): Promise<ApiResponse> =>
    send(client, '/token', { grant_type: 'refresh_token', refresh_token: refreshToken }, headers)

  return {
    issuer,
    post,
    send,
    assertionOf,
    proofOf,
    authorizeUrl,
    authorize,
    exchange,
    refresh,
    /** Somebody with a browser, which may have been here before. */
    person(cookies: Readonly<Record<string, string>> = {}): Person {
      const person = createPerson(issuer, injectFetch(app))
      for (const [name, value] of Object.entries(cookies)) person.cookies.set(name, value)
      return person
    },
    /** Goes the whole way, from the authorization to the tokens. */
    connect: async (person: Person, client: KnownClient, changes: Form = {}, login?: Login): Promise<Issued> =>
      issuedBy(await exchange(client, await authorize(person, client, changes, login))),
    userinfo: (accessToken: string, headers: Record<string, string> = {}): Promise<ApiResponse> =>
      app.inject({ method: 'POST', url: '/userinfo', headers: { authorization: `Bearer ${accessToken}`, ...headers } }),
    /** A request of a client about its own registration (RFC 7592). */
    manage: (method: 'GET' | 'PUT' | 'DELETE', id: string, token: string, payload?: object): Promise<ApiResponse> =>
      app.inject({
        method,
        url: `/register/${encodeURIComponent(id)}`,
        headers: { authorization: `Bearer ${token}` },
        ...(payload !== undefined && { payload }),
      }),
    /** Through the gate. */
    callTool: (resource: string, accessToken: string, name: string): Promise<ApiResponse> =>
      app.inject({
        method: 'POST',
        url: new URL(resource).pathname,
        headers: { host: new URL(resource).host, authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
        payload: { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } },
      }),
    register: (payload: object, initialAccessToken?: string): Promise<ApiResponse> =>
      app.inject({
        method: 'POST',
        url: '/register',
        headers: initialAccessToken === undefined ? {} : { authorization: `Bearer ${initialAccessToken}` },
        payload,
      }),
  }
}

/** @throws if there were none */
export function issuedBy(response: ApiResponse): Issued {
  if (response.statusCode !== 200) throw new Error(`no tokens: ${response.statusCode} ${response.body}`)
  return response.json<Issued>()
}

const present = (form: Form): Record<string, string> =>
  Object.fromEntries(Object.entries(form).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))

/** A private key by which clients sign; `facts.json` keeps it. */
export async function makePrivateJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), alg: 'ES256', kid: 'own' }
}

export const publicPart = ({ kty, crv, x, y, alg, kid }: JWK): JWK => ({ kty, crv, x, y, alg, kid }) as JWK
export const thumbprintOf = (key: JWK): Promise<string> => calculateJwkThumbprint(publicPart(key))

async function sign(key: JWK, claims: Record<string, unknown>, header: object = {}): Promise<string> {
  const protectedHeader = { alg: 'ES256', kid: key.kid, ...header } as JWTHeaderParameters
  return new SignJWT(claims).setProtectedHeader(protectedHeader).sign(await importJWK(key, 'ES256'))
}
