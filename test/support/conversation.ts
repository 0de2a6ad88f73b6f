/** A registered client and a logged-in person talking to the real app: what tests of a standard say in a line or two. */
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import { createApp, injectFetch } from './app.ts'
import type { TestApp, TestOptions } from './app.ts'
import { createPerson } from './people/person.ts'
import type { Person } from './people/person.ts'

export const CALLBACK = 'https://client.example/callback'
export const RESOURCE = 'https://mcp.example.com/mcp'
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

/** A parameter's value; `undefined` leaves out what would be sent by default. */
export type Parameters = Record<string, string | string[] | undefined>
export type Tokens = Record<'access_token' | 'refresh_token' | 'id_token' | 'scope' | 'token_type', string> & { expires_in: number }

export interface Registered {
  readonly client_id: string
  readonly client_secret?: string
}

export function formOf(parameters: Parameters): string {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) for (const each of [value ?? []].flat()) form.append(name, each)
  return form.toString()
}

export const basicOf = ({ client_id, client_secret = '' }: Registered) => ({
  authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
})

/**
 * @param metadata what the client registers besides its callback; a public client by default
 * @param safeFetch where addresses that the client registers lead
 */
export async function createConversation(
  t: Test,
  {
    metadata = {},
    env = {},
    safeFetch,
  }: { metadata?: Record<string, unknown>; env?: Record<string, string>; safeFetch?: TestOptions['safeFetch'] } = {},
) {
  const made: TestApp = await createApp(t, env, undefined, { safeFetch })
  const { app, config } = made
  const person = createPerson(config.issuer, injectFetch(app))

  const register = (body: Record<string, unknown>) => app.inject({ method: 'POST', url: '/register', payload: body })
  const registered = await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...metadata })
  const client = registered.json<Registered>()

  /** The address of an authorization request; PKCE and the client's own members by default. */
  const authorizeUrl = (parameters: Parameters = {}, { client_id }: Registered = client) =>
    `${config.issuer}/authorize?${formOf({
      client_id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid profile email offline_access',
      state: 'xyz',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...parameters,
    })}`

  /** The parameters that the client receives after the person did all that was asked. */
  const authorize = async (parameters: Parameters = {}, who: Person = person, as: Registered = client) =>
    Object.fromEntries((await who.authorize(authorizeUrl(parameters, as))).searchParams)

  const post = (url: string, form: Parameters, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers }, payload: formOf(form) })

  /** A post to an endpoint of clients, authenticated as the client registered. */
  const send = (url: string, form: Parameters, as: Registered = client) =>
    as.client_secret === undefined ? post(url, { client_id: as.client_id, ...form }) : post(url, form, basicOf(as))

  /** Exchanges a code, with the callback and the verifier by default. */
  const exchange = (code: string | undefined, form: Parameters = {}, as: Registered = client) =>
    send('/token', { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER, ...form }, as)

  const refresh = (refreshToken: string, form: Parameters = {}, as: Registered = client) =>
    send('/token', { grant_type: 'refresh_token', refresh_token: refreshToken, ...form }, as)

  /** Goes the whole way, once. */
  const tokens = async (parameters: Parameters = {}, form: Parameters = {}): Promise<Tokens> =>
    (await exchange((await authorize(parameters))['code'], form)).json<Tokens>()

  const userinfo = (accessToken: string) => app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${accessToken}` } })

  return { ...made, person, client, register, registered, authorizeUrl, authorize, post, send, exchange, refresh, tokens, userinfo }
}
