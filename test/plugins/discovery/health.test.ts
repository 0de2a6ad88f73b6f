import t from 'tap'
import { createApi, isOAuthError } from '#test/support/api.ts'
import { StorageUnavailable } from '#src/storage/storage.ts'
import { stub } from '#test/support/stub.ts'

t.test('an orchestrator learns that the process is alive and that its database answers', async (t) => {
  const { app } = await createApi(t)
  for (const url of ['/healthz', '/readyz']) {
    const response = await app.inject(url)
    t.equal(response.statusCode, 200, url)
    t.strictSame(response.json(), { status: 'ok' })
    t.equal(response.headers['cache-control'], 'no-store')
    t.equal((await app.inject({ method: 'HEAD', url })).statusCode, 200)
  }
})

t.test('an orchestrator that knows only the port finds both, whatever path the issuer has', async (t) => {
  const { app } = await createApi(t, { ISSUER: 'https://auth.example.com/t1', ADMIN_PASSWORD: 'a passphrase of the tests' })
  for (const url of ['/healthz', '/readyz', '/t1/healthz', '/t1/readyz']) t.equal((await app.inject(url)).statusCode, 200, url)
  const { endpoints } = (await app.inject({ url: '/', headers: { accept: 'application/json' } })).json<{
    endpoints: Record<string, string>
  }>()
  t.match(endpoints, { health: 'https://auth.example.com/t1/healthz', readiness: 'https://auth.example.com/t1/readyz' })
})

t.test('an orchestrator learns that the database is gone, whatever the database says, and that the process is alive', async (t) => {
  for (const error of [new StorageUnavailable('SQLite: database is locked'), new Error('connect ECONNREFUSED 10.0.0.7')]) {
    const { app, storage } = await createApi(t)
    stub(storage, { ping: () => Promise.reject(error) })
    const response = await app.inject('/readyz')
    isOAuthError(t, response, 503, 'temporarily_unavailable', 'the database does not answer')
    t.match(response.headers['retry-after'], /^\d+$/)
    t.equal((await app.inject('/healthz')).statusCode, 200)
  }
})
