// What the upstream learns of the user, and how an operator's secrets get there.
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { answerOk, createGateScene } from '#test/support/gate/gate.ts'

t.test('by default the upstream learns nothing of the user', async (t) => {
  const { token, send, upstream } = await createGateScene(t)
  await send(await token())
  t.notMatch(Object.keys(upstream.requests[0]!.headers).join(), /auth|cookie|solar/)
})

t.test('headers name the user, the client and the scopes, and a verified address that the user allowed to see', async (t) => {
  const { token, send, upstream, gate, storage } = await createGateScene(t, answerOk, { env: { ADMIN_EMAIL: 'helen@example.com' } })
  await gate({ identity: 'headers' })
  const { id } = (await storage.users.findAdministrator())!
  await send(await token({ scopes: ['openid', 'email'] }))
  const { headers } = upstream.requests[0]!
  t.match(headers, {
    'x-auth-subject': id,
    'x-auth-client': /^client_/,
    'x-auth-scope': 'openid email',
    'x-auth-email': 'helen@example.com',
  })
  await send(await token({ scopes: ['openid'] }))
  t.notOk('x-auth-email' in upstream.requests[1]!.headers, 'not allowed')
})

t.test('an address that no header can hold is left out', async (t) => {
  const { token, send, upstream, gate } = await createGateScene(t, answerOk, { env: { ADMIN_EMAIL: '달@example.com' } })
  await gate({ identity: 'headers' })
  await send(await token({ scopes: ['openid', 'email'] }))
  t.notOk('x-auth-email' in upstream.requests[0]!.headers)
})

t.test('an assertion says the same, signed for the upstream and for a minute', async (t) => {
  const { app, token, send, upstream, gate, issuer, clock } = await createGateScene(t, answerOk, {
    env: { ADMIN_EMAIL: 'helen@example.com' },
  })
  await gate({ identity: 'assertion' })
  const access = await token({ scopes: ['openid', 'email'] })
  await send(access)
  const [, assertion = ''] = /^Bearer (.*)$/.exec(upstream.requests[0]!.headers.authorization!)!
  t.not(assertion, access)
  const keys = createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>())
  const currentDate = new Date(clock.now)
  const { payload } = await jwtVerify(assertion, keys, { issuer, audience: upstream.url, typ: 'solar-assertion+jwt', currentDate })
  t.match(payload, { sub: String, client_id: String, scope: 'openid email', email: 'helen@example.com', jti: String })
  t.equal(payload.exp! - payload.iat!, 60)
  t.equal((await send(assertion)).status, 401, 'which is no access token')
  t.equal(decodeProtectedHeader(assertion).alg, 'ES256')
})

t.test('secrets of the operator come from where they are kept, and leave the assertion its own header', async (t) => {
  const values: Record<string, string | undefined> = { KEY: 'k3y', '/run/secrets/key': 'from a file\n' }
  const readReference = async (reference: { kind: string; name?: string; path?: string }) => values[reference.name ?? reference.path!]
  const { token, send, upstream, gate } = await createGateScene(t, answerOk, { readReference })
  const headers = [
    { name: 'Authorization', value: 'Bearer env:KEY' },
    { name: 'X-Key', value: 'file:/run/secrets/key' },
  ]
  await gate({ identity: 'assertion', headers })
  const access = await token()
  t.equal((await send(access)).status, 200)
  t.match(upstream.requests[0]!.headers, { authorization: 'Bearer k3y', 'x-key': 'from a file', 'x-solar-assertion': /^eyJ/ })
  for (const nothing of [undefined, '', ' \n']) {
    values['KEY'] = nothing
    const refused = await send(access)
    t.equal(refused.status, 502)
    t.match(await refused.json(), { error: { message: /not configured completely/ } })
  }
  values['KEY'] = 'a\nb'
  t.equal((await send(access)).status, 400, 'no header can hold it')
})

t.test('a server that is not told where secrets are knows none', async (t) => {
  const { token, send, gate } = await createGateScene(t)
  await gate({ headers: [{ name: 'X-Key', value: 'env:PATH' }] })
  t.equal((await send(await token())).status, 502)
})

t.test('an upstream learns of groups only where its resource asks, as they are at the request', async (t) => {
  const { app, token, send, upstream, gate, change, storage, issuer, clock } = await createGateScene(t)
  const { id: userId } = (await storage.users.findAdministrator())!
  for (const name of ['staff', 'admins']) {
    await storage.groups.insert({ name, description: '', createdAt: clock.now })
    await storage.groups.join({ group: name, userId, source: 'manual', since: clock.now })
  }
  await gate({ identity: 'headers' })
  const access = await token()
  await send(access)
  t.notOk('x-auth-groups' in upstream.requests[0]!.headers)
  await change({ groupsClaim: true })
  await send(access)
  t.match(upstream.requests[1]!.headers, { 'x-auth-groups': 'admins,staff' })
  await storage.groups.leave({ group: 'admins', userId, source: 'manual' })
  await send(access)
  t.match(upstream.requests[2]!.headers, { 'x-auth-groups': 'staff' })
  await gate({ identity: 'assertion' })
  await send(access)
  const [, assertion = ''] = /^Bearer (.*)$/.exec(upstream.requests[3]!.headers.authorization!)!
  const keys = createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>())
  const { payload } = await jwtVerify(assertion, keys, { issuer, audience: upstream.url, currentDate: new Date(clock.now) })
  t.strictSame(payload['groups'], ['staff'])
})
