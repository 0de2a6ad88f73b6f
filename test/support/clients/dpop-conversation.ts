/** A conversation in which the client proves to have a key. */
import type { Test } from 'tap'
import { ISSUER } from '../app.ts'
import { CALLBACK, VERIFIER, basicOf, createConversation } from '../conversation.ts'
import type { Parameters as Form, Registered, Tokens } from '../conversation.ts'
import { ath, createProofKey } from './dpop.ts'
import type { ProofKey } from './dpop.ts'

export async function createDpopConversation(t: Test, options?: Parameters<typeof createConversation>[1]) {
  const conversation = await createConversation(t, options)
  const { app, authorize, client, clock, post } = conversation
  const newKey = (alg?: string) => createProofKey(() => clock.now, alg)
  const key = await newKey()

  /** Posts with a proof of `by`; the client authenticates as it registered. */
  const prove = async (
    path: string,
    form: Form,
    by: ProofKey | undefined = key,
    claims: Record<string, unknown> = {},
    as: Registered = client,
  ) =>
    post(
      path,
      { client_id: as.client_id, ...form },
      { ...(as.client_secret !== undefined && basicOf(as)), dpop: await by.prove('POST', ISSUER + path, claims) },
    )

  const exchange = (code: string | undefined, by?: ProofKey, claims?: Record<string, unknown>, as?: Registered) =>
    prove('/token', { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER }, by, claims, as)
  const refresh = (refreshToken: string, by?: ProofKey, claims?: Record<string, unknown>, as?: Registered) =>
    prove('/token', { grant_type: 'refresh_token', refresh_token: refreshToken }, by, claims, as)
  /** Goes the whole way, once. */
  const tokens = async (by?: ProofKey, as?: Registered): Promise<Tokens> =>
    (await exchange((await authorize({}, undefined, as))['code'], by, {}, as)).json<Tokens>()

  /** Asks for UserInfo with a good proof, but for what `claims` says. */
  const userinfo = async (token: string, by: ProofKey = key, claims: Record<string, unknown> = {}, scheme = 'DPoP') =>
    app.inject({
      url: '/userinfo',
      headers: { authorization: `${scheme} ${token}`, dpop: await by.prove('GET', `${ISSUER}/userinfo`, { ...ath(token), ...claims }) },
    })

  return { ...conversation, key, newKey, prove, exchange, refresh, tokens, userinfo, unproven: conversation }
}
