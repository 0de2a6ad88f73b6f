// Groups that a provider or an admission rule gives: they follow each login and each check, and count at once.
import t from 'tap'
import type { Test } from 'tap'
import { makeEvent } from '#test/storage/conformance/records.ts'
import { HELEN, comeIn } from '#test/support/people/provided-person.ts'

const MINUTE = 60_000

async function start(t: Test) {
  const scene = await comeIn(t)
  const { storage, clock, provider } = scene
  for (const name of ['staff', 'planets', 'moons']) await storage.groups.insert({ name, description: '', createdAt: clock.now })
  const before = (await storage.providers.findByName('acme'))!
  const settings = { ...before.settings, groups: '/groups' }
  await storage.providers.update({ before, after: { ...before, settings, updatedAt: before.updatedAt + 1 } })
  const says = (groups: unknown) => void (provider.switches.claims = { groups })
  const groupsOf = async (username = HELEN.email) => {
    const user = (await storage.users.findByUsername(username))!
    return (await storage.groups.listOf(user.id)).map(({ group, source }) => `${group} by ${source.replace(before.id, 'acme')}`)
  }
  const events = async (name: 'group.joined' | 'group.left') =>
    (await storage.auditEvents.list({ since: 0, limit: 50 }))
      .filter((event) => event.name === name)
      .map(({ details }) => details?.['group'])
  return { ...scene, says, groupsOf, acme: before, names: events }
}

t.test('what the provider says at a login and at each check are the groups, as far as they exist here', async (t) => {
  const { says, connect, groupsOf, storage, pass, refresh, names } = await start(t)
  says(['planets', 'unknown', 7, 'staff'])
  const { tokens } = await connect()
  t.strictSame(await groupsOf(), ['planets by provider:acme', 'staff by provider:acme'])
  const { id } = (await storage.users.findByUsername(HELEN.email))!
  await storage.groups.join({ group: 'staff', userId: id, source: 'manual', since: 0 })

  says(['moons'])
  await refresh(tokens.refresh_token)
  await pass(10 * MINUTE)
  t.strictSame(await groupsOf(), ['moons by provider:acme', 'staff by manual'], 'and what an operator did by hand stays')
  t.strictSame((await names('group.left')).sort(), ['planets', 'staff'])

  says('planets')
  await connect()
  t.strictSame(await groupsOf(), ['planets by provider:acme', 'staff by manual'])
  says(undefined)
  await connect()
  t.strictSame(await groupsOf(), ['staff by manual'], 'a provider that names none, or too many, gives none')
  t.match((await names('group.joined')).length, 4)
})

t.test('everybody of whom a rule holds is in its group, until it holds no longer', async (t) => {
  const { says, connect, groupsOf, storage, pass, clock, acme } = await start(t)
  const add = (rule: string, group?: string) => storage.admissionRules.insert({ rule, group, createdAt: clock.now })
  await add('acme:claim=/department=research', 'staff')
  await add('acme:claim=/department=sales', 'moons')
  await add('@acme.example', 'planets')
  says(undefined)
  await connect()
  t.strictSame(await groupsOf(), ['planets by admission'])
  const user = (await storage.users.findByUsername(HELEN.email))!

  // Another account of the same person, at a provider of its own, gives what its claims say.
  const other = { ...acme, id: 'other', name: 'other', settings: { domains: [], follow: false } }
  await storage.providers.insert(other)
  const [identity] = await storage.identities.listOf(user.id)
  const claims = { ...identity!.claims, email: 'helen@elsewhere.example', named: { department: 'sales' } }
  const second = { ...identity!, id: 'second', providerId: 'other', claims, managed: false }
  await add('other:claim=/department=sales', 'moons')
  await storage.identities.link(second, makeEvent({ name: 'identity.linked' }))
  await connect()
  t.strictSame(await groupsOf(), ['moons by admission', 'planets by admission'])

  await storage.identityChecks.end(second, {
    now: clock.now + MINUTE,
    reason: 'gone',
    event: makeEvent({ name: 'identity.failed' }),
  })
  t.strictSame(await groupsOf(), [], 'with an account goes what it gave')
  await connect()
  t.strictSame(await groupsOf(), ['planets by admission'], 'and the next login or check of another account brings back what that one gives')

  await storage.admissionRules.delete('@acme.example')
  await pass(11 * MINUTE)
  t.strictSame(await groupsOf(), [])
})

t.test('a provider that gives nothing to ask with: the rules of today count all the same', async (t) => {
  const { connect, groupsOf, storage, pass, clock, provider } = await start(t)
  await storage.admissionRules.insert({ rule: '@acme.example', group: 'planets', createdAt: clock.now })
  provider.switches.tokens = { refresh_token: undefined }
  await connect()
  t.strictSame(await groupsOf(), ['planets by admission'])
  await storage.admissionRules.delete('@acme.example')
  await pass(11 * MINUTE)
  t.strictSame(await groupsOf(), [])
})
