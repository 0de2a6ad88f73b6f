/**
 * What somebody can do who registers a client of their own, as anybody may: give it any name, send people links, and ask for
 * whatever they like. The person is the one who decides, so the page must tell them.
 */
import t from 'tap'
import { answerOf, pageOf, textOf } from '#test/support/authorization.ts'
import { createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'

const CHATGPT = 'https://chatgpt.com/connector_platform_oauth_redirect'
const LOOT = 'https://loot.example/callback'
const conversation = await createConversation(t, { metadata: { client_name: 'ChatGPT', redirect_uris: [CHATGPT] } })
const { app, authorize, authorizeUrl, client: chatgpt, exchange, person, refresh, register, send, userinfo } = conversation
type Client = Registered & Record<string, string>
const malicious = async (metadata: Record<string, unknown> = {}) =>
  (await register({ client_name: 'ChatGPT', redirect_uris: [LOOT], token_endpoint_auth_method: 'none', ...metadata })).json<Client>()
/** The person is logged in, and connected to the client that everybody means by the name. */
const own = (await exchange((await authorize({ redirect_uri: CHATGPT }))['code'], { redirect_uri: CHATGPT })).json<Tokens>()
const open = async (as: Registered, parameters = {}) => person.open(authorizeUrl({ redirect_uri: LOOT, ...parameters }, as))

t.test('with the name of another client it is asked about anew, and its own host is on the page', async (t) => {
  const text = textOf(pageOf(await open(await malicious())).html)
  t.match(text, 'ChatGPT')
  t.match(text, 'loot.example')
  t.notMatch(text, 'chatgpt.com')
})

t.test('it gets nothing silently, however often it asks', async (t) => {
  const as = await malicious()
  for (const parameters of [{ prompt: 'none' }, { prompt: 'none', scope: 'openid' }, { prompt: 'none', id_token_hint: own.id_token }]) {
    const answer = answerOf(await open(as, { redirect_uri: LOOT, ...parameters }))
    t.notOk('code' in answer, JSON.stringify(answer))
    t.match(answer['error'], /^(consent_required|invalid_request)$/)
  }
  const local = await malicious({ redirect_uris: ['http://127.0.0.1:666/'] })
  await authorize({ redirect_uri: 'http://127.0.0.1:666/' }, person, local)
  t.match(
    await authorize({ redirect_uri: 'http://127.0.0.1:666/', prompt: 'none' }, person, local),
    { error: 'consent_required' },
    'nor once it was allowed, where any program could pass for it',
  )
})

t.test('by the id of another client it brings nobody to itself', async (t) => {
  for (const parameters of [{}, { prompt: 'none' }, { response_type: 'token' }, { response_mode: 'form_post' }]) {
    const arrival = await open(chatgpt, parameters)
    t.match([arrival.away, arrival.page?.status, arrival.page?.form], [undefined, 400, undefined], JSON.stringify(parameters))
  }
})

t.test('with the redirect URI of another client it makes a code that neither of them can use', async (t) => {
  const as = await malicious({ redirect_uris: [CHATGPT] })
  const { code } = await authorize({ redirect_uri: CHATGPT }, person, as)
  t.match(
    (await exchange(code, { redirect_uri: CHATGPT, code_verifier: 'the verifier that the other client has for its own requests' })).json(),
    { error: 'invalid_grant' },
    'the other client finds that the code is not its own',
  )
  t.match((await exchange(code, { redirect_uri: CHATGPT })).json(), { error: 'invalid_grant' }, 'whatever its verifier is')
  t.match((await exchange(code, { redirect_uri: LOOT }, as)).json(), { error: 'invalid_grant' }, 'and the malicious one never received it')
})

t.test('it cannot choose what the server gives: id, secret, instants, tokens, policy', async (t) => {
  const wanted = {
    client_id: chatgpt.client_id,
    client_secret: 'x',
    client_id_issued_at: 1,
    client_secret_expires_at: 9e9,
    registration_access_token: 'x',
    registration_client_uri: 'https://loot.example/',
    origin: 'operator',
    policy: { scopes: ['admin'] },
  }
  const got = await malicious(wanted)
  for (const [name, value] of Object.entries(wanted)) t.not(JSON.stringify(got[name]), JSON.stringify(value), name)
})

t.test('it gets no grant that only an operator hands out, and no scope that is not there', async (t) => {
  t.match((await register({ grant_types: ['client_credentials'] })).statusCode, 400)
  const as = await malicious({
    grant_types: ['authorization_code', 'client_credentials', 'password', 'urn:ietf:params:oauth:grant-type:token-exchange'],
    scope: 'openid admin *',
  })
  for (const grant_type of [
    'client_credentials',
    'password',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
  ])
    t.match(
      (
        await send(
          '/token',
          { grant_type, username: 'admin', password: 'admin123', subject_token: own.access_token, assertion: own.id_token },
          as,
        )
      ).json(),
      { error: /^(unauthorized_client|unsupported_grant_type)$/ },
      grant_type,
    )
  const issued = (
    await exchange((await authorize({ redirect_uri: LOOT, scope: 'openid admin *' }, person, as))['code'], { redirect_uri: LOOT }, as)
  ).json<Tokens>()
  t.equal(issued.scope, 'openid')
})

t.test('it learns no more of a person than they allowed', async (t) => {
  const as = await malicious()
  const issued = (
    await exchange((await authorize({ redirect_uri: LOOT, scope: 'openid' }, person, as))['code'], { redirect_uri: LOOT }, as)
  ).json<Tokens>()
  t.strictSame(Object.keys((await userinfo(issued.access_token)).json<object>()), ['sub'])
  t.match((await refresh(issued.refresh_token, { scope: 'openid email profile' }, as)).json(), { error: 'invalid_scope' })
  t.equal(pageOf(await open(as, { scope: 'openid email' })).status, 200, 'for more the person is asked again')
})

t.test('tokens of other clients are out of its reach: to look at, to end, to use', async (t) => {
  const as = await malicious({ token_endpoint_auth_method: 'client_secret_basic' })
  for (const token of [own.access_token, own.refresh_token]) {
    t.strictSame((await send('/introspect', { token }, as)).json(), { active: false })
    t.equal((await send('/revoke', { token }, as)).statusCode, 400)
  }
  t.match((await refresh(own.refresh_token, {}, as)).json(), { error: 'invalid_grant' })
  t.equal((await userinfo(own.access_token)).statusCode, 200)
})

t.test('its registration token opens its own registration alone, and a change of address asks people anew', async (t) => {
  const as = await malicious()
  const headers = { authorization: `Bearer ${as['registration_access_token']}` }
  for (const method of ['GET', 'PUT', 'DELETE'] as const)
    t.equal(
      (
        await app.inject({
          method,
          url: `/register/${chatgpt.client_id}`,
          headers,
          ...(method === 'PUT' && { payload: { client_id: chatgpt.client_id, redirect_uris: [LOOT] } }),
        })
      ).statusCode,
      401,
      method,
    )

  await authorize({ redirect_uri: LOOT }, person, as)
  t.ok((await authorize({ redirect_uri: LOOT, prompt: 'none' }, person, as))['code'], 'allowed once')
  const payload = {
    client_id: as.client_id,
    client_name: 'ChatGPT',
    redirect_uris: [LOOT, 'https://more.example/callback'],
    token_endpoint_auth_method: 'none',
  }
  t.equal((await app.inject({ method: 'PUT', url: `/register/${as.client_id}`, headers, payload })).statusCode, 200)
  t.match(await authorize({ redirect_uri: 'https://more.example/callback', prompt: 'none' }, person, as), { error: 'consent_required' })
})

t.test('known limit: who allows it has been talked into it; the person, or an operator, ends it', async (t) => {
  const as = await malicious()
  const issued = (await exchange((await authorize({ redirect_uri: LOOT }, person, as))['code'], { redirect_uri: LOOT }, as)).json<Tokens>()
  t.match((await userinfo(issued.access_token)).json(), { preferred_username: 'admin' })
  await conversation.storage.clients.delete(as.client_id)
  t.equal((await userinfo(issued.access_token)).statusCode, 401)
  t.match((await refresh(issued.refresh_token, {}, as)).json(), { error: 'invalid_client' })
})
