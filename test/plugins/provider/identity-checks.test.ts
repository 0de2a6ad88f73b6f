// Providers are asked again about people who are in use here: who loses what, and when, by a clock that the test moves.
import { decodeJwt } from 'jose'
import t from 'tap'
import { createVault } from '#src/crypto/vault.ts'
import { HELEN, comeIn } from '#test/support/people/provided-person.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

t.test('somebody who is switched off at the provider loses everything within ten minutes, until the provider lets them in', async (t) => {
  const { connect, refresh, helen, events, pass, provider, storage, person, comeBy, url } = await comeIn(t)
  const { tokens } = await connect()
  t.equal(tokens.expires_in, 600, 'a JWT lives ten minutes')
  const { exp, iat } = decodeJwt(tokens.access_token)
  t.equal(exp! - iat!, 600)
  await pass(9 * MINUTE)
  t.match(await helen(), { disabledAt: undefined })
  provider.switches.refresh = 'ends'
  await pass(10 * MINUTE)
  t.match(await helen(), { disabledAt: Number, barredBy: String })
  t.match(await refresh(tokens.refresh_token), { status: 400 })
  t.match(await events(), [{ actor: 'server', details: { provider: 'acme', reason: /invalid_grant/, managed: true } }])
  await pass(HOUR)
  t.equal((await events()).length, 1)

  const { refresh: _, ...others } = provider.switches
  provider.switches = others
  t.match((await comeBy(person(), HELEN, url({ prompt: 'consent' }))).html, /page-consent/)
  t.match(await helen(), { disabledAt: undefined, barredBy: undefined })
  t.equal((await storage.identities.listOf((await helen()).id))[0]!.failedAt, undefined)
})

t.test('a rule that no longer holds ends access as well, and a person whom an operator made needs none', async (t) => {
  const { connect, refresh, helen, events, pass, provider } = await comeIn(t)
  const { tokens } = await connect()
  provider.switches.claims = { email: 'helen@evil.example' }
  await pass(10 * MINUTE)
  t.match(await helen(), { disabledAt: Number })
  t.match(await refresh(tokens.refresh_token), { status: 400 })
  t.match(await events(), [{ details: { reason: /no rule admits them any more \(no-match\)/ } }])
})

t.test('a provider that is down, or does not accept us any more, is forgiven for PROVIDER_GRACE', async (t) => {
  for (const answer of [() => new Response('down', { status: 503 }), () => Response.json({ error: 'invalid_client' }, { status: 401 })]) {
    const { connect, helen, events, pass, provider, refresh } = await comeIn(t, { PROVIDER_GRACE: '1h' })
    const { tokens } = await connect()
    provider.switches.answer = answer
    await pass(HOUR)
    t.match(await helen(), { disabledAt: undefined })
    const renewed = await refresh(tokens.refresh_token)
    t.equal(renewed.status, 200)
    await pass(20 * MINUTE)
    t.match(await helen(), { disabledAt: Number })
    t.match(await events(), [{ details: { reason: /could not be asked for too long/ } }])
  }
})

t.test('what nobody uses is not asked about, until it is used again', async (t) => {
  const { connect, refresh, pass, provider } = await comeIn(t)
  const { tokens } = await connect()
  await pass(HOUR)
  const asked = provider.requests.length
  await pass(HOUR)
  t.equal(provider.requests.length, asked)
  t.equal((await refresh(tokens.refresh_token)).status, 200, 'a refresh waits for nobody')
  await pass(MINUTE)
  t.ok(provider.requests.length > asked)
})

t.test('two nodes ask about somebody once, and a token that rotates is kept', async (t) => {
  const { connect, app, clock, provider, helen, storage } = await comeIn(t)
  await connect()
  const before = (await storage.identities.listOf((await helen()).id))[0]!
  provider.switches.refresh = 'rotates'
  clock.now += 10 * MINUTE
  const asked = provider.requests.filter((each) => each === 'POST /token').length
  await Promise.all([app.checkIdentities(), app.checkIdentities()])
  t.equal(provider.requests.filter((each) => each === 'POST /token').length, asked + 1)
  const after = (await storage.identities.listOf((await helen()).id))[0]!
  t.equal(after.lastCheckedAt, clock.now)
  t.not(after.encryptedRefreshToken, before.encryptedRefreshToken)
})

t.test('a token that rotates while another node encrypts the old one anew is not lost', async (t) => {
  const { connect, app, clock, config, provider, helen, storage } = await comeIn(t)
  await connect()
  const before = (await storage.identities.listOf((await helen()).id))[0]!
  const vault = createVault(config.secret!, undefined)
  provider.switches = {
    refresh: 'rotates',
    answer: async ({ url }) => {
      if (!url.endsWith('/token')) return undefined
      const again = vault.encrypt(vault.decrypt(before.encryptedRefreshToken!))
      await storage.identities.replaceToken(before.id, before.encryptedRefreshToken!, again)
      return undefined
    },
  }
  clock.now += 10 * MINUTE
  await app.checkIdentities()
  const after = (await storage.identities.listOf((await helen()).id))[0]!
  t.equal(after.lastCheckedAt, clock.now)
  t.not(vault.decrypt(after.encryptedRefreshToken!), vault.decrypt(before.encryptedRefreshToken!))
})

t.test('ACCESS_TOKEN_TTL is for everybody, if it is set', async (t) => {
  const { connect } = await comeIn(t, { ACCESS_TOKEN_TTL: '1h' })
  t.equal((await connect()).tokens.expires_in, 3600)
})

t.test('with nothing to ask with, a rule that is gone ends access; another account in the answer ends it at once', async (t) => {
  const silent = await comeIn(t, { ADMIT: 'nobody@acme.example', ACCESS_TOKEN_TTL: '20m' })
  await silent.storage.admissionRules.insert({ rule: 'helen@acme.example', createdAt: 0 })
  silent.provider.switches.tokens = { refresh_token: undefined }
  await silent.connect()
  silent.provider.switches.tokens = {}
  await silent.pass(10 * MINUTE)
  t.match(await silent.helen(), { disabledAt: undefined })
  await silent.storage.admissionRules.delete('helen@acme.example')
  await silent.pass(30 * MINUTE)
  t.match(await silent.events(), [{ details: { reason: /no rule admits them any more/ } }])

  const other = await comeIn(t)
  await other.connect()
  other.provider.switches.claims = { sub: 'paris' }
  await other.pass(10 * MINUTE)
  t.match(await other.helen(), { disabledAt: Number })
  t.match(await other.events(), [{ details: { reason: 'the provider names another account' } }])

  const moved = await comeIn(t)
  await moved.connect()
  const issuer = 'https://another.example.com'
  const before = (await moved.storage.providers.findByName('acme'))!
  await moved.storage.providers.update({ before, after: { ...before, issuer, updatedAt: before.updatedAt + 1 } })
  moved.provider.switches = { metadata: { issuer }, claims: { iss: issuer } }
  await moved.pass(10 * MINUTE)
  t.match(await moved.events(), [{ details: { reason: 'the provider names another account' } }], 'the same id, of another issuer')
})

t.test('a refresh that brings no id_token is an answer: the account is there, and what was said of it counts', async (t) => {
  const { connect, refresh, helen, events, pass, provider, storage } = await comeIn(t, { PROVIDER_GRACE: '1h', ACCESS_TOKEN_TTL: '20m' })
  const { tokens } = await connect()
  provider.switches = { refresh: 'rotates', tokens: { id_token: undefined } }
  let { refresh_token: next } = tokens
  for (let tens = 0; tens < 12; tens++) {
    await pass(10 * MINUTE)
    next = (await refresh(next)).refresh_token
  }
  const [identity] = await storage.identities.listOf((await helen()).id)
  t.match(identity, { unreachableSince: undefined, claims: { email: HELEN.email, emailVerified: true } })
  provider.switches.refresh = 'ends'
  await pass(10 * MINUTE)
  t.match(await events(), [{ details: { reason: /invalid_grant/ } }])
})

t.test('what another node has ended or renewed meanwhile is left alone', async (t) => {
  const { connect, helen, pass, provider, storage } = await comeIn(t, { PROVIDER_GRACE: '10m' })
  await connect()
  provider.switches.refresh = 'ends'
  const { findToken, countUnreachable } = storage.identityChecks
  t.intercept(storage.identityChecks, 'findToken', { value: async () => undefined })
  await pass(10 * MINUTE)
  t.match(await helen(), { disabledAt: undefined })
  provider.switches.refresh = undefined as never
  provider.switches.tokens = { access_token: undefined }
  t.intercept(storage.identityChecks, 'findToken', { value: findToken.bind(storage.identityChecks) })
  t.intercept(storage.identityChecks, 'countUnreachable', { value: async () => undefined })
  await pass(30 * MINUTE)
  t.match(await helen(), { disabledAt: undefined })
  t.intercept(storage.identityChecks, 'countUnreachable', { value: countUnreachable.bind(storage.identityChecks) })
  await pass(30 * MINUTE)
  t.match(await helen(), { disabledAt: Number }, 'a provider that names nobody any more is forgiven for PROVIDER_GRACE alone')
})
