// threat-model.md T7: a code is exchanged once, by whom and for what it was issued; a second time kills what the first brought.
import t from 'tap'
import { REDIRECT_URI, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import type { TestClient } from '#test/support/api.ts'
import { answerOf, pageOf } from '#test/support/authorization.ts'
import { injectFetch } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import { createPushing } from '#test/support/clients/pushed.ts'

const api = await createApi(t)
const client = await api.register()
const other = await api.register()
const exchange = (code: string, changes: Record<string, string | string[]> = {}, by: TestClient = client) =>
  api.post('/token', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...credentials(by), ...changes })
const alive = async (token: string) =>
  (await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })).statusCode === 200

t.test('T7: of many who exchange a code at the same moment, one gets tokens, and they die', async (t) => {
  const code = await api.code(client)
  const responses = await Promise.all(Array.from({ length: 30 }, () => exchange(code)))
  const won = responses.filter(({ statusCode }) => statusCode === 200)
  t.equal(won.length, 1)
  for (const response of responses.filter((each) => !won.includes(each))) isOAuthError(t, response, 400, 'invalid_grant')
  const { access_token, refresh_token } = won[0]!.json()
  t.notOk(await alive(access_token))
  isOAuthError(t, await api.post('/token', { grant_type: 'refresh_token', refresh_token, ...credentials(client) }), 400, 'invalid_grant')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
//# If an authorization code is used more than once, the authorization server MUST deny the request and SHOULD revoke (when
//# possible) all tokens previously issued based on that authorization code.
t.test('T7: a replayed code is denied and its tokens die, however late', async (t) => {
  for (const later of [0, 30_000, 59_000, 300_000]) {
    const code = await api.code(client)
    const { access_token, refresh_token } = (await exchange(code)).json()
    const refreshed = (await api.post('/token', { grant_type: 'refresh_token', refresh_token, ...credentials(client) })).json()
    t.ok(await alive(access_token))
    api.clock.now += later
    isOAuthError(t, await exchange(code), 400, 'invalid_grant', 'the code was already used: everything issued for it is revoked')
    t.notOk(await alive(access_token), `after ${later} ms`)
    t.notOk(await alive(refreshed.access_token))
    isOAuthError(
      t,
      await api.post('/token', { grant_type: 'refresh_token', refresh_token: refreshed.refresh_token, ...credentials(client) }),
      400,
      'invalid_grant',
    )
  }
})

t.test('T7: a code lives 60 seconds', async (t) => {
  const [inTime, late] = [await api.code(client), await api.code(client)]
  api.clock.now += 59_999
  t.equal((await exchange(inTime)).statusCode, 200)
  api.clock.now += 1
  isOAuthError(t, await exchange(late), 400, 'invalid_grant', 'the code has expired')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
//# ensure that the authorization code was issued to the authenticated confidential client, or if the client is public,
//# ensure that the code was issued to "client_id" in the request
t.test('T7: a code is bound to its client, its redirect URI and its resources; a thief’s attempt uses nothing up', async (t) => {
  const resources = ['https://mcp.example/a']
  const code = await api.code(client, { resources })
  isOAuthError(t, await exchange(code, {}, other), 400, 'invalid_grant', 'the code belongs to another client')
  for (const redirect_uri of ['', `${REDIRECT_URI}?`, `${REDIRECT_URI}/`, REDIRECT_URI.toUpperCase(), 'https://evil.example/']) {
    isOAuthError(t, await exchange(code, { redirect_uri }), 400, 'invalid_grant', /redirect_uri (differs|is required)/, redirect_uri)
  }
  for (const resource of [
    'https://mcp.example/b',
    'https://mcp.example/a/',
    'https://mcp.example',
    'nonsense',
    'https://mcp.example/a#x',
  ]) {
    isOAuthError(t, await exchange(code, { resource }), 400, 'invalid_target', undefined, resource)
  }
  isOAuthError(t, await exchange(code, { resource: [...resources, 'https://mcp.example/b'] }), 400, 'invalid_target')
  const response = await exchange(code, { resource: resources })
  t.equal(response.statusCode, 200)
  t.equal(JSON.parse(Buffer.from(response.json().access_token.split('.')[1], 'base64url').toString()).aud, resources[0])

  const unnamed = await api.code(client, { redirectUriGiven: false })
  isOAuthError(t, await exchange(unnamed, { redirect_uri: 'https://evil.example/' }), 400, 'invalid_grant')
})

t.test('T7: a code whose grant was revoked, or whose person was disabled, brings nothing', async (t) => {
  const late = await createApi(t)
  const owner = await late.register()
  const code = await late.code(owner)
  await late.storage.users.disable((await late.storage.users.findAdministrator())!.id, late.clock.now)
  isOAuthError(
    t,
    await late.post('/token', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...credentials(owner) }),
    400,
    'invalid_grant',
  )
})

t.test('T7: of many pages that show one pushed request, one brings a code, no matter who is at them and how late', async (t) => {
  const { addressOf, app, clock, config, exchange, pushed } = await createPushing(t)
  const { request_uri } = await pushed({ prompt: 'login consent' })
  const pages = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const person = createPerson(config.issuer, injectFetch(app))
      const login = pageOf(await person.open(addressOf({ request_uri })))
      const consent = pageOf(await person.submit(login, { username: 'admin', password: 'admin123' }))
      return async () => answerOf(await person.submit(consent, { decision: 'allow' }))
    }),
  )
  const answers = await Promise.all(pages.map((allow) => allow()))
  const codes = answers.flatMap(({ code }) => code ?? [])
  t.equal(codes.length, 1)
  for (const answer of answers.filter(({ code }) => code === undefined)) t.match(answer, { error: 'invalid_request_uri', state: 'xyz' })
  clock.now += 40_000
  t.equal((await exchange(codes[0])).statusCode, 200, 'and the attempts of the others spoil nothing')
  clock.now += 55 * 60_000
  t.match(await pages[0]!(), { error: 'invalid_request_uri' })
})
