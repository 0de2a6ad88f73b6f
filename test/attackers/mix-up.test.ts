/**
 * What somebody has who runs an authorization server of their own, to which a person's client is connected as well as to
 * ours: they answer the client's metadata requests, start its flows, and read what it sends to the wrong server.
 */
import * as oauth from 'oauth4webapi'
import t from 'tap'
import { createGuard } from '#src/resource-server/index.ts'
import { injectFetch } from '#test/support/app.ts'
import { CALLBACK, CHALLENGE, RESOURCE, VERIFIER, createConversation } from '#test/support/conversation.ts'
import type { Tokens } from '#test/support/conversation.ts'

// Both are servers of ours, as that is what the attacker can best pass for; each has the client registered by itself.
const honest = await createConversation(t)
const evil = await createConversation(t, { env: { ISSUER: 'http://localhost:8666' } })
const metadataOf = async (server: typeof honest) =>
  (await server.app.inject('/.well-known/oauth-authorization-server')).json<oauth.AuthorizationServer>()
const [ours, theirs] = [await metadataOf(honest), await metadataOf(evil)]
/** The client, as each of the servers knows it. */
const [here, there] = [{ ...honest.client }, { ...evil.client }] as const
const answerOf = (parameters = {}) => honest.person.authorize(honest.authorizeUrl(parameters))

t.test("a client that means the attacker's server, and is answered by ours, sees so before it sends the code anywhere", async (t) => {
  const answer = await answerOf()
  t.throws(() => oauth.validateAuthResponse(theirs, there, answer, 'xyz'), /unexpected "iss"/)
  t.ok(oauth.validateAuthResponse(ours, here, answer, 'xyz'))
  answer.searchParams.delete('iss')
  t.throws(() => oauth.validateAuthResponse(ours, here, answer, 'xyz'), /"iss" .*missing/, 'and none can be taken out')
})

t.test('an error of ours is no error of theirs', async (t) => {
  const { away } = await honest.person.open(honest.authorizeUrl({ response_type: 'token' }))
  t.equal(away!.searchParams.get('iss'), ours.issuer)
  t.throws(() => oauth.validateAuthResponse(theirs, there, away!, 'xyz'), /unexpected "iss"/)
})

t.test('a code that the client sent to the attacker is worth nothing without the verifier', async (t) => {
  const code = (await answerOf()).searchParams.get('code')!
  t.match((await honest.exchange(code, { code_verifier: undefined })).json(), { error: 'invalid_grant' })
  t.match((await honest.exchange(code, { code_verifier: 'w'.repeat(43) })).json(), { error: 'invalid_grant' })
})

t.test("with the id that the client has at the attacker's, nothing is to be had here", async (t) => {
  const code = (await answerOf()).searchParams.get('code')!
  t.match((await honest.exchange(code, {}, evil.client)).json(), { error: 'invalid_client' })
  t.equal((await honest.person.open(honest.authorizeUrl({}, evil.client))).page?.status, 400)
})

t.test('known limit: a client that checks no iss gives code and verifier away, and an attacker who is faster has tokens', async (t) => {
  const code = (await answerOf()).searchParams.get('code')!
  const loot = await honest.exchange(code, { code_verifier: VERIFIER })
  t.equal(loot.statusCode, 200, 'the server cannot tell: the client has to look at iss')

  const metadata = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_basic' }
  const [known, foreign] = [(await honest.register(metadata)).json<oauth.Client>(), (await evil.register(metadata)).json<oauth.Client>()]
  const answer = (await honest.person.authorize(honest.authorizeUrl({}, known))).searchParams.get('code')!
  const tried = await honest.exchange(answer, {}, { client_id: known.client_id, client_secret: foreign.client_secret as string })
  t.equal(tried.statusCode, 401, "a client with a secret told the attacker only that of the attacker's server")
})

t.test('a code of the attacker, put into a session of the client with us, is unknown', async (t) => {
  const code = (await evil.authorize({}, evil.person))['code']
  t.match((await honest.exchange(code)).json(), { error: 'invalid_grant' })
})

t.test('a challenge that the attacker chose does not help: the client redeems with its own verifier', async (t) => {
  const code = (await answerOf({ code_challenge: CHALLENGE })).searchParams.get('code')!
  t.match((await honest.exchange(code, { code_verifier: 'the-verifier-that-the-client-made-for-its-own-request' })).json(), {
    error: 'invalid_grant',
  })
})

t.test("tokens of the attacker's server are nothing here, nor at an MCP server that is ours", async (t) => {
  const foreign = await evil.tokens({ resource: RESOURCE })
  t.equal((await evil.userinfo(foreign.access_token)).statusCode, 200)
  t.equal((await honest.userinfo(foreign.access_token)).statusCode, 401)
  t.match(await honest.authorize({ id_token_hint: foreign.id_token }), { error: 'invalid_request' })
  t.match((await honest.refresh(foreign.refresh_token)).json(), { error: 'invalid_grant' })
  const guard = createGuard({ issuer: ours.issuer, resource: RESOURCE, fetch: injectFetch(honest.app) })
  const admitted = async (token: string) => (await guard({ method: 'POST', url: '/mcp', headers: { authorization: `Bearer ${token}` } })).ok
  const own = (await honest.exchange((await answerOf({ resource: RESOURCE })).searchParams.get('code')!)).json<Tokens>()
  t.strictSame([await admitted(foreign.access_token), await admitted(own.access_token)], [false, true])
})
