/** Clients, codes and tokens for tests of the API, made without a browser: the grant is written where a consent would. */
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import type { Test } from 'tap'
import type { FastifyInstance } from 'fastify'
import { formatTokenHandle } from '#src/domain/token/token-handle.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { newId, newSecret } from '#src/crypto/random.ts'
import type { CodeChallenge } from '#src/domain/protocol/pkce.ts'
import type { TokenResponse } from '#src/schemas/token.ts'
import { createApp } from './app.ts'
import type { TestApp } from './app.ts'

export const REDIRECT_URI = 'https://client.example/callback'

export interface TestClient {
  readonly client_id: string
  readonly client_secret?: string
}

/** Everything that a code is made of; the rest has defaults. */
export interface CodeOptions {
  scopes?: string[]
  resources?: string[]
  redirectUri?: string
  redirectUriGiven?: boolean
  codeChallenge?: CodeChallenge
  nonce?: string
  /** Who allowed it, if not the administrator. */
  userId?: string
}

export interface Api extends TestApp {
  /** Posts a form; a string is sent as it is. */
  post(path: string, form: Record<string, string | readonly string[]> | string, headers?: Record<string, string>): Promise<ApiResponse>
  register(metadata?: object): Promise<TestClient>
  /** A code that the administrator allowed `client` to have. */
  code(client: TestClient, options?: CodeOptions): Promise<string>
  /** The tokens of such a code. */
  tokens(client: TestClient, options?: CodeOptions): Promise<TokenResponse>
}

export type ApiResponse = Awaited<ReturnType<FastifyInstance['inject']>>

/** The body parameters by which a client authenticates. */
export const credentials = ({ client_id, client_secret }: TestClient) => ({
  client_id,
  ...(client_secret !== undefined && { client_secret }),
})

export const basic = (id: string, secret: string) => ({ authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` })

export function encode(form: Record<string, string | readonly string[]>): string {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) for (const each of [value].flat()) body.append(name, each)
  return body.toString()
}

export async function createApi(...options: Parameters<typeof createApp>): Promise<Api> {
  return apiOf(await createApp(...options))
}

/** The same for an app that is there already. */
export function apiOf(made: TestApp): Api {
  const { app, storage, clock } = made
  const api: Api = {
    ...made,
    post: (path, form, headers = {}) =>
      app.inject({
        method: 'POST',
        url: path,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        payload: typeof form === 'string' ? form : encode(form),
      }),
    async register(metadata = {}) {
      const payload = { redirect_uris: [REDIRECT_URI], ...metadata }
      const response = await app.inject({ method: 'POST', url: `${app.settings.base}/register`, payload })
      if (response.statusCode !== 201) throw new Error(response.body)
      return response.json()
    },
    async code(
      client,
      { scopes = ['openid', 'profile', 'email', 'offline_access'], resources = [], nonce, userId: other, ...options } = {},
    ) {
      const grantId = newId()
      const code = formatTokenHandle(grantId, newSecret())
      const times = { createdAt: clock.now, expiresAt: clock.now + 60_000 }
      const userId = other ?? (await storage.users.findAdministrator())!.id
      const login = { userId, sid: newId(), authTime: clock.now, ...PASSWORD_LOGIN }
      // Else the grant would have ended with the session.
      if (!scopes.includes('offline_access')) await storage.sessions.insert({ ...login, ...times, idHash: newId(), lastSeenAt: clock.now })
      await storage.grants.issue(
        {
          id: grantId,
          ...login,
          clientId: client.client_id,
          scopes,
          resources,
          nonce,
          ...times,
        },
        { codeHash: sha256(code), grantId, redirectUri: REDIRECT_URI, redirectUriGiven: true, ...options, expiresAt: times.expiresAt },
      )
      return code
    },
    async tokens(client, options) {
      const form = {
        grant_type: 'authorization_code',
        code: await api.code(client, options),
        redirect_uri: REDIRECT_URI,
        ...credentials(client),
      }
      const response = await api.post(`${app.settings.base}/token`, form)
      if (response.statusCode !== 200) throw new Error(response.body)
      return response.json()
    },
  }
  return api
}

/** An OAuth error as every API path sends it, errors of the framework included: JSON with two members, `no-store`, readable by scripts. */
export function isOAuthError(
  t: Test,
  response: ApiResponse,
  status: number,
  error: string,
  description?: string | RegExp,
  about = '',
): void {
  t.equal(response.statusCode, status, `status ${about}`)
  t.equal(response.headers['content-type'], 'application/json; charset=utf-8', `JSON ${about}`)
  t.equal(response.headers['access-control-allow-origin'], '*', `CORS ${about}`)
  t.equal(response.headers['cache-control'], 'no-store', `no-store ${about}`)
  const body = response.json() as Record<string, string>
  t.strictSame(Object.keys(body), ['error', 'error_description'], `nothing but RFC 6749 section 5.2 ${about}`)
  t.equal(body['error'], error, `error ${about}: ${body['error_description']}`)
  if (typeof description === 'string') t.equal(body['error_description'], description, `description ${about}`)
  else if (description !== undefined) t.match(body['error_description'], description, `description ${about}`)
  t.match(body['error_description'], /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/, `the alphabet of RFC 6749 ${about}`)
  if (status === 401) t.match(response.headers['www-authenticate'], /^(Basic|Bearer|DPoP) realm="/, `a challenge ${about}`)
}
