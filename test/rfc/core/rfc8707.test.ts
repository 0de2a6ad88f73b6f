import { decodeJwt } from 'jose'
import t from 'tap'
import { ISSUER } from '#test/support/app.ts'
import { RESOURCE, createConversation } from '#test/support/conversation.ts'
import type { Tokens } from '#test/support/conversation.ts'
import { sampleResource } from '#test/support/records.ts'

const { authorize, exchange, refresh, tokens, storage, clock } = await createConversation(t)
const OTHER = 'https://other.example/'
const PLANETS = 'https://planets.example'
const MOONS = 'https://moons.example/mcp'
await storage.resources.insert(sampleResource({ identifier: PLANETS }))
await storage.resources.insert(
  sampleResource({ id: 'resource_moons', identifier: MOONS, scopes: [{ name: 'moons:count', description: 'Count moons' }] }),
)
clock.now += 5000

const audienceOf = (issued: Tokens) => decodeJwt(issued.access_token).aud

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# Its value MUST be an absolute URI, as specified by Section 4.3 of [RFC3986].
t.test('a resource that is no absolute URI is invalid_target', async (t) => {
  for (const resource of ['mcp', '/mcp', 'mcp.example.com', [RESOURCE, 'x']])
    t.match(await authorize({ resource }), { error: 'invalid_target' }, String(resource))
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# The URI MUST NOT include a fragment component.
t.test('a resource with a fragment is invalid_target', async (t) => {
  for (const resource of [`${RESOURCE}#`, `${RESOURCE}#x`]) t.match(await authorize({ resource }), { error: 'invalid_target' })
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# It SHOULD NOT include a query component, but it is recognized that there are cases that make a query component a useful and necessary part of the resource parameter
t.test('a resource with a query is one of its own', async (t) => {
  const resource = `${RESOURCE}?tenant=1`
  t.equal(audienceOf(await tokens({ resource })), resource)
  t.match((await exchange((await authorize({ resource }))['code'], { resource: RESOURCE })).json(), { error: 'invalid_target' })
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# The authorization server SHOULD audience-restrict issued access tokens to the resource(s) indicated by the "resource" parameter.
t.test('the audience of a token is the resource byte for byte, after a refresh, too', async (t) => {
  const issued = await tokens({ resource: RESOURCE }, { resource: RESOURCE })
  t.equal(audienceOf(issued), RESOURCE)
  t.equal(audienceOf(await tokens({ resource: RESOURCE })), RESOURCE, 'also if the token request does not repeat it')
  t.equal(audienceOf((await refresh(issued.refresh_token, { resource: RESOURCE })).json()), RESOURCE)
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# The authorization server may use the exact "resource" value as the audience or it may map from that value to a more general URI or abstract identifier for the given resource.
t.test(
  'a registered resource is the audience as it is registered, whether the client writes the slash on an empty path or not',
  async (t) => {
    for (const resource of [PLANETS, `${PLANETS}/`]) t.equal(audienceOf(await tokens({ resource }, { resource })), PLANETS, resource)
    t.equal(audienceOf(await tokens({ resource: PLANETS }, { resource: `${PLANETS}/` })), PLANETS)
  },
)

t.test('a slash may be missing on an empty path (CLIENTS.md 10)', async (t) => {
  t.equal(
    audienceOf(await tokens({ resource: 'https://mcp.example.com' }, { resource: 'https://mcp.example.com/' })),
    'https://mcp.example.com',
  )
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# Multiple "resource" parameters MAY be used to indicate that the requested token is intended to be used at multiple resources.
t.test('several resources are asked for together, and taken one by one', async (t) => {
  const all = await tokens({ resource: [RESOURCE, OTHER] })
  t.equal(audienceOf(all), RESOURCE, 'none named: the first')
  const other = (await refresh(all.refresh_token, { resource: OTHER })).json<Tokens>()
  t.equal(audienceOf(other), OTHER)
  t.equal(audienceOf((await refresh(other.refresh_token)).json()), RESOURCE)
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-3
//# Furthermore, an authorization server may be unwilling or unable to fulfill a token request with multiple resources.
t.test('a token for several resources at once is refused, and neither the code nor the refresh token is spoilt', async (t) => {
  const { code } = await authorize({ resource: [RESOURCE, OTHER] })
  t.match((await exchange(code, { resource: [RESOURCE, OTHER] })).json(), {
    error: 'invalid_target',
    error_description: /for one resource/,
  })
  const issued = (await exchange(code, { resource: [OTHER, OTHER] })).json<Tokens>()
  t.equal(audienceOf(issued), OTHER)
  t.match((await refresh(issued.refresh_token, { resource: [RESOURCE, OTHER] })).json(), { error: 'invalid_target' })
  t.equal((await refresh(issued.refresh_token)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2.1
//# In the code flow where an intermediate representation of the authorization grant (the authorization code) is returned from the authorization endpoint, the requested resource is applicable to the full authorization grant.
//= https://www.rfc-editor.org/rfc/rfc8707#section-2.2
//# In the "authorization_code" case where the requested resources are a subset of the set of resources originally granted, the authorization server will issue an access token based on that subset of requested resources, whereas any refresh token that is returned is bound to the full original grant.
t.test('a code exchanged for one resource still brings a refresh token for all', async (t) => {
  const issued = (await exchange((await authorize({ resource: [PLANETS, MOONS, OTHER] }))['code'], { resource: MOONS })).json<Tokens>()
  t.equal(audienceOf(issued), MOONS)
  let next = issued.refresh_token
  for (const resource of [OTHER, PLANETS, MOONS]) {
    const refreshed = (await refresh(next, { resource })).json<Tokens>()
    t.equal(audienceOf(refreshed), resource)
    next = refreshed.refresh_token
  }
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2.1
//# If the client omits the "resource" parameter when requesting authorization, the authorization server MAY process the request with no specific resource or by using a predefined default resource value.
t.test('without a resource the issuer is the audience, or the one resource whose scopes are asked for', async (t) => {
  t.equal(audienceOf(await tokens()), ISSUER)
  const issued = await tokens({ scope: 'openid moons:count' })
  t.match([audienceOf(issued), issued.scope], [MOONS, 'openid moons:count'])
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# The requested resource is invalid, missing, unknown, or malformed.
t.test('a token request cannot turn to a resource that was not granted (T7)', async (t) => {
  const { code } = await authorize({ resource: RESOURCE })
  for (const resource of [OTHER, `${RESOURCE}/`, `${RESOURCE}/x`, 'https://mcp.example.com', PLANETS, 'x']) {
    const response = await exchange(code, { resource })
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_target' }], String(resource))
  }
  const issued = (await exchange(code, { resource: RESOURCE })).json<Tokens>()
  t.match((await refresh(issued.refresh_token, { resource: OTHER })).json(), { error: 'invalid_target' })
  t.match(
    (await exchange((await authorize())['code'], { resource: OTHER })).json(),
    { error: 'invalid_target' },
    'nor where none was asked for',
  )
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2.2
//# To the extent possible, when issuing access tokens, the authorization server should downscope the scope value associated with an access token to the value the respective resource is able to process and needs to know.
//= https://www.rfc-editor.org/rfc/rfc8707#section-2.2
//# the authorization server must indicate the access token's effective scope to the client in the "scope" response parameter value when it differs from the scope requested by the client.
t.test('a token holds the scopes of its resource, and the answer says so', async (t) => {
  const scope = 'openid tools:read moons:count'
  const issued = await tokens({ scope, resource: [PLANETS, MOONS, OTHER] })
  const other = (await refresh(issued.refresh_token, { resource: OTHER })).json<Tokens>()
  const moons = (await refresh(other.refresh_token, { resource: MOONS })).json<Tokens>()
  const expected = [
    [issued, PLANETS, 'openid tools:read'],
    [other, OTHER, 'openid'],
    [moons, MOONS, 'openid moons:count'],
  ] as const
  for (const [token, audience, held] of expected)
    t.match([token.scope, decodeJwt(token.access_token)], [held, { aud: audience, scope: held }])
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2.1
//# If the authorization server fails to parse the provided value(s) or does not consider the resource(s) acceptable, it should reject the request with an error response using the error code "invalid_target"
t.test('where the setting says so, only registered resources are acceptable', async (t) => {
  const strict = await createConversation(t, { env: { UNREGISTERED_RESOURCES: 'refuse' } })
  await strict.storage.resources.insert(sampleResource({ identifier: PLANETS }))
  strict.clock.now += 5000
  t.match(await strict.authorize({ resource: [PLANETS, OTHER] }), { error: 'invalid_target', error_description: /other\.example/ })
  const issued = await strict.tokens({ resource: PLANETS })
  t.equal(audienceOf(issued), PLANETS)
  t.equal(audienceOf(await strict.tokens()), ISSUER)
  await strict.storage.resources.delete('resource_sample')
  strict.clock.now += 5000
  t.match((await strict.refresh(issued.refresh_token)).json(), { error: 'invalid_target' }, 'nor is one that was deleted meanwhile')
})
