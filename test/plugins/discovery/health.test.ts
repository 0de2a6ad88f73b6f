import t from 'tap'
import { createApi, isOAuthError } from '#test/support/api.ts'
import { createApp } from '#test/support/app.ts'
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

t.test('an operator on the same machine reads the version, and nobody who comes through a proxy or from elsewhere', async (t) => {
  const env = { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'a passphrase of the tests' }
  const { app } = await createApp(t, env, undefined, {
    program: { version: '1.2.3', node: '24.0.0', installed: () => ({ version: '1.2.3', released: '2026-11-29' }) },
  })
  const ask = async (headers: Record<string, string>, remoteAddress = '127.0.0.1', url = '/readyz') =>
    (await app.inject({ url, headers, remoteAddress })).json<{ version?: string }>().version
  for (const [host, address] of [
    ['localhost:8000', '127.0.0.1'],
    ['127.0.0.1', '::1'],
    ['[::1]:8000', '::ffff:127.0.0.1'],
  ] as const)
    t.equal(await ask({ host }, address), '1.2.3', host)
  t.equal(await ask({ host: 'auth.example.com' }), undefined, 'a proxy that forwards the host')
  t.equal(await ask({ host: 'localhost' }, '192.0.2.1'), undefined)
  for (const name of ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Real-IP', 'Via'])
    t.equal(await ask({ host: 'localhost', [name]: '127.0.0.1' }), undefined, name)
  t.equal(await ask({ host: 'localhost' }, '127.0.0.1', '/healthz'), undefined)
  const embedded = await createApp(t)
  t.strictSame((await embedded.app.inject('/readyz')).json(), { status: 'ok' }, 'a program that names no version')
})
