import t from 'tap'
import { createVault } from '#src/crypto/vault.ts'
import { keepConfiguredProviders } from '#src/process/configured-providers.ts'
import { addProvider } from '#test/storage/conformance/records.ts'
import { testConfig } from '#test/support/app.ts'
import { OIDC } from '#test/support/providers/provider-flow.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

const SECRET = 'a secret of tests, longer than 32 characters'

t.test('each start keeps what the environment says of a provider, and what an operator changed besides', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const keep = (env: Record<string, string>, now: number, secret = SECRET) => keepConfiguredProviders(storage, testConfig(env), secret, now)
  const acme = async () => (await storage.providers.findByName('acme'))!
  const events = async () => (await storage.auditEvents.list({ since: 0, limit: 20 })).map(({ name }) => name)
  await keep(OIDC, 1)
  const before = await acme()
  t.match(before, { origin: 'environment', settings: { label: 'Acme' }, updatedAt: 1 })
  await storage.providers.update({
    before,
    after: { ...before, settings: { ...before.settings, domains: ['acme.example'] }, updatedAt: 2 },
  })
  await keep(OIDC, 3)
  t.equal((await acme()).updatedAt, 2, 'nothing has changed')
  const changes: Record<string, string>[] = [
    { OIDC_ISSUER: 'https://other.example' },
    { OIDC_CLIENT_ID: 'other' },
    { OIDC_CLIENT_SECRET: 'other' },
    { OIDC_NAME: 'ACME' },
    { OIDC_SCOPES: 'openid groups' },
  ]
  let now = 10
  for (const change of changes) {
    await keep({ ...OIDC, ...change }, ++now)
    t.match(await acme(), { updatedAt: now, settings: { domains: ['acme.example'] } }, Object.keys(change).join())
  }
  await keep(OIDC, 20)
  await keep(OIDC, 21, `${SECRET} of another installation`)
  t.equal((await acme()).updatedAt, 21, 'a secret that can’t be read any more is set again')
  t.equal(
    createVault(`${SECRET} of another installation`, undefined).decrypt((await acme()).encryptedClientSecret!),
    OIDC.OIDC_CLIENT_SECRET,
  )
  t.strictSame([...new Set(await events())].sort(), ['provider.added', 'provider.updated'])
})

t.test('a provider that an operator added is not overwritten', async (t) => {
  for (const changes of [{ origin: 'operator' }, { origin: 'environment', kind: 'google' }] as const) {
    const storage = await openPrepared()
    t.teardown(() => storage.close())
    await addProvider(storage, { name: 'acme', ...changes })
    await t.rejects(keepConfiguredProviders(storage, testConfig(OIDC), SECRET, 1), /names a provider acme, but there is one already/)
  }
})
