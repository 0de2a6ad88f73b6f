// A scope that breaks the grammar, wherever a client may send one.
import t from 'tap'
import { REDIRECT_URI } from '#test/support/api.ts'
import { RESOURCE } from '#test/support/conversation.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { handOut } from '#test/support/initial-access.ts'
import { sampleResource } from '#test/support/records.ts'

const MALFORMED = ['openid\tprofile', 'é', '"openid"', 'openid\u00a0profile', 'openid\nprofile', 'a\\b', 'openid é']

const conversation = await createDeviceConversation(t)
const { app, ask, authorize, refresh, send, storage, tokens } = conversation

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.3
//# If the client omits the scope parameter when requesting authorization, the authorization server MUST either process the request using a pre-defined default value or fail the request indicating an invalid scope.
t.test('a malformed scope is refused at every endpoint, because it is not left out', async (t) => {
  const { refresh_token } = await tokens({ scope: 'openid offline_access' })
  for (const scope of MALFORMED) {
    t.match(await authorize({ scope }), { error: 'invalid_scope', state: 'xyz' }, JSON.stringify(scope))
    const pushed = await send('/par', { response_type: 'code', redirect_uri: conversation.config.issuer, scope })
    t.equal(pushed.statusCode, 400)
    t.match(await ask({ scope }), { error: 'invalid_scope' })
    t.match((await refresh(refresh_token, { scope })).json(), { error: 'invalid_scope' })
  }
  t.match((await refresh(refresh_token, { scope: ' openid  ' })).json(), { scope: 'openid' }, 'spaces too many are no other scope')
})

t.test('no scope and an empty one mean all, and one that nobody knows means none of them', async (t) => {
  const all = 'openid profile email offline_access'
  for (const scope of [undefined, '']) t.equal((await tokens({ scope })).scope, all)
  t.equal((await tokens({ scope: 'openid nobody:knows' })).scope, 'openid')
  t.equal((await tokens({ scope: 'OPENID' })).scope, '')
})

t.test('a client that acts for itself gets nothing for a malformed scope', async (t) => {
  await storage.resources.insert(sampleResource({ identifier: RESOURCE, scopes: [{ name: 'tools:all', description: 'everything' }] }))
  conversation.clock.now += 60_000 // until the server looks again
  const token = await handOut(conversation, { name: 'machines', policy: { grantTypes: ['client_credentials'] } })
  const payload = { redirect_uris: [REDIRECT_URI], grant_types: ['client_credentials'] }
  const machine = (await app.inject({ method: 'POST', url: '/register', headers: token, payload })).json<{
    client_id: string
    client_secret: string
  }>()
  const get = async (form: Record<string, string>) =>
    (await send('/token', { grant_type: 'client_credentials', resource: RESOURCE, ...form }, machine)).json<object>()
  t.match(await get({}), { scope: 'tools:all' })
  for (const scope of [...MALFORMED, 'unknown']) t.match(await get({ scope }), { error: 'invalid_scope' }, JSON.stringify(scope))
})

t.test('a registration keeps what is well formed, and none that is nothing else becomes one of everything', async (t) => {
  const register = async (scope: unknown) => {
    const response = await app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI], scope } })
    return [response.statusCode, response.json<{ scope?: string; error?: string }>()] as const
  }
  for (const scope of ['', '  ', null, undefined]) t.match(await register(scope), [201, { scope: undefined }])
  t.match(await register('openid é nobody:knows'), [201, { scope: 'openid nobody:knows' }])
  for (const scope of ['é', 'openid\tprofile', '"openid"', '\u00a0', [], 7])
    t.match(await register(scope), [400, { error: 'invalid_client_metadata' }])
})
