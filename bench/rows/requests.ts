/** The requests of a client, as both our server and its peer take them. */
import { createHash } from 'node:crypto'
import type { Shot } from '../measure/load.ts'

export const REDIRECT_URI = 'https://client.example/callback'
export const OPENID_SCOPE = 'openid profile email offline_access'
export const PLAIN_SCOPE = 'profile offline_access'
export const RESOURCE = 'https://mcp.example.com/mcp'
const VERIFIER = 'v'.repeat(64)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')

type Fields = Readonly<Record<string, string>>
export interface Credentials {
  readonly client_id: string
  readonly client_secret: string
}
export interface TokenResponse {
  readonly access_token: string
  readonly refresh_token: string
}

export const pathOf = (fields: Fields): string => `/authorize?${new URLSearchParams(fields).toString()}`

/** @param resource for what the tokens shall be; without one, they are for the server itself */
export const authorization = (clientId: string, scope: string, resource: string | undefined): Fields => ({
  client_id: clientId,
  redirect_uri: REDIRECT_URI,
  response_type: 'code',
  scope,
  ...(resource !== undefined && { resource }),
  state: 's'.repeat(43),
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
})

export const registration: Shot = {
  method: 'POST',
  path: '/register',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ client_name: 'Bench', redirect_uris: [REDIRECT_URI] }),
}

export const post = (path: string, fields: Fields, by: Credentials): Shot => ({
  method: 'POST',
  path,
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    authorization: `Basic ${Buffer.from(`${by.client_id}:${by.client_secret}`).toString('base64')}`,
  },
  body: new URLSearchParams(fields).toString(),
})

export const exchange = (code: string, resource: string | undefined, by: Credentials): Shot =>
  post(
    '/token',
    {
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
      ...(resource !== undefined && { resource }),
    },
    by,
  )

export const refresh = (token: string, by: Credentials): Shot => post('/token', { grant_type: 'refresh_token', refresh_token: token }, by)

export const userinfo = (token: string, scheme: 'Bearer' | 'DPoP'): Shot => ({
  method: 'GET',
  path: '/userinfo',
  headers: { authorization: `${scheme} ${token}` },
})
