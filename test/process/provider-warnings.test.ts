import t from 'tap'
import { warningsAboutProviders } from '#src/process/provider-warnings.ts'
import { makeProvider } from '#test/storage/conformance/records.ts'
import { testConfig } from '#test/support/app.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

const google = makeProvider({ name: 'google', kind: 'google' })
const github = makeProvider({ name: 'github', kind: 'github' })

t.test('a provider without a rule, and a server without any way in, are said at the start', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const warn = (env: Record<string, string>, providers = [google, github]) => warningsAboutProviders(storage, testConfig(env), providers)
  t.match(await warn({}), [/^No rule says who may come in by google, github: only people who exist or were invited come in\./])
  t.match(await warn({ ADMIT: 'google:hd=acme.com' }), [/by github: only people/])
  t.match(await warn({ ADMIT: 'github:hd=acme.com' }), [/^No rule/], 'a rule that nobody can meet is none')
  t.strictSame(await warn({ ADMIT: '@acme.com' }), [])
  await storage.admissionRules.insert({ rule: 'github:org=acme', createdAt: 1 })
  t.match(await warn({}), [/by google: only people/])
  t.match(await warn({ PASSWORD_LOGIN: 'off' }, []), [/^PASSWORD_LOGIN is off, and there is no identity provider/])
  t.strictSame(await warn({}, []), [])
})
