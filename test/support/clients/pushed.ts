/** Pushed authorization requests and request objects, as a client makes them: for conversations with the real app. */
import { SignJWT } from 'jose'
import type { JWTHeaderParameters, JWTPayload } from 'jose'
import type { Test } from 'tap'
import { ISSUER } from '../app.ts'
import { makeClientKey } from './client-documents.ts'
import type { ClientKey } from './client-documents.ts'
import { CALLBACK, CHALLENGE, createConversation } from '../conversation.ts'
import type { Parameters, Registered } from '../conversation.ts'

export const REQUEST = {
  redirect_uri: CALLBACK,
  response_type: 'code',
  scope: 'openid',
  state: 'xyz',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}

export interface Pushed {
  readonly request_uri: string
  readonly expires_in: number
  readonly error?: string
  readonly error_description?: string
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A request object that nobody signed. */
export const unsigned = (claims: object, header: object = { alg: 'none' }): string => `${encode(header)}.${encode(claims)}.`

export const signWith = (key: ClientKey, claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: key.jwk.alg!, kid: key.kid, ...header }).sign(key.privateKey)

/** The conversation of a client that pushes its requests, or signs them with a key that it registered. */
export async function createPushing(t: Test, options: NonNullable<Options> = {}) {
  const key = await makeClientKey('own', 'ES256')
  const conversation = await createConversation(t, { ...options, metadata: { jwks: { keys: [key.jwk] }, ...options.metadata } })
  const { client, send, person } = conversation

  /** What a client is told that pushes a good request, but for what the test changes. */
  const push = (changes: Parameters = {}, as: Registered = client) => send('/par', { ...REQUEST, ...changes }, as)
  const pushed = async (changes: Parameters = {}, as: Registered = client) => (await push(changes, as)).json<Pushed>()

  /** Where the client sends people with what it pushed, or signed. */
  const addressOf = (parameters: Record<string, string>, as: Registered = client) =>
    `${ISSUER}/authorize?${new URLSearchParams({ client_id: as.client_id, ...parameters }).toString()}`

  /** The claims of a good request object, but for what the test changes; `undefined` leaves one out. */
  const claims = (changes: Record<string, unknown> = {}, as: Registered = client): JWTPayload => ({
    iss: as.client_id,
    aud: ISSUER,
    client_id: as.client_id,
    ...REQUEST,
    ...changes,
  })
  const sign = (changes: Record<string, unknown> = {}, header: Partial<JWTHeaderParameters> = {}) => signWith(key, claims(changes), header)

  /** The parameters that the client receives after the person did all that was asked. */
  const come = async (parameters: Record<string, string>, who = person, as: Registered = client) =>
    Object.fromEntries((await who.authorize(addressOf(parameters, as))).searchParams)

  return { ...conversation, key, push, pushed, addressOf, claims, sign, come }
}

type Options = globalThis.Parameters<typeof createConversation>[1]
