/**
 * What somebody has who read an authorization code: out of a log, a history, a Referer, or another program on the person's
 * machine. And what it is worth without the verifier, with it, and after the client's own use.
 */
import { decodeJwt } from 'jose'
import t from 'tap'
import { CALLBACK, VERIFIER, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'

const conversation = await createConversation(t)
const { authorize, clock, exchange, person, refresh, register, userinfo } = conversation
const registered = async (metadata: Record<string, unknown> = {}) =>
  (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...metadata })).json<Registered>()
const steal = async (parameters = {}, from?: Registered) => (await authorize(parameters, person, from))['code']!
const nothing = { error: 'invalid_grant' }

/** Whether the tokens are of any use to somebody who has them. */
const isDead = async ({ access_token, refresh_token }: Tokens, as?: Registered) =>
  (await userinfo(access_token)).statusCode === 401 &&
  (await refresh(refresh_token, {}, as)).json<{ error?: string }>().error === 'invalid_grant'

t.test('without the verifier the code is worth nothing, and stays good for its client', async (t) => {
  const code = await steal()
  const { code_challenge: seen } = Object.fromEntries(new URL(conversation.authorizeUrl()).searchParams)
  for (const code_verifier of [undefined, '', seen, 'a'.repeat(43)])
    t.match((await exchange(code, { code_verifier })).json(), nothing, String(code_verifier))
  t.match(
    (await exchange(code, { code_verifier: undefined, code_challenge: seen!, code_challenge_method: 'plain' })).json(),
    nothing,
    'nor by changing the method',
  )
  t.equal((await exchange(code)).statusCode, 200)
})

t.test('without the verifier, or as another client, a thief cannot even end what the client has by then', async (t) => {
  const code = await steal()
  const issued = (await exchange(code)).json<Tokens>()
  t.match((await exchange(code, { code_verifier: 'a'.repeat(43) })).json(), nothing)
  t.match((await exchange(code, {}, await registered())).json(), nothing)
  t.equal((await userinfo(issued.access_token)).statusCode, 200)
})

t.test('with the verifier, a thief who is first has tokens until the client comes, and then none', async (t) => {
  const code = await steal()
  const loot = (await exchange(code)).json<Tokens>()
  t.equal((await userinfo(loot.access_token)).statusCode, 200, 'for as long as nobody notices')
  t.match((await exchange(code)).json(), nothing, 'the client finds its code used')
  t.ok(await isDead(loot))
})

t.test('a thief who is second has nothing, and costs the person a new connection at most', async (t) => {
  const code = await steal()
  const issued = (await exchange(code)).json<Tokens>()
  t.match((await exchange(code)).json(), nothing)
  t.ok(await isDead(issued), 'the server cannot know which of the two was the thief')
  t.equal((await exchange(await steal())).statusCode, 200)
})

t.test('a thief and a client at the same moment: one gets tokens, which are dead already', async (t) => {
  const code = await steal()
  const responses = await Promise.all([exchange(code), exchange(code), exchange(code)])
  const [won, ...more] = responses.filter(({ statusCode }) => statusCode === 200)
  t.equal(more.length, 0)
  t.ok(await isDead(won!.json()))
})

t.test('as any other client, the code is worth nothing, with the verifier and all', async (t) => {
  const thief = await registered({ client_name: 'the same name' })
  const rich = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
  const code = await steal()
  for (const as of [thief, rich]) t.match((await exchange(code, {}, as)).json(), nothing)
  t.match(
    (await conversation.post('/token', { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER })).json(),
    { error: 'invalid_client' },
    'as nobody',
  )
  t.equal((await exchange(code)).statusCode, 200)
})

t.test('of a client with a secret, code and verifier are not enough', async (t) => {
  const client = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
  const code = await steal({}, client)
  for (const client_secret of [undefined, 'guess'])
    t.equal((await exchange(code, {}, { client_id: client.client_id, ...(client_secret && { client_secret }) })).statusCode, 401)
  t.equal((await exchange(code, {}, client)).statusCode, 200)
})

t.test("put into the thief's own session at the client, the code meets another verifier", async (t) => {
  const client = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
  const code = await steal({}, client)
  t.match((await exchange(code, { code_verifier: 'the-verifier-of-the-session-of-the-thief-here' }, client)).json(), nothing)
})

t.test('and where a client does without PKCE, it meets another nonce', async (t) => {
  const client = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
  const code = await steal({ code_challenge: undefined, code_challenge_method: undefined, nonce: 'of the person' }, client)
  const issued = (await exchange(code, { code_verifier: undefined }, client)).json<Tokens>()
  t.equal(decodeJwt(issued.id_token)['nonce'], 'of the person', 'which the client compares with that of the thief')
})

t.test('a minute later the code is worth nothing to anybody', async (t) => {
  const code = await steal()
  clock.now += 60_000
  t.match((await exchange(code)).json(), nothing)
})
