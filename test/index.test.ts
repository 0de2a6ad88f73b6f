import t from 'tap'
import { buildApp, loadConfig, loadKeyset, openStorage } from '#src/index.ts'
import type { AppOptions } from '#src/index.ts'

t.test('a program can run the server inside it with nothing but what the package exports', async (t) => {
  const config = loadConfig({ SECRET: 'a secret of the program, longer than 32 characters', DATABASE_URL: 'sqlite::memory:' })
  if (!config.ok) return t.fail(config.error.join(' '))
  const { databaseUrl, secret, issuer } = config.value
  const storage = await openStorage(databaseUrl)
  const keyset = await loadKeyset(storage.keys, secret!, Date.now())
  const options: AppOptions = { config: config.value, storage, keyset, secret: secret! }
  const app = await buildApp(options)
  t.teardown(() => app.close())
  t.match((await app.inject('/.well-known/oauth-authorization-server')).json(), { issuer })
  t.match((await app.inject('/jwks')).json(), { keys: [{ alg: 'ES256' }, { alg: 'RS256' }] })
})
