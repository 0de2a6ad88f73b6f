// Logins and token families are kept with the person; each person has a share of what is kept, and failures are counted.
import t from 'tap'
import { REDIRECT_URI, createApi } from '#test/support/api.ts'
import { captureLog } from '#test/support/log.ts'

const named = async ({ storage }: Awaited<ReturnType<typeof createApi>>, name: string) =>
  (await storage.auditEvents.list({ since: 0, limit: 3000 })).filter((event) => event.name === name)

t.test('an operator sees who logged in and how, which app got tokens, and that a token came twice', async (t) => {
  const api = await createApi(t)
  const client = await api.register()
  const tokens = await api.tokens(client, { scopes: ['openid', 'offline_access'] })
  const refresh = () =>
    api.post('/token', {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token!,
      client_id: client.client_id,
      client_secret: client.client_secret!,
    })
  t.equal((await refresh()).statusCode, 200)
  for (let count = 0; count < 3; count++) {
    api.clock.now += 61_000
    t.equal((await refresh()).statusCode, 400)
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.match(await named(api, 'grant.issued'), [
    { actor: 'user admin', clientId: client.client_id, details: { user: 'admin', grant: String, scope: /openid/ } },
  ])
  t.match(await named(api, 'grant.replayed'), [{ actor: 'client', clientId: client.client_id, details: { user: 'admin' } }])
  t.notMatch(JSON.stringify(await api.storage.auditEvents.list({ since: 0, limit: 100 })), tokens.refresh_token!)
})

t.test('whose token came twice is refused also if the event of it can not be kept', async (t) => {
  const log = captureLog('warn')
  const api = await createApi(t, {}, log.logger)
  const client = await api.register()
  const { refresh_token: refreshToken } = await api.tokens(client, { scopes: ['offline_access'] })
  const refresh = () =>
    api.post('/token', {
      grant_type: 'refresh_token',
      refresh_token: refreshToken!,
      client_id: client.client_id,
      client_secret: client.client_secret!,
    })
  t.equal((await refresh()).statusCode, 200)
  api.clock.now += 61_000
  const { insert } = api.storage.auditEvents
  const { find } = api.storage.users
  api.storage.auditEvents.insert = () => Promise.reject(new Error('away'))
  api.storage.users.find = () => Promise.reject(new Error('away'))
  t.equal((await refresh()).statusCode, 400)
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.match(log.lines(), [{ msg: 'an audit event is lost', event: 'grant.replayed' }])
  Object.assign(api.storage.auditEvents, { insert })
  Object.assign(api.storage.users, { find })
})

t.test('T18: the same refusal of one sender is one event with a count for ten minutes, that of another is its own', async (t) => {
  const api = await createApi(t)
  const refuse = (remoteAddress: string, payload: object = {}) =>
    api.app.inject({ method: 'POST', url: '/register', payload, remoteAddress })
  await Promise.all([1, 2, 3, 4].map(() => refuse('192.0.2.1')))
  await refuse('192.0.2.1', { redirect_uris: [REDIRECT_URI], client_name: 1 })
  await refuse('192.0.2.2')
  const counts = async () => (await named(api, 'client.refused')).map(({ address, times = 1 }) => `${address} ${times}`).sort()
  const error = async () => new Set((await named(api, 'client.refused')).map(({ details }) => details['error'])).size
  t.equal(await error(), 2)
  t.strictSame(await counts(), ['192.0.2.1 1', '192.0.2.1 4', '192.0.2.2 1'])
  api.clock.now += 599_999
  await refuse('192.0.2.1')
  t.strictSame(await counts(), ['192.0.2.1 1', '192.0.2.1 5', '192.0.2.2 1'])
  api.clock.now += 1
  await refuse('192.0.2.1')
  t.strictSame(await counts(), ['192.0.2.1 1', '192.0.2.1 1', '192.0.2.1 5', '192.0.2.2 1'])
})

t.test('a refusal that could not be kept is not counted with the next one', async (t) => {
  const api = await createApi(t)
  const { insert } = api.storage.auditEvents
  const refuse = () => api.app.inject({ method: 'POST', url: '/register', payload: {} })
  api.storage.auditEvents.insert = () => Promise.reject(new Error('away'))
  t.equal((await refuse()).statusCode, 500)
  Object.assign(api.storage.auditEvents, { insert })
  t.equal((await refuse()).statusCode, 400)
  t.equal((await named(api, 'client.refused'))[0]!.times, undefined)
})

t.test('T18: people who sign in from one address have a share each, which does not depend on how many there are', async (t) => {
  const { app } = await createApi(t)
  const { kept, event } = app.audit
  const request = { actor: 'anonymous', ip: '192.0.2.1', log: app.log } as never
  const spend = (actor: string, count: number) => {
    let whole = 0
    for (let index = 0; index < count; index++) {
      const kind = kept(event(request, { name: 'user.logged_in', actor, details: { user: actor } }))
      if (kind?.details['user'] !== undefined) whole++
    }
    return whole
  }
  for (let person = 0; person < 30; person++) t.equal(spend(`user ${person}`, 200), 200)
  t.equal(spend('user 0', 600), 300)
})
