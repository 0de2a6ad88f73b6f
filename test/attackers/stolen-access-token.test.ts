/** What somebody has who read an access token: it opens what it was for, until it is over. And nothing else. */
import { decodeJwt } from 'jose'
import t from 'tap'
import { createGuard } from '#src/resource-server/index.ts'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { CALLBACK, RESOURCE, basicOf, createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'

const conversation = await createConversation(t)
const { app, authorize, clock, exchange, post, refresh, register, send, tokens, userinfo } = conversation
const HOUR = 3_600_000

/** Whether an MCP server lets a request in; the library, as by default, by the signature alone. */
function serverAt(resource: string, of = conversation) {
  const guard = createGuard({ issuer: ISSUER, resource, fetch: injectFetch(of.app), now: () => of.clock.now })
  return async (token: string) => (await guard({ method: 'POST', url: '/mcp', headers: { authorization: `Bearer ${token}` } })).ok
}
const server = serverAt(RESOURCE)

t.test('it opens its resource and UserInfo for an hour, no matter who sends it: it is a bearer token', async (t) => {
  const stolen = (await tokens({ resource: RESOURCE })).access_token
  t.strictSame([await server(stolen), (await userinfo(stolen)).statusCode], [true, 200])
  clock.now += HOUR
  t.equal((await userinfo(stolen)).statusCode, 401)
  clock.now += 6000 // clocks may differ by five seconds
  t.equal(await server(stolen), false)
})

t.test('it ends at once, here, when the client revokes it or its grant, and when the code turns out to be stolen, too', async (t) => {
  const alone = (await tokens()).access_token
  await send('/revoke', { token: alone })
  t.equal((await userinfo(alone)).statusCode, 401)

  const together = await tokens()
  await send('/revoke', { token: together.refresh_token })
  t.equal((await userinfo(together.access_token)).statusCode, 401)

  const { code } = await authorize()
  const loot = (await exchange(code)).json<typeof together>()
  await exchange(code)
  t.equal((await userinfo(loot.access_token)).statusCode, 401)
})

t.test('known limit: an MCP server that looks at the signature alone lets a revoked one in, for the rest of its hour', async (t) => {
  const stolen = await tokens({ resource: RESOURCE })
  await send('/revoke', { token: stolen.refresh_token })
  t.strictSame([await server(stolen.access_token), (await userinfo(stolen.access_token)).statusCode], [true, 401])
})

t.test('at another resource, or of another kind, it is nothing', async (t) => {
  const stolen = (await tokens({ resource: RESOURCE })).access_token
  for (const resource of ['https://other.example/mcp', `${RESOURCE}/admin`, 'https://mcp.example.com', `${ISSUER}/`])
    t.equal(await serverAt(resource)(stolen), false, resource)
  t.not((await refresh(stolen)).statusCode, 200, 'no refresh token')
  t.not((await exchange(stolen)).statusCode, 200, 'no code')
  t.match(await authorize({ id_token_hint: stolen }), { error: 'invalid_request' }, 'no id_token')
  for (const method of ['GET', 'PUT', 'DELETE'] as const)
    t.equal(
      (await app.inject({ method, url: `/register/${conversation.client.client_id}`, headers: { authorization: `Bearer ${stolen}` } }))
        .statusCode,
      401,
      `no registration token: ${method}`,
    )
})

t.test('a thief does not learn what it is good for, and cannot keep the client from it', async (t) => {
  const stolen = (await tokens()).access_token
  const thief = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_basic' })).json<Registered>()
  t.equal((await post('/introspect', { token: stolen })).statusCode, 401)
  t.equal(
    (await post('/introspect', { token: stolen }, basicOf(conversation.client))).statusCode,
    401,
    'not as the public client that it is of, either',
  )
  t.strictSame((await send('/introspect', { token: stolen }, thief)).json(), { active: false })
  t.equal((await send('/revoke', { token: stolen }, thief)).statusCode, 400)
  t.equal((await userinfo(stolen)).statusCode, 200)
})

t.test('it cannot be changed, made longer or sent by an address', async (t) => {
  const stolen = (await tokens({ resource: RESOURCE })).access_token
  const [header, , signature] = stolen.split('.')
  const longer = Buffer.from(JSON.stringify({ ...decodeJwt(stolen), exp: 4_000_000_000, scope: 'openid admin' })).toString('base64url')
  t.strictSame(
    [await server(`${header}.${longer}.${signature}`), (await userinfo(`${header}.${longer}.${signature}`)).statusCode],
    [false, 401],
  )
  t.equal((await app.inject(`/userinfo?access_token=${stolen}`)).statusCode, 401)
})

t.test('an opaque one says nothing to its holder, and ends at once everywhere', async (t) => {
  const opaque = await createConversation(t, {
    env: { ACCESS_TOKEN_FORMAT: 'opaque' },
    metadata: { token_endpoint_auth_method: 'client_secret_basic' },
  })
  const stolen = await opaque.tokens({ resource: RESOURCE })
  t.match(stolen.access_token, /^[\w-]{43}$/)
  t.match((await opaque.send('/introspect', { token: stolen.access_token })).json(), { active: true })
  await opaque.send('/revoke', { token: stolen.refresh_token })
  t.strictSame((await opaque.send('/introspect', { token: stolen.access_token })).json(), { active: false })
})
