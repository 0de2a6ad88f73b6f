import t from 'tap'
import { addIdentity, addProvider, addUser, makeEvent, makeIdentity } from '#test/storage/conformance/records.ts'
import { openTerminal } from '../terminal/terminal.ts'

t.test('an operator says who may come in, sees it, and takes it back', async (t) => {
  const { pipe } = openTerminal(t, { ADMIT: 'you@example.com' })
  t.match(await pipe('admission add @Acme.com'), { code: 0, output: 'From now on, @acme.com may come in.\n' })
  await pipe('group add staff')
  t.match(JSON.parse((await pipe('admission add github:org=acme --group staff --json')).output), { kind: 'org', group: 'staff' })
  t.match(await pipe('admission add google:hd=acme.com --group staff'), { output: /may come in, and is in the group staff\.\n$/ })
  await pipe('admission delete google:hd=acme.com')
  const { output } = await pipe('admission list')
  t.match(output, /│ you@example\.com +│ +│ ADMIT +│ +│/u)
  t.match(output, /│ @acme\.com +│ +│ command +│ 20\d\d-\d\d-\d\d \d\d:\d\d │/u)
  t.match(JSON.parse((await pipe('admission list --json')).output), [{ from: 'ADMIT' }, { rule: '@acme.com' }, { rule: 'github:org=acme' }])
  t.match(await pipe('admission delete @acme.com'), { code: 0, output: /^@acme\.com lets nobody in any more\./ })
  t.match(await pipe('admission delete @acme.com'), {
    code: 1,
    errors: 'There is no rule @acme.com. List them with: solar admission list\n',
  })
  t.match(await pipe('admission add "*"'), { code: 1, errors: /^"\*" is no rule: it must name each domain: there are no wildcards/ })
})

t.test('an operator without rules reads who comes in nevertheless', async (t) => {
  const { pipe } = openTerminal(t)
  t.match((await pipe('admission list')).output, /^There are none: only people whom you made or invited come in by a provider\./)
  t.match((await pipe('admission explain eve@acme.com')).output, /^Somebody new .* does not come in: there is no rule, so only people/)
})

t.test('an operator asks why somebody gets in or not', async (t) => {
  const { pipe, look } = openTerminal(t, { ADMIT: '@acme.com,github:org=acme' })
  t.equal(
    (await pipe('admission explain eve@acme.com')).output,
    'Somebody new with the verified address eve@acme.com: comes in by @acme.com.\n',
  )
  await look(async (storage) => {
    const provider = await addProvider(storage, { name: 'google', kind: 'google' })
    const eve = await addUser(storage, { username: 'eve', email: 'eve@evil.example', origin: 'provider' })
    await addIdentity(storage, eve.id, provider.id, {
      claims: { ...makeIdentity('', '').claims, email: 'eve@acme.com', emailVerified: false },
    })
    const ann = await addUser(storage, { username: 'ann', email: 'eve@evil.example' })
    const identity = await addIdentity(storage, ann.id, provider.id)
    const event = makeEvent({ name: 'identity.failed' })
    await storage.identityChecks.end(identity, { reason: 'it is gone', now: identity.lastLoginAt + 3_600_000, event })
    await addUser(storage, { username: 'bob', email: 'eve@evil.example', origin: 'provider' })
  })
  await pipe('user disable bob')
  const { output } = await pipe('admission explain eve@evil.example')
  t.match(output, /does not come in: no rule names them\.\nBut what the provider says .* github:org=acme\n/)
  t.match(output, /User eve:\n {2}by google: does not come in: a rule names the address, but the provider does not vouch for it\.\n/)
  t.match(
    output,
    /User ann, made or invited by an operator:\n {2}by google: comes in, and needs no rule\. The last check failed: it is gone\.\n/,
  )
  t.match(output, /User bob \(disabled\):\n {2}has no account at a provider\.\n/)
  t.match(JSON.parse((await pipe('admission explain eve@acme.com --json')).output), { newcomer: { by: '@acme.com' } })
  t.match(await pipe('admission explain acme.com'), {
    code: 1,
    errors: '"acme.com" is no e-mail address such as you@example.com.\n',
  })
})
