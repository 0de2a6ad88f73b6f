import t from 'tap'
import { addIdentity, addProvider, addUser } from '#test/storage/conformance/records.ts'
import { openTerminal } from './terminal/terminal.ts'

t.test('an operator adds a provider, sees it, changes it and takes it away', async (t) => {
  const { pipe } = openTerminal(t, { PROVIDER_SECRET: 'a secret of the provider' })
  t.match((await pipe('provider list')).output, /^There are none\. Add one with: solar provider add <name>/)
  const added = await pipe('provider add acme --kind oidc --issuer https://id.example.com --client-id solar --domain acme.example')
  t.match(added, { code: 0, output: /redirect URI at the provider:\n {2}http:\/\/localhost:8000\/login\/acme\/callback\n$/ })
  t.match(JSON.parse((await pipe('provider add work --kind google --client-id id --json')).output), { name: 'work', enabled: true })
  t.match((await pipe('provider list')).output, /│ acme +│ oidc +│ https:\/\/id\.example\.com +│ command +│ enabled/u)
  t.match(await pipe('provider update acme --label Acme --groups /groups'), { output: 'acme is changed.\n' })
  t.match((await pipe('provider show acme')).output, /Acme/)
  t.match(JSON.parse((await pipe('provider show acme --json')).output), { label: 'Acme', domains: ['acme.example'], groups: '/groups' })
  t.match(await pipe('provider update acme --groups groups'), { code: 1, errors: /--groups must be the path of a claim/ })
  await pipe('provider update acme --groups ""')
  t.notOk('groups' in JSON.parse((await pipe('provider show acme --json')).output))
  t.match(await pipe('provider disable acme'), { output: /^Nobody logs in by acme any more\./ })
  t.match((await pipe('provider list')).output, /disabled/)
  t.match(await pipe('provider enable acme'), { output: 'People can log in by acme again.\n' })
  t.match(await pipe('provider delete acme --yes'), { output: /^acme is deleted\./ })
  t.match(JSON.parse((await pipe('provider list --json')).output), [{ name: 'work' }])
  t.match(await pipe('provider check acme'), { code: 1, errors: /There is no provider acme/ })
  t.match(await pipe('provider show acme'), { code: 1, errors: 'There is no provider acme. List them with: solar provider list\n' })
  t.match(await pipe('provider add other'), { code: 1, errors: /--kind must be one of google, github, microsoft, oidc/ })
})

t.test('an operator sees who put a provider there, and takes an account at one from a user', async (t) => {
  const { pipe, look } = openTerminal(t)
  await look(async (storage) => {
    const provider = await addProvider(storage, { name: 'acme', origin: 'environment' })
    await addIdentity(storage, (await addUser(storage, { username: 'helen' })).id, provider.id)
  })
  t.match((await pipe('provider list')).output, /environment/)
  t.match(JSON.parse((await pipe('provider show acme --json')).output), { from: 'environment' })
  t.match(await pipe('provider add other --kind google --client-id id'), { code: 1, errors: /The client secret is missing\./ })
  t.match(await pipe('user unlink helen acme'), { code: 0, output: /^helen has no account at acme any more\./ })
  t.match(await pipe('user unlink helen acme'), { code: 1, errors: 'helen has no account at a provider acme.\n' })
  t.match(await pipe('user unlink eve acme'), { code: 1, errors: /user list/ })
})
