/** What somebody has who copied a refresh token out of a client's storage, and until when. */
import t from 'tap'
import { parseTokenHandle } from '#src/domain/token/token-handle.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { CALLBACK, RESOURCE, createConversation } from '#test/support/conversation.ts'
import { addOwner } from '#test/storage/conformance/records.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'

const conversation = await createConversation(t)
const { authorize, clock, exchange, person, post, refresh, register, send, storage, tokens, userinfo } = conversation
const registered = async (metadata: Record<string, unknown> = {}) =>
  (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...metadata })).json<Registered>()
const nothing = { error: 'invalid_grant' }
/** Beyond the grace time, within which a client may have lost an answer. */
const LATER = 60_000
const use = async (token: string) => (await refresh(token)).json<Tokens>()

t.test("used by the thief first: the client's next use ends what the thief has", async (t) => {
  const stolen = (await tokens()).refresh_token
  const loot = await use(stolen)
  t.equal((await userinfo(loot.access_token)).statusCode, 200)
  clock.now += LATER
  t.match(await use(stolen), nothing, 'the client comes with the same token')
  t.match(await use(loot.refresh_token), nothing)
  t.equal((await userinfo(loot.access_token)).statusCode, 401)
})

t.test('used by the thief second: nothing, and the client has to connect anew', async (t) => {
  const stolen = (await tokens()).refresh_token
  const next = await use(stolen)
  clock.now += LATER
  t.match(await use(stolen), nothing)
  t.match(await use(next.refresh_token), nothing)
  t.equal((await userinfo(next.access_token)).statusCode, 401)
})

t.test('used by both, again and again: both are out as soon as one of them is two steps behind', async (t) => {
  const stolen = (await tokens()).refresh_token
  const loot = await use((await use(stolen)).refresh_token)
  t.match(await use(stolen), nothing, 'even within the grace time')
  t.match(await use(loot.refresh_token), nothing)
})

t.test('known limit: within the grace time a thief passes for a client that runs twice; REFRESH_GRACE=0s allows neither', async (t) => {
  const stolen = (await tokens()).refresh_token
  const [own, loot] = [await use(stolen), await use(stolen)]
  for (const branch of [own, loot]) t.match(await use(branch.refresh_token), { access_token: /./ })

  const strict = await createConversation(t, { env: { REFRESH_GRACE: '0s' } })
  const token = (await strict.tokens()).refresh_token
  const next = (await strict.refresh(token)).json<Tokens>()
  t.match((await strict.refresh(token)).json(), nothing)
  t.match((await strict.refresh(next.refresh_token)).json(), nothing)
})

t.test('of a client with a secret it is worth nothing without the secret, and is not spoilt by trying', async (t) => {
  const client = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
  const { refresh_token } = (await exchange((await authorize({}, person, client))['code'], {}, client)).json<Tokens>()
  const thief = await registered({ token_endpoint_auth_method: 'client_secret_basic' })
  t.equal((await refresh(refresh_token, {}, { client_id: client.client_id })).statusCode, 401)
  t.match((await refresh(refresh_token, {}, thief)).json(), nothing, 'by a client of the thief')
  for (const path of ['/introspect', '/revoke']) await send(path, { token: refresh_token }, thief)
  t.equal((await refresh(refresh_token, {}, client)).statusCode, 200)
})

t.test('it opens no more than it did: no scope, no resource, no login, no registration', async (t) => {
  const stolen = (await tokens({ scope: 'openid', resource: RESOURCE })).refresh_token
  t.match((await refresh(stolen, { scope: 'openid email' })).json(), { error: 'invalid_scope' })
  t.match((await refresh(stolen, { resource: 'https://other.example/mcp' })).json(), { error: 'invalid_target' })
  t.equal((await userinfo(stolen)).statusCode, 401, 'it is no access token')
  t.match((await exchange(stolen)).json(), nothing, 'nor a code')
  t.match(await authorize({ id_token_hint: stolen }), { error: 'invalid_request' }, 'nor an id_token')
  t.equal(
    (await conversation.app.inject({ url: `/register/${conversation.client.client_id}`, headers: { authorization: `Bearer ${stolen}` } }))
      .statusCode,
    401,
  )
  t.equal((await refresh(stolen)).statusCode, 200)
})

t.test('it ends with a revocation, and with the person', async (t) => {
  const revoked = (await tokens()).refresh_token
  await send('/revoke', { token: revoked })
  t.match(await use(revoked), nothing)

  const made = await createConversation(t)
  const { refresh_token } = await made.tokens()
  await addOwner(made.storage)
  await made.storage.users.disable((await made.storage.users.findAdministrator())!.id, made.clock.now)
  t.match((await made.refresh(refresh_token)).json(), nothing)
})

t.test('it ends a month after its last use, and a year after the login', async (t) => {
  const idle = (await tokens()).refresh_token
  let busy = (await tokens()).refresh_token
  const loggedIn = clock.now
  for (; clock.now < loggedIn + 360 * 86_400_000; clock.now += 20 * 86_400_000) busy = (await use(busy)).refresh_token
  t.ok(busy)
  t.match(await use(idle), nothing)
  clock.now = loggedIn + 366 * 86_400_000
  t.match(await use(busy), nothing)
})

t.test('a thief of the database finds no token in it', async (t) => {
  const { refresh_token } = await tokens()
  const { grantId, hash: tokenHash } = parseTokenHandle(refresh_token)!
  const kept = JSON.stringify(
    await Promise.all([storage.grants.findRefreshToken(grantId, tokenHash), storage.clients.find(conversation.client.client_id)]),
  )
  t.notMatch(kept, refresh_token)
  t.equal(
    (await post('/token', { grant_type: 'refresh_token', client_id: conversation.client.client_id, refresh_token: sha256(refresh_token) }))
      .statusCode,
    400,
    'and the hash is none',
  )
})
