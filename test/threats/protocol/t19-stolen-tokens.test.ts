// threat-model.md T19: what belongs to a key is of no use to a thief who doesn't have it, and can't be made to count without it.
import t from 'tap'
import { ISSUER } from '#test/support/app.ts'
import { VERIFIER } from '#test/support/conversation.ts'
import type { Tokens } from '#test/support/conversation.ts'
import { ath } from '#test/support/clients/dpop.ts'
import { createDpopConversation } from '#test/support/clients/dpop-conversation.ts'

const conversation = await createDpopConversation(t)
const { app, authorize, clock, exchange, key, newKey, post, refresh, tokens, unproven, userinfo } = conversation
const thief = await newKey()

t.test('T19: a stolen refresh token brings nothing without its key, and its family lives on', async (t) => {
  const { refresh_token: stolen } = await tokens()
  const tries = [
    () => unproven.refresh(stolen),
    () => refresh(stolen, thief),
    async () =>
      post(
        '/token',
        { grant_type: 'refresh_token', refresh_token: stolen, client_id: conversation.client.client_id },
        { dpop: await thief.prove('POST', `${ISSUER}/token`, {}, { jwk: key.jwk }) },
      ),
    async () =>
      post('/token', { grant_type: 'refresh_token', refresh_token: stolen, client_id: conversation.client.client_id }, { dpop: '' }),
  ]
  for (const attempt of tries) t.match((await attempt()).json(), { error: /^invalid_(grant|dpop_proof)$/ })
  const { refresh_token: next } = (await refresh(stolen)).json<Tokens>()
  clock.now += 120_000
  for (const attempt of tries) t.match((await attempt()).json(), { error: /^invalid_(grant|dpop_proof)$/ }, 'used up as it is')
  t.equal((await refresh(next)).statusCode, 200, 'nobody without the key can end the family by a replay')
})

t.test('T19: nobody without the key can revoke a stolen token', async (t) => {
  for (const ACCESS_TOKEN_FORMAT of ['jwt', 'opaque']) {
    const { prove, tokens, ...made } = await createDpopConversation(t, { env: { ACCESS_TOKEN_FORMAT } })
    const { access_token, refresh_token } = await tokens()
    const stranger = await made.newKey()
    for (const token of [refresh_token, access_token]) {
      t.match((await made.send('/revoke', { token })).json(), { error: 'invalid_grant', error_description: /a DPoP proof is required/ })
      t.match((await prove('/revoke', { token }, stranger)).json(), { error: 'invalid_grant' })
      const seen = await made.key.prove('POST', `${ISSUER}/token`)
      t.match((await made.post('/revoke', { token, client_id: made.client.client_id }, { dpop: seen })).json(), {
        error: 'invalid_dpop_proof',
      })
      t.equal((await made.userinfo(access_token, made.key)).statusCode, 200, 'it is alive')
    }
    t.equal((await prove('/revoke', { token: access_token })).statusCode, 200)
    t.equal((await made.userinfo(access_token, made.key)).statusCode, 401)
    t.equal((await prove('/revoke', { token: refresh_token })).statusCode, 200)
    t.match((await made.refresh(refresh_token)).json(), { error: 'invalid_grant' })
  }
})

t.test('T19: a client that authenticates revokes without a proof', async (t) => {
  const { send, tokens, ...made } = await createDpopConversation(t, { metadata: { token_endpoint_auth_method: 'client_secret_basic' } })
  const { access_token } = await tokens()
  t.equal((await send('/revoke', { token: access_token })).statusCode, 200)
  t.equal((await made.userinfo(access_token, made.key)).statusCode, 401)
})

t.test('T19: an unbound refresh token that a thief binds to a key still gives the thief away', async (t) => {
  const { refresh_token: stolen } = await unproven.tokens()
  const { refresh_token: theirs } = (await refresh(stolen, thief)).json<Tokens>()
  clock.now += 61_000
  t.match((await unproven.refresh(stolen)).json(), { error: 'invalid_grant', error_description: /already used/ })
  t.match((await refresh(theirs, thief)).json(), { error: 'invalid_grant' }, 'the family is dead')
})

t.test('T19: a stolen access token opens nothing without its key', async (t) => {
  const { access_token: stolen } = await tokens()
  const { access_token: own } = await tokens(thief)
  const observed = await key.prove('GET', `${ISSUER}/userinfo`, { jti: 'observed' })
  const tries = [
    unproven.userinfo(stolen),
    post('/userinfo', { access_token: stolen }),
    userinfo(stolen, thief),
    userinfo(stolen, thief, {}, 'Bearer'),
    app.inject({ url: '/userinfo', headers: { authorization: `DPoP ${stolen}` } }),
    app.inject({ url: '/userinfo', headers: { authorization: `DPoP ${stolen}`, dpop: observed } }),
    app.inject({
      url: '/userinfo',
      headers: { authorization: `DPoP ${stolen}, DPoP ${own}`, dpop: await thief.prove('GET', `${ISSUER}/userinfo`) },
    }),
  ]
  for (const response of await Promise.all(tries)) t.equal(response.statusCode, 401)
  t.equal((await userinfo(own, thief)).statusCode, 200, 'a key opens what belongs to it')
})

t.test('T19: a proof that was seen on the way is of no use: not again, not elsewhere, not with another token', async (t) => {
  const { access_token: token, refresh_token: refreshToken } = await tokens()
  const ask = (dpop: string, url = '/userinfo', method: 'GET' | 'POST' = 'GET', access = token) =>
    app.inject({ method, url, headers: { authorization: `DPoP ${access}`, dpop } })
  const seen = await key.prove('GET', `${ISSUER}/userinfo`, ath(token))
  t.equal((await ask(seen)).statusCode, 200)
  const { access_token: another } = (await refresh(refreshToken)).json<Tokens>()
  const unused = () => key.prove('GET', `${ISSUER}/userinfo`, ath(token))
  for (const response of [
    await ask(seen),
    await ask(await unused(), '/userinfo', 'POST'),
    await ask(await unused(), '/userinfo', 'GET', another),
    await ask(await key.prove('GET', 'https://mcp.example.com/mcp', ath(token))),
  ]) {
    t.match([response.statusCode, response.json()], [401, { error: 'invalid_dpop_proof' }])
  }
  t.match(
    (
      await post(
        '/token',
        { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: conversation.client.client_id },
        { dpop: await unused() },
      )
    ).json(),
    { error: 'invalid_dpop_proof' },
  )
})

t.test('T19, T16: the address of a proof is ours, whatever Host says', async (t) => {
  const { access_token: token } = await tokens()
  for (const name of ['host', 'x-forwarded-host']) {
    const dpop = await key.prove('GET', 'http://evil.example/userinfo', ath(token))
    t.equal(
      (await app.inject({ url: '/userinfo', headers: { authorization: `DPoP ${token}`, dpop, [name]: 'evil.example' } })).statusCode,
      401,
    )
  }
})

t.test('T19: of many who send one proof at once, one gets through', async (t) => {
  const { access_token: token } = await tokens()
  const answers = await Promise.all(Array.from({ length: 10 }, () => userinfo(token, key, { jti: 'raced' })))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 1)
})

t.test('T19: a stolen code that was asked for with a key is of no use without it', async (t) => {
  const { code } = await authorize({ dpop_jkt: key.jkt })
  t.match((await unproven.exchange(code, { code_verifier: VERIFIER })).json(), { error: 'invalid_grant' })
  t.match((await exchange(code, thief)).json(), { error: 'invalid_grant' })
  t.equal((await exchange(code)).statusCode, 200)
})
