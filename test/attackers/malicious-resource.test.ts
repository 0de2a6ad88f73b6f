/**
 * What an MCP server has that people connect to in good faith: access tokens that name it, its credentials for introspection,
 * and the word of its metadata. And what it can't make of them at other MCP servers, or here.
 */
import { decodeJwt } from 'jose'
import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { createGuard } from '#src/resource-server/index.ts'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { CALLBACK, basicOf, createConversation } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { sampleResource } from '#test/support/records.ts'

const conversation = await createConversation(t)
const { app, authorize, authorizeUrl, client, clock, exchange, person, post, refresh, register, send, storage, tokens, userinfo } =
  conversation
const EVIL = 'https://evil.example/mcp'
const BANK = 'https://bank.example/mcp'
const secret = 'what the operator was shown'
const evil = { client_id: 'resource_evil', client_secret: secret }
await storage.resources.insert(
  sampleResource({
    id: 'resource_evil',
    identifier: EVIL,
    name: 'Weather',
    secretHash: sha256(secret),
    scopes: [{ name: 'weather:read', description: 'Read the weather' }],
  }),
)
await storage.resources.insert(
  sampleResource({
    id: 'resource_bank',
    identifier: BANK,
    name: 'Bank',
    secretHash: sha256('of the bank'),
    scopes: [{ name: 'money:send', description: 'Send money' }],
  }),
)
clock.now += FRESH_MS

const guard = createGuard({ issuer: ISSUER, resource: BANK, fetch: injectFetch(app), now: () => clock.now })
const bankLetsIn = async (token: string) => (await guard({ method: 'POST', url: '/mcp', headers: { authorization: `Bearer ${token}` } })).ok

/** What the person's client sends to the malicious server: it is connected to both. */
const both = await tokens({ scope: 'openid email weather:read money:send', resource: [EVIL, BANK] }, { resource: EVIL })
const received = both.access_token
const forBank = (await refresh(both.refresh_token, { resource: BANK })).json<Tokens>().access_token

t.test('a token for it opens no other resource, and holds no scope of one', async (t) => {
  t.strictSame([await bankLetsIn(received), await bankLetsIn(forBank)], [false, true])
  t.match(decodeJwt(received), { aud: EVIL, scope: 'openid email weather:read' })
})

t.test('it cannot turn it into another token', async (t) => {
  const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
  const type = 'urn:ietf:params:oauth:token-type:access_token'
  const own = (
    await register({
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', exchangeGrant],
    })
  ).json<Registered>()
  for (const as of [own, evil]) {
    for (const form of [
      { grant_type: exchangeGrant, subject_token: received, subject_token_type: type, resource: BANK },
      { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: received },
      { grant_type: 'refresh_token', refresh_token: received },
      { grant_type: 'client_credentials', resource: BANK },
    ]) {
      const response = await send('/token', form, as)
      t.notOk('access_token' in response.json<object>(), form.grant_type)
      t.ok(response.statusCode >= 400)
    }
  }
})

t.test('it is told about tokens for itself, and of any other not even whether it is one', async (t) => {
  t.match((await send('/introspect', { token: received }, evil)).json(), { active: true, aud: EVIL, client_id: client.client_id })
  for (const token of [forBank, both.refresh_token, both.id_token, 'unknown'])
    t.equal((await send('/introspect', { token }, evil)).body, '{"active":false}')
})

t.test('its credentials are those of no client', async (t) => {
  for (const path of ['/token', '/revoke', '/device_authorization'])
    t.match((await send(path, { grant_type: 'client_credentials', token: received }, evil)).json(), { error: 'invalid_client' }, path)
  t.equal((await person.open(authorizeUrl({}, evil))).page?.status, 400)
  t.equal((await userinfo(secret)).statusCode, 401)
  t.equal((await app.inject({ url: '/register/resource_evil', headers: basicOf(evil) })).statusCode, 401)
})

t.test('it cannot end what the client has', async (t) => {
  t.equal((await send('/revoke', { token: received }, evil)).statusCode, 401)
  t.equal((await post('/revoke', { token: received })).statusCode, 401)
  t.equal((await userinfo(received)).statusCode, 200)
})

t.test('as a client of its own it may ask for the scopes of others; the person reads whose they are', async (t) => {
  const own = (
    await register({ client_name: 'Weather', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', scope: 'weather:read' })
  ).json<Registered>()
  const text = textOf(
    pageOf(await person.open(authorizeUrl({ scope: 'openid weather:read money:send', resource: [EVIL, BANK] }, own))).html,
  )
  for (const shown of [BANK, 'Bank', 'Send money']) t.match(text, shown)
  const hidden = textOf(pageOf(await person.open(authorizeUrl({ scope: 'openid weather:read money:send', resource: EVIL }, own))).html)
  t.notMatch(hidden, 'Send money')
  const issued = (
    await exchange((await authorize({ scope: 'openid weather:read money:send', resource: EVIL }, person, own))['code'], {}, own)
  ).json<Tokens>()
  t.equal(issued.scope, 'weather:read', 'and what was not shown is not granted')
  t.match((await refresh(issued.refresh_token, { resource: BANK }, own)).json(), { error: 'invalid_target' })
})

t.test('a client that it lures to ask for the other resource is sent to the consent page, which names that one', async (t) => {
  const own = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<Registered>()
  await authorize({ scope: 'openid weather:read', resource: EVIL }, person, own)
  t.match(
    await authorize({ scope: 'openid money:send', resource: BANK, prompt: 'none' }, person, own),
    { error: 'consent_required' },
    'what was allowed at one resource is not at another',
  )
})

t.test('known limit: with a token that has openid it reads of UserInfo what the client may; without, nothing', async (t) => {
  t.match((await userinfo(received)).json(), { sub: String })
  t.notOk('preferred_username' in (await userinfo(received)).json<object>(), 'no more than the scopes of the token')
  const without = await tokens({ scope: 'weather:read', resource: EVIL })
  t.equal((await userinfo(without.access_token)).statusCode, 403)
})
