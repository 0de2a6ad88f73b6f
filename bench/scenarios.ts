/** What is measured, in the order in which one request's answers feed the next one's questions. */
import { createHash } from 'node:crypto'
import type { Answer, Load, Shot } from './load.ts'
import { createProver } from './proofs.ts'

export interface Scenario {
  readonly name: string
  /** What the bare server signs. */
  readonly sign: readonly ('ES256' | 'RS256')[]
  /** Takes hardly more than a bare server. */
  readonly cheap?: boolean
  /** The rounds' load; called once a round. */
  load(amount: number): Load
}

export interface Prepared {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly cookie: string
  /** A client that acts for itself. */
  readonly machine: { readonly client_id: string; readonly client_secret: string }
}

export const REDIRECT_URI = 'https://client.example/callback'
const RESOURCE = 'https://mcp.example.com/mcp'
const VERIFIER = 'v'.repeat(64)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const CONNECTIONS = 16

const pathOf = (parameters: Record<string, string>): string => `/authorize?${new URLSearchParams(parameters).toString()}`

const authorization = (clientId: string, scope: string) => ({
  client_id: clientId,
  redirect_uri: REDIRECT_URI,
  response_type: 'code',
  scope,
  resource: RESOURCE,
  state: 's'.repeat(43),
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
})

export const authorizePath = (clientId: string, scope: string): string => pathOf(authorization(clientId, scope))

export function scenarios({ issuer, clientId, clientSecret, cookie, machine }: Prepared): Scenario[] {
  const basicOf = (id: string, secret: string): string => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const basic = basicOf(clientId, clientSecret)
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  const post = (path: string, fields: Record<string, string>, by = basic): Shot => ({
    method: 'POST',
    path,
    headers: { ...form, authorization: by },
    body: new URLSearchParams(fields).toString(),
  })
  const load = (amount: number, expected: number, next: Load['next'], onAnswer?: Load['onAnswer']): Load => ({
    amount,
    connections: CONNECTIONS,
    expected,
    next,
    ...(onAnswer !== undefined && { onAnswer }),
  })
  const always = (shot: Shot) => () => shot

  const get = (name: string, path: string): Scenario => ({
    name,
    sign: [],
    cheap: true,
    load: (amount) => load(amount, 200, always({ method: 'GET', path })),
  })

  /** Codes, refresh tokens and access tokens as the rounds bring them. */
  const codes: string[] = []
  const refreshTokens: string[] = []
  const accessTokens: string[] = []
  const successors: string[] = []
  let boundToken = ''
  const requestUris: string[] = []

  const authorize = (name: string, scope: string): Scenario => ({
    name,
    sign: [],
    load: (amount) =>
      load(amount, 303, always({ method: 'GET', path: authorizePath(clientId, scope), headers: { cookie } }), ({ headers }) => {
        codes.push(new URL(headers['location']!).searchParams.get('code')!)
      }),
  })
  /** What a token response brings: a refresh token into `refreshable`, and an access token that UserInfo answers. */
  const keepIn =
    (refreshable: string[]) =>
    ({ body }: Answer) => {
      const tokens = JSON.parse(body) as { refresh_token: string; access_token: string }
      refreshable.push(tokens.refresh_token)
      if (body.includes('"id_token"')) accessTokens.push(tokens.access_token)
    }
  const exchange = (name: string, sign: Scenario['sign']): Scenario => ({
    name,
    sign,
    load: (amount) =>
      load(
        Math.min(amount, codes.length),
        200,
        () =>
          post('/token', {
            grant_type: 'authorization_code',
            code: codes.pop() ?? 'none-left',
            redirect_uri: REDIRECT_URI,
            code_verifier: VERIFIER,
            resource: RESOURCE,
          }),
        keepIn(refreshTokens),
      ),
  })
  const refresh = (name: string, sign: Scenario['sign']): Scenario => ({
    name,
    sign,
    load: (amount) =>
      load(
        Math.min(amount, refreshTokens.length),
        200,
        () => post('/token', { grant_type: 'refresh_token', refresh_token: refreshTokens.pop() ?? 'none-left' }),
        keepIn(successors),
      ),
  })
  /** Each with a proof of its own, made by the load. */
  const prove = createProver(issuer)
  const proven = (shot: Shot, token?: string): Shot => ({
    ...shot,
    headers: { ...shot.headers, dpop: prove(shot.method, shot.path, token) },
  })
  const boundRefresh = (amount: number) =>
    load(
      Math.min(amount, successors.length),
      200,
      () => proven(post('/token', { grant_type: 'refresh_token', refresh_token: successors.pop() ?? 'none-left' })),
      ({ body }) => {
        boundToken = (JSON.parse(body) as { access_token: string }).access_token
      },
    )
  const boundUserinfo = (): Shot =>
    proven({ method: 'GET', path: '/userinfo', headers: { authorization: `DPoP ${boundToken}` } }, boundToken)
  const bearer = (token: string): Shot => ({ method: 'GET', path: '/userinfo', headers: { authorization: `Bearer ${token}` } })

  return [
    get('metadata', '/.well-known/oauth-authorization-server'),
    get('jwks', '/jwks'),
    {
      name: 'register',
      sign: [],
      load: (amount) =>
        load(
          amount,
          201,
          always({
            method: 'POST',
            path: '/register',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ client_name: 'Bench', redirect_uris: [REDIRECT_URI] }),
          }),
        ),
    },
    authorize('authorize', 'profile offline_access'),
    {
      name: 'push a request',
      sign: [],
      load: (amount) =>
        load(amount, 201, always(post('/par', authorization(clientId, 'profile offline_access'))), ({ body }) => {
          requestUris.push((JSON.parse(body) as { request_uri: string }).request_uri)
        }),
    },
    {
      name: 'authorize, what was pushed',
      sign: [],
      load: (amount) =>
        load(Math.min(amount, requestUris.length), 303, () => ({
          method: 'GET',
          path: pathOf({ client_id: clientId, request_uri: requestUris.pop() ?? 'none-left' }),
          headers: { cookie },
        })),
    },
    exchange('code exchange', ['ES256']),
    refresh('refresh', ['ES256']),
    {
      name: 'client credentials',
      sign: ['ES256'],
      load: (amount) =>
        load(amount, 200, always(post('/token', { grant_type: 'client_credentials' }, basicOf(machine.client_id, machine.client_secret)))),
    },
    authorize('authorize, openid', 'openid profile email offline_access'),
    exchange('code exchange, openid', ['ES256', 'RS256']),
    refresh('refresh, openid', ['ES256', 'RS256']),
    { name: 'userinfo, first sight', sign: [], load: (amount) => firstSight(amount, (token) => bearer(token)) },
    { name: 'userinfo, seen before', sign: [], load: (amount) => load(amount, 200, always(bearer(seen()))) },
    { name: 'refresh, openid, DPoP', sign: ['ES256', 'RS256'], load: boundRefresh },
    { name: 'userinfo, DPoP', sign: [], load: (amount) => load(amount, 200, boundUserinfo) },
    { name: 'introspect, first sight', sign: [], load: (amount) => firstSight(amount, (token) => post('/introspect', { token })) },
    { name: 'introspect, seen before', sign: [], load: (amount) => load(amount, 200, always(post('/introspect', { token: seen() }))) },
  ]

  /** Tokens of the openid rows, each shown to the server for the first time; four rounds for two endpoints, and some to spare. */
  function firstSight(amount: number, shot: (token: string) => Shot): Load {
    return load(Math.min(amount, Math.floor(accessTokens.length / 10)), 200, () => shot(accessTokens.pop() ?? 'none-left'))
  }

  function seen(): string {
    return accessTokens[accessTokens.length - 1]!
  }
}
