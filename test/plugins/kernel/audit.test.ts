// Each registration, update, deletion and refusal is kept: who, from where, what, and never a secret.
import t from 'tap'
import { REDIRECT_URI, createApi } from '#test/support/api.ts'
import { handOut } from '#test/support/initial-access.ts'
import { captureLog } from '#test/support/log.ts'
import { registerManaged } from '#test/support/clients/management.ts'

const log = captureLog()
const api = await createApi(t, { RATE_LIMIT_REGISTER: 'off' }, log.logger)
const { app, storage } = api
/** The oldest first. */
const events = async (clientId?: string) => (await storage.auditEvents.list({ clientId, since: 0, limit: 100 })).reverse()

t.test('the life of a client is told: who, from where, what changed', async (t) => {
  const client = await registerManaged(app, { client_name: 'Comet' })
  const { client_id: id, client_secret: secret, registration_access_token: token } = client.information
  await client.update({ client_name: 'Meteor', contacts: ['ops@client.example'], client_secret: secret })
  await client.read('wrong')
  await client.update({ redirect_uris: ['javascript:alert(1)'] })
  await client.delete()
  const told = await events(id)
  t.match(told, [
    { name: 'client.registered', actor: 'anonymous', details: { client_name: 'Comet', redirect_uris: [REDIRECT_URI] } },
    {
      name: 'client.updated',
      actor: 'client',
      details: { client_name: ['Comet', 'Meteor'], contacts: [null, ['ops@client.example']], client_secret: 'new' },
    },
    { name: 'client.refused', actor: 'anonymous', details: { action: 'read', error: 'invalid_token' } },
    { name: 'client.refused', actor: 'client', details: { action: 'update', error: 'invalid_redirect_uri', description: /javascript/ } },
    { name: 'client.deleted', actor: 'client', details: { client_name: 'Meteor' } },
  ])
  for (const event of told) t.match(event, { at: Number, address: '127.0.0.1', clientId: id })
  t.notMatch(JSON.stringify(told[1]!.details), 'redirect_uris', 'what stayed is not told')
  for (const each of [secret!, token, client.information.client_secret ?? 'none', client.information.registration_access_token]) {
    t.notOk(JSON.stringify(told).includes(each), 'no secret')
    t.notOk(log.text().includes(each), 'nor in the log')
  }
  const lines = log.lines().filter((line) => line['client'] === id)
  t.strictSame(
    lines.map(({ msg, actor }) => `${String(msg)} by ${String(actor)}`),
    ['client registered by anonymous', 'client updated by client', 'client deleted by client'],
  )
})

t.test('who registers by a token is told by its name', async (t) => {
  const token = await handOut(api, { name: 'partners', policy: { redirectHosts: ['client.example'] } })
  const { information } = await registerManaged(app, {}, token)
  t.match(await events(information.client_id), [{ name: 'client.registered', actor: 'token partners' }])
  await app.inject({ method: 'POST', url: '/register', headers: token, payload: { redirect_uris: ['https://evil.example/'] } })
  t.match((await events()).at(-1), {
    name: 'client.refused',
    actor: 'token partners',
    details: { action: 'register', error: 'invalid_redirect_uri' },
  })
  t.notOk(JSON.stringify(await events()).includes(token.authorization.slice('Bearer '.length)))
})

t.test('every kind of refusal is told, but not what the limits turn away', async (t) => {
  const limited = await createApi(t, { RATE_LIMIT_REGISTER: '3/1m', REGISTRATION: 'token' })
  const headers = { 'content-type': 'application/json', authorization: 'Bearer wrong' }
  for (const [payload, sent] of [
    ['{', headers],
    ['{}', headers],
    ['{}', { 'content-type': 'application/json' }],
    ['{}', headers],
  ] as const) {
    await limited.app.inject({ method: 'POST', url: '/register', headers: sent, payload, remoteAddress: '2001:db8::7' })
  }
  const told = await limited.storage.auditEvents.list({ since: 0, limit: 100 })
  t.match(
    told.map(({ details }) => details['error']),
    ['invalid_token', 'invalid_client_metadata'],
  )
  t.match(told[0], { times: 2, lastAt: Number })
  for (const event of told) t.match(event, { name: 'client.refused', actor: 'anonymous', address: '2001:db8::7', clientId: undefined })
})

t.test('T18: a flood of refusals from many addresses is kept up to a bound a minute', async (t) => {
  const flooded = await createApi(t)
  const kept = async () => (await flooded.storage.auditEvents.list({ since: 0, limit: 1000 })).length
  const refuse = () =>
    Promise.all(
      Array.from({ length: 150 }, (_, i) =>
        flooded.app.inject({ method: 'POST', url: '/register', payload: {}, remoteAddress: `192.0.2.${i}` }),
      ),
    )
  t.strictSame(new Set((await refuse()).map(({ statusCode }) => statusCode)), new Set([400]))
  t.equal(await kept(), 120)
  t.equal((await flooded.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI] } })).statusCode, 201)
  t.equal(await kept(), 121, 'what happens is always kept')
  await refuse()
  t.equal(await kept(), 121, 'those that are kept are counted again')
  flooded.clock.now += 600_000
  await refuse()
  t.equal(await kept(), 241)
})

t.test('a refusal is answered by the storage’s own error when it cannot be kept', async (t) => {
  const broken = await createApi(t)
  await broken.storage.close()
  const response = await broken.app.inject({ method: 'POST', url: '/register', payload: {} })
  t.match([response.statusCode, response.json()], [503, { error: 'temporarily_unavailable' }])
})

t.test('a registration whose event cannot be kept does not happen', async (t) => {
  const { auditEvents } = storage
  const [before] = await auditEvents.list({ since: 0, limit: 1 })
  await t.rejects(storage.clients.insert({ ...(await anyClient()), id: 'client_unheard' }, before))
  t.equal(await storage.clients.find('client_unheard'), undefined)
})

const anyClient = async () => (await storage.clients.find((await registerManaged(app)).information.client_id))!
