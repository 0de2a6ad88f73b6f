// The choice on the consent page, click by click: it narrows, it is kept, and nothing that somebody sends widens it.
import t from 'tap'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { ADMIN } from '#test/support/app.ts'
import { answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import type { Arrival, Page, Person } from '#test/support/people/person.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { addResource } from '#test/storage/conformance/records.ts'

const URI = 'https://planets.example/mcp'
const at = (...names: string[]) => names.map((name) => `${name} ${URI}`)
const SCOPES = [
  { name: 'use', description: 'Use it', kind: 'read', required: true },
  { name: 'look', description: 'Look around', kind: 'read', tools: ['look'] },
  { name: 'move', description: 'Move things', tools: ['move'] },
  { name: 'drop', description: 'Drop things', kind: 'destroy' },
] as const
const TOOLS = [{ name: 'look', title: 'Look at it', readOnly: true }, { name: 'move' }]
const ALL = 'openid use look move drop'

async function start(...[t, env = {}]: Parameters<typeof startFlow>) {
  const flow = await startFlow(t, env)
  const resource = await addResource(flow.storage, { identifier: URI, name: 'Planets', scopes: SCOPES, tools: TOOLS })
  flow.clock.now += FRESH_MS
  const url = (scope = ALL) => flow.url({ scope, resource: URI })
  const page = async (person: Person, scope?: string) => {
    const arrival = await person.open(url(scope))
    const first = pageOf(arrival)
    return /type="password"/.test(first.html) ? pageOf(await person.submit(first, ADMIN)) : first
  }
  const granted = async (arrival: Arrival) => (await grantOf(flow, answerOf(arrival)['code'])).scopes
  return { ...flow, resource, page, granted }
}

const allow = (person: Person, page: Page, fields: Record<string, string>) => person.submit(page, { decision: 'allow', ...fields })
/** What a browser sends, with these boxes ticked instead. */
const ticking = (page: Page, preset: string, ...scopes: string[]): Page => ({
  ...page,
  form: { ...page.form!, checked: [['preset', preset], ...at(...scopes).map((value) => ['scope', value] as const)] },
})

t.test('a person sees what each scope does, allows less, and the grant and the token say so', async (t) => {
  const flow = await start(t)
  const person = flow.person()
  const page = await flow.page(person)
  const text = textOf(page.html)
  for (const words of [
    /What may it do/,
    /Use it Always needed/,
    /Look around Tools: 1 Look at it/,
    /Move things Makes changes Tools: 1 move Makes changes/,
    /Drop things Can delete/,
  ])
    t.match(text, words)
  t.strictSame(page.form?.checked, [['preset', 'choose'], ...at('look', 'move').map((value) => ['scope', value])])
  const narrowed = await person.submit(ticking(page, 'choose', 'look'), { decision: 'allow' })
  t.strictSame(await flow.granted(narrowed), ['openid', ...at('use', 'look')])
  const events = await flow.storage.auditEvents.list({ since: 0, limit: 10 })
  t.notMatch(JSON.stringify(events.find(({ name }) => name === 'consent.given')), /move/)

  const again = await flow.page(person)
  t.match(textOf(again.html), /Allowed before: 1 Look around/)
  t.strictSame(again.form?.checked, [['preset', 'choose']], 'what was not chosen is not preselected')
  t.strictSame(await flow.granted(await person.submit(ticking(again, 'choose', 'move'), { decision: 'allow' })), [
    'openid',
    ...at('use', 'look', 'move'),
  ])
  t.equal(
    whereabouts(await person.open(flow.url({ scope: 'openid use look move', resource: URI }))),
    'client',
    'all of that is allowed now',
  )
})

t.test('presets decide, whatever the boxes say', async (t) => {
  const flow = await start(t)
  const outcomes = { all: ['use', 'look', 'move', 'drop'], read: ['use', 'look'], choose: ['use', 'drop'] }
  for (const [preset, expected] of Object.entries(outcomes)) {
    const person = flow.person()
    const page = await flow.page(person)
    t.strictSame(
      await flow.granted(await person.submit(ticking(page, preset, 'drop'), { decision: 'allow' })),
      ['openid', ...at(...expected)],
      preset,
    )
    await flow.storage.consents.save(
      {
        userId: (await flow.storage.users.findAdministrator())!.id,
        clientId: flow.clientId,
        receiver: 'client.example',
        clientHash: '',
        scopes: [],
        resources: [],
      },
      flow.clock.now,
    )
  }
})

t.test('no edited form, second tab or way back widens anything', async (t) => {
  const flow = await start(t)
  const person = flow.person()
  const [narrow, wide] = [await flow.page(person, 'openid use look'), await flow.page(person)]
  const edited = (page: Page, ...checked: (readonly [string, string])[]): Page => ({ ...page, form: { ...page.form!, checked } })
  const everything = at('use', 'look', 'move', 'drop').map((value) => ['scope', value] as const)
  t.strictSame(
    await flow.granted(await person.submit(edited(narrow, ['preset', 'all'], ...everything, ['scope', 'profile']), { decision: 'allow' })),
    ['openid', ...at('use', 'look')],
  )
  const stale = await person.submit(edited(wide, ['preset', 'all']), { decision: 'allow' })
  t.equal(whereabouts(stale), 'client', 'the other tab shows what it allows')
  t.strictSame(
    await flow.granted(await person.submit(edited(narrow), { decision: 'allow' })),
    ['openid', ...at('use')],
    'back, and allowed again with less',
  )
  for (const checked of [[], [['preset', 'everything']], [['scope', 'move']], [['scope', '__proto__']]] as [string, string][][]) {
    const other = await flow.register({ client_name: `Another ${JSON.stringify(checked)}` })
    const fresh = pageOf(await person.open(flow.url({ client_id: other, scope: ALL, resource: URI })))
    t.strictSame(
      await flow.granted(await person.submit(edited(fresh, ...checked), { decision: 'allow' })),
      ['openid', ...at('use')],
      JSON.stringify(checked),
    )
  }
  const twice = pageOf(await person.open(flow.url({ client_id: await flow.register({ client_name: 'Twice' }), scope: ALL, resource: URI })))
  const refused = await person.submit(edited(twice, ['preset', 'all'], ['preset', 'read']), { decision: 'allow' })
  t.equal(pageOf(refused).status, 400, 'a preset is said once')
})

t.test('what changes on the page while it is open is shown again', async (t) => {
  const flow = await start(t)
  const change = async (more: object) => {
    const before = (await flow.storage.resources.find(flow.resource.id))!
    await flow.storage.resources.update({ before, after: { ...before, ...more, updatedAt: before.updatedAt + 1 } })
    flow.clock.now += FRESH_MS
  }
  const person = flow.person()
  const changes = [
    { tools: [{ name: 'look', title: 'Look closer', readOnly: true }] },
    { tools: [...TOOLS, { name: 'new' }], scopes: SCOPES.map((scope) => ({ ...scope, tools: ['look', 'move', 'new'] })) },
    { scopes: SCOPES.map((scope) => ({ ...scope, kind: 'write' as const })) },
    { scopes: SCOPES.map(({ name, description }) => ({ name, description })) },
  ]
  for (const more of changes) {
    const page = await flow.page(person)
    await change(more)
    t.equal(whereabouts(await allow(person, page, {})), 'consent', JSON.stringify(more))
  }
})

t.test('a consent from before the kinds and tools were known keeps counting', async (t) => {
  const flow = await start(t)
  const before = (await flow.storage.resources.find(flow.resource.id))!
  const plain = { ...before, scopes: SCOPES.map(({ name, description }) => ({ name, description })), updatedAt: before.updatedAt + 1 }
  await flow.storage.resources.update({ before, after: plain })
  flow.clock.now += FRESH_MS
  const person = flow.person()
  await flow.granted(await person.submit(ticking(await flow.page(person), 'all'), { decision: 'allow' }))
  await flow.storage.resources.update({ before: plain, after: { ...before, updatedAt: plain.updatedAt + 1 } })
  flow.clock.now += FRESH_MS
  t.equal(whereabouts(await person.open(flow.url({ scope: ALL, resource: URI }))), 'client')
})

t.test('with CONSENT_CHOICE=off there is nothing to choose', async (t) => {
  const flow = await start(t, { CONSENT_CHOICE: 'off' })
  const person = flow.person()
  const page = await flow.page(person)
  t.notMatch(page.html, /name="(preset|scope)"/)
  t.strictSame(await flow.granted(await allow(person, page, { preset: 'read' })), ['openid', ...at('use', 'look', 'move', 'drop')])
})

t.test('a device gets what the person chose', async (t) => {
  const flow = await createDeviceConversation(t)
  await addResource(flow.storage, { identifier: URI, scopes: SCOPES })
  flow.clock.now += FRESH_MS
  const asked = await flow.ask({ scope: ALL, resource: URI })
  await flow.person.submit(ticking(await flow.enter(asked.user_code), 'read'), { decision: 'allow' })
  t.equal((await flow.outcome(asked)).scope, 'openid use look')
})
