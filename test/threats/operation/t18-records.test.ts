// threat-model.md T18: what strangers register, and what is noted about it, is bounded as a record.
import t from 'tap'
import { REDIRECT_URI, createApi, isOAuthError } from '#test/support/api.ts'
import { registerManaged } from '#test/support/clients/management.ts'

const sizeOf = (record: unknown) => Buffer.byteLength(JSON.stringify(record))
const languages = (member: string, count: number, value: (index: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${member}#a${index}`, value(index)]))

t.test('T18: a client is bounded as a whole, whatever its members', async (t) => {
  const { app, storage } = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })
  const register = (members: object) =>
    app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI], ...members } })
  const uris = (count: number, length: number) =>
    Array.from({ length: count }, (_, i) => `https://client.example/${i}/${'x'.repeat(length)}`)
  const tooLarge = [
    { redirect_uris: uris(10, 1700) },
    { contacts: uris(60, 150), post_logout_redirect_uris: uris(10, 1000) },
    languages('logo_uri', 10, () => `https://client.example/${'x'.repeat(1800)}`),
    { client_name: '🪐'.repeat(200), ...languages('client_name', 10, () => '🪐'.repeat(200)), request_uris: uris(4, 1990) },
  ]
  for (const members of tooLarge)
    isOAuthError(t, await register(members), 400, 'invalid_client_metadata', 'the metadata is larger than 16 KB')
  const fine = await register({
    redirect_uris: uris(30, 200),
    contacts: ['ops@client.example'],
    ...languages('client_name', 10, () => '태양계'),
  })
  t.equal(fine.statusCode, 201)
  t.ok(sizeOf(await storage.clients.find(fine.json<{ client_id: string }>().client_id)) < 17_000)
})

t.test('T18: a member has few languages, and a request few members', async (t) => {
  const { app } = await createApi(t)
  const register = (members: object) =>
    app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI], ...members } })
  for (const member of ['client_name', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    const value = () => (member === 'client_name' ? 'x' : 'https://client.example/')
    const response = await register(languages(member, 11, value))
    isOAuthError(t, response, 400, 'invalid_client_metadata', `${member} must be in at most 10 languages`)
    t.equal((await register({ ...languages(member, 10, value), [member]: value() })).statusCode, 201, member)
  }
  t.equal((await register(languages('client_name', 30, () => '\u200B'))).statusCode, 201, 'what is nothing is not kept')
  isOAuthError(t, await register(languages('unknown', 100, () => 'x')), 400, 'invalid_client_metadata')
})

t.test('T18: an event stays below 2 KB, also of the largest change', async (t) => {
  const { app, storage } = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })
  const members = (letter: string) => languages('logo_uri', 8, (index) => `https://client.example/${index}${letter.repeat(1800)}`)
  const client = await registerManaged(app, members('a'))
  for (const letter of ['b', 'c']) t.equal((await client.update(members(letter))).statusCode, 200)
  t.equal((await client.delete()).statusCode, 204)
  await app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [`ftp://x.example/${'x'.repeat(2000)}`] } })
  const events = await storage.auditEvents.list({ since: 0, limit: 100 })
  t.equal(events.length, 5)
  for (const event of events) t.ok(sizeOf(event) < 2048, `${event.name}: ${sizeOf(event)}`)
})

t.test('T18: registering, changing and deleting share one limit of the sender; reading has its own', async (t) => {
  const { app } = await createApi(t, { RATE_LIMIT_REGISTER: '6/1m' })
  const client = await registerManaged(app)
  for (let i = 0; i < 3; i++) t.equal((await client.update({ client_name: `name ${i}` })).statusCode, 200)
  const other = await registerManaged(app)
  t.equal((await other.delete()).statusCode, 204)
  const limited = await client.update({ client_name: 'one too many' })
  isOAuthError(t, limited, 429, 'temporarily_unavailable', 'too many requests from this address: try again later')
  t.match(limited.headers['retry-after'], /^\d+$/)
  t.equal((await client.delete()).statusCode, 429)
  t.equal((await app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI] } })).statusCode, 429)
  t.equal((await client.read()).statusCode, 200)
})

t.test('T18: the networks of one IPv6 site have sixteen limits together, at every limited endpoint', async (t) => {
  const { app } = await createApi(t, { RATE_LIMIT_REGISTER: '1/1m', RATE_LIMIT_TOKEN: '1/1m', TRUST_PROXY: '1' })
  const send = async (url: string, address: string) =>
    (await app.inject({ method: 'POST', url, headers: { 'x-forwarded-for': address } })).statusCode
  for (const url of ['/register', '/token', '/revoke', '/par', '/device_authorization']) {
    for (let i = 0; i < 16; i++) t.not(await send(url, `2001:db8:1:${i}::1`), 429, `${url} ${i}`)
    t.equal(await send(url, '2001:db8:1:f00::1'), 429, url)
    t.not(await send(url, '2001:db8:2::1'), 429, url)
    t.not(await send(url, '192.0.2.1:5000'), 429, url)
    t.equal(await send(url, '192.0.2.1:5001'), 429, url)
  }
})

t.test('T18: past the budget of a day, changes of strangers happen without an event', async (t) => {
  const { app, storage } = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })
  const client = await registerManaged(app)
  for (let i = 0; i < 499; i++) await client.update({ client_name: `name ${i}` })
  await client.update({ client_name: 'without details' })
  const [last, before] = await storage.auditEvents.list({ since: 0, limit: 2 })
  t.match([last!.details, before!.details], [{ omitted: true }, { client_name: ['name 497', 'name 498'] }])
  for (let i = 0; i < 1500; i++) await client.update({ client_name: `more ${i}` })
  t.equal((await client.delete()).statusCode, 204)
  const events = await storage.auditEvents.list({ since: 0, limit: 5000 })
  t.equal(events.length, 2000)
  t.equal(events.filter(({ name }) => name === 'client.deleted').length, 0)
})
