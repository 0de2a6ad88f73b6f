/** A client that is held to FAPI 2.0, and does all that it has to, but for what a test changes. */
import { SignJWT } from 'jose'
import type { JWTHeaderParameters } from 'jose'
import type { Test } from 'tap'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { MACHINE_OWNER } from '#src/domain/user/role.ts'
import { newId, newPersonalToken, newRecordId, newSecret } from '#src/crypto/random.ts'
import type { OperationContext } from '#src/operations/context.ts'
import { addClient } from '#src/operations/clients/clients.ts'
import { ISSUER, SECRET, createApp, injectFetch } from '../app.ts'
import type { TestApp, TestOptions } from '../app.ts'
import { makeClientKey } from './client-documents.ts'
import type { ClientKey } from './client-documents.ts'
import { CALLBACK, CHALLENGE, VERIFIER, formOf } from '../conversation.ts'
import type { Parameters, Tokens } from '../conversation.ts'
import { createProofKey } from './dpop.ts'
import type { ProofKey } from './dpop.ts'
import { createPerson } from '../people/person.ts'

export const REQUEST = {
  response_type: 'code',
  redirect_uri: CALLBACK,
  scope: 'openid offline_access',
  state: 'xyz',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}

export const operatorOf = ({ storage, clock, config }: TestApp): OperationContext => ({
  actor: MACHINE_OWNER,
  storage,
  now: () => clock.now,
  newId,
  newRecordId,
  newPersonalToken,
  newSecret,
  secret: () => SECRET,
  config,
})

/** How a request differs from a good one: `undefined` leaves the proof or the assertion out. */
interface Changes {
  readonly proof?: string | undefined
  readonly assertion?: string | undefined
}

interface FapiOptions {
  readonly env?: Record<string, string>
  readonly metadata?: object
  /** Of the client; the server's own comes by `env`. */
  readonly profile?: 'fapi2' | 'none'
  readonly safeFetch?: TestOptions['safeFetch']
}

export async function createFapi(t: Test, { env = {}, metadata = {}, profile = 'fapi2', safeFetch }: FapiOptions = {}) {
  const made = await createApp(t, env, undefined, { safeFetch })
  const { app, clock } = made
  const key = await makeClientKey('own', 'ES256')
  const proofKey = await createProofKey(() => clock.now)
  const person = createPerson(ISSUER, injectFetch(app))

  /** One more client that an operator adds, by its id. */
  async function add(changes: object = {}, held: string = profile): Promise<string> {
    const request = {
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key.jwk] },
      ...changes,
    }
    const added = await addClient(operatorOf(made), request, { profile: held })
    if (!added.ok) throw new Error(added.error.message)
    return added.value.client.id
  }
  const id = await add(metadata)

  let assertions = 0
  const seconds = () => Math.floor(clock.now / 1000)
  const sign = (claims: Record<string, unknown>, header: Partial<JWTHeaderParameters> = {}, by: ClientKey = key) =>
    new SignJWT(claims).setProtectedHeader({ alg: by.jwk.alg!, kid: by.kid, ...header }).sign(by.privateKey)

  /** Authenticates the client. */
  const assert = (changes: Record<string, unknown> = {}, header: Partial<JWTHeaderParameters> = {}, by: ClientKey = key) =>
    sign({ iss: id, sub: id, aud: ISSUER, iat: seconds(), exp: seconds() + 60, jti: `assertion ${++assertions}`, ...changes }, header, by)

  /** A good request object, as Message Signing has it. */
  const requestObject = (changes: Record<string, unknown> = {}, header: Partial<JWTHeaderParameters> = {}, by: ClientKey = key) =>
    sign({ iss: id, aud: ISSUER, client_id: id, nbf: seconds(), exp: seconds() + 300, ...REQUEST, ...changes }, header, by)

  const prove = (path: string, by: ProofKey = proofKey, claims: Record<string, unknown> = {}) => by.prove('POST', ISSUER + path, claims)

  async function post(path: string, form: Parameters, changes: Changes = {}, headers: Record<string, string> = {}) {
    const assertion = 'assertion' in changes ? changes.assertion : await assert()
    const proof = 'proof' in changes ? changes.proof : await prove(path)
    return app.inject({
      method: 'POST',
      url: path,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...(proof !== undefined && { dpop: proof }), ...headers },
      payload: formOf({
        client_id: id,
        ...(assertion !== undefined && { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }),
        ...form,
      }),
    })
  }

  const push = (changes: Parameters = {}, how: Changes = {}) => post('/par', { ...REQUEST, ...changes }, how)
  /** Where the client sends people with a pushed request. */
  const addressOf = (requestUri: string, clientId = id) =>
    `${ISSUER}/authorize?${new URLSearchParams({ client_id: clientId, request_uri: requestUri }).toString()}`

  /** The address that the person comes to, after all that was asked. */
  async function arrive(changes: Parameters = {}, how: Changes = {}): Promise<URL> {
    const pushed = (await push(changes, how)).json<{ request_uri: string; error_description?: string }>()
    if (pushed.request_uri === undefined) throw new Error(JSON.stringify(pushed))
    return person.authorize(addressOf(pushed.request_uri))
  }
  const code = async (changes: Parameters = {}) => (await arrive(changes)).searchParams.get('code') ?? undefined

  const exchange = (value: string | undefined, how: Changes = {}, form: Parameters = {}) =>
    post('/token', { grant_type: 'authorization_code', code: value, redirect_uri: CALLBACK, code_verifier: VERIFIER, ...form }, how)
  const refresh = (token: string, how: Changes = {}) => post('/token', { grant_type: 'refresh_token', refresh_token: token }, how)
  const tokens = async (changes: Parameters = {}) => (await exchange(await code(changes))).json<Tokens>()

  const requests = { key, proofKey, person, id, add, sign, assert, requestObject, prove, post, push, addressOf, arrive, code }
  return { ...made, ...requests, exchange, refresh, tokens }
}
