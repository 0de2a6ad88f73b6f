// Access rules where somebody decides: what is offered, what is denied, and who learns why.
import t from 'tap'
import { hashCheaply } from '#test/support/people/cheap-password.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { addRule } from '#test/support/access.ts'
import { ADMIN } from '#test/support/app.ts'
import { addUser, answerOf, grantOf, pageOf, startFlow, textOf, whereabouts } from '#test/support/authorization.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { addResource } from '#test/storage/conformance/records.ts'

const URI = 'https://planets.example/mcp'
const SCOPES = ['read', 'write'].map((name) => ({ name, description: `To ${name}` }))
const NOBODY = { who: { kind: 'user', userId: 'nobody' } } as const

async function startWithResource(...[t, env = {}, metadata]: Parameters<typeof startFlow>) {
  const flow = await startFlow(t, { SUPPORT_CONTACT: 'help@example.com', ...env }, metadata)
  const resource = await addResource(flow.storage, { identifier: URI, scopes: SCOPES })
  flow.clock.now += FRESH_MS
  const url = (scope: string, more = {}) => flow.url({ scope, resource: URI, ...more })
  /** The page after the login. */
  const arrive = async (address: string, person = flow.person()) => person.submit(pageOf(await person.open(address)), ADMIN)
  const denials = async () => (await flow.storage.auditEvents.list({ since: 0, limit: 100 })).filter(({ name }) => name === 'access.denied')
  return { ...flow, resource, url, arrive, denials }
}

t.test('a person is offered the scopes that the rules allow, and the grant has no others', async (t) => {
  const flow = await startWithResource(t)
  await addRule(flow, flow.resource.id, 'deny', { scopes: ['write'] })
  const person = flow.person()
  const page = pageOf(await flow.arrive(flow.url('openid read write'), person))
  t.match(textOf(page.html), /To read/)
  t.notMatch(textOf(page.html), /To write/)
  const { code } = answerOf(await person.submit(page, { decision: 'allow' }))
  t.strictSame((await grantOf(flow, code)).scopes, ['openid', `read ${URI}`])
  t.strictSame(await flow.denials(), [], 'something is left')
})

t.test(
  'a person who may use nothing learns whom to ask; the app learns no more than that, and the operator which rule it was',
  async (t) => {
    const flow = await startWithResource(t)
    const person = flow.person()
    const url = flow.url('openid read')
    await person.authorize(url) // The app is known, and would be answered without a page.
    const rule = await addRule(flow, flow.resource.id, 'deny')
    const arrival = await person.open(url)
    t.equal(whereabouts(arrival), 'error')
    const { html, status } = pageOf(arrival)
    t.equal(status, 400)
    t.match(textOf(html), /Your account may not use what the app asks for.*Ask the people who run this server.*help@example\.com/)
    t.notMatch(html, rule.id)
    const answer = answerOf(arrival)
    t.match(answer, { error: 'access_denied', error_description: 'this account may not use what the app asks for', state: 'the state' })
    t.match(await flow.denials(), [
      { actor: 'user admin', clientId: flow.clientId, details: { denial: `${URI}: denied by rule ${rule.id}` } },
    ])
    await flow.storage.accessRules.delete(rule.id)
    flow.clock.now += FRESH_MS
    t.equal(whereabouts(await person.open(url)), 'client', 'the consent is as it was')
  },
)

t.test('a person who may use nothing can go on with another account, and only that one is asked', async (t) => {
  const flow = await startWithResource(t)
  const { id } = (await flow.storage.users.findByUsername('admin'))!
  await addRule(flow, flow.resource.id, 'deny', { who: { kind: 'user', userId: id } })
  const helen = { username: 'helen', password: 'three mice behind the sofa' }
  const times = { createdAt: flow.clock.now, updatedAt: flow.clock.now }
  const passwordHash = await hashCheaply(helen.password)
  await flow.storage.users.insert({
    id: 'helen',
    username: 'helen',
    passwordHash,
    origin: 'operator',
    profile: {},
    emailVerified: false,
    ...times,
  })
  const person = flow.person()
  const denied = pageOf(await flow.arrive(flow.url('openid read'), person))
  t.match(textOf(denied.html), /Your account may not use.*Use another account/)
  flow.clock.now += 1000
  const login = pageOf(await person.submit(denied, { decision: 'switch' }))
  t.equal(whereabouts({ page: login }), 'login')
  flow.clock.now += 1000
  const consent = pageOf(await person.submit(login, helen))
  t.equal(whereabouts({ page: consent }), 'consent')
  t.match(textOf(consent.html), /helen/)
  t.equal(whereabouts(await flow.person().submit(denied, { decision: 'switch' })), 'error', 'in the browser that was denied')
})

t.test('a silent request is answered without a page, and says nothing of a person who never allowed the app', async (t) => {
  const flow = await startWithResource(t)
  await addRule(flow, flow.resource.id, 'allow', NOBODY)
  const person = flow.person()
  await flow.arrive(flow.url('openid'), person)
  const silent = (more = {}) => person.open(flow.url('openid read', { prompt: 'none', ...more }))
  t.match(answerOf(await silent()), { error: 'consent_required' })
  t.match(answerOf(await person.open(flow.url('openid read', { prompt: 'none', resource: undefined }))), { error: 'consent_required' })
})

t.test('a rule that comes while the page is open counts for what the person then allows', async (t) => {
  const flow = await startWithResource(t)
  const person = flow.person()
  const page = pageOf(await flow.arrive(flow.url('openid read write'), person))
  const rule = await addRule(flow, flow.resource.id, 'deny', { scopes: ['write'] })
  const again = await person.submit(page, { decision: 'allow' })
  t.equal(whereabouts(again), 'consent', 'it is shown once more, without what is gone')
  t.notMatch(textOf(pageOf(again).html), /To write/)
  await addRule(flow, flow.resource.id, 'deny')
  t.equal(whereabouts(await person.submit(pageOf(again), { decision: 'allow' })), 'error')
  t.ok(rule.id)
})

t.test('of several resources, the one that is denied is left out', async (t) => {
  const flow = await startWithResource(t)
  const moons = await addResource(flow.storage, { identifier: 'https://moons.example/mcp', scopes: SCOPES })
  await addRule(flow, moons.id, 'allow', NOBODY)
  const person = flow.person()
  const page = pageOf(await flow.arrive(flow.url('openid read', { resource: [URI, moons.identifier] }), person))
  t.notMatch(page.html, moons.identifier)
  const { code } = answerOf(await person.submit(page, { decision: 'allow' }))
  t.match(await grantOf(flow, code), { scopes: ['openid', `read ${URI}`], resources: [URI] })
})

t.test('with ACCESS_DEFAULT=closed nobody may use what no rule allows, registered or not', async (t) => {
  const flow = await startWithResource(t, { ACCESS_DEFAULT: 'closed' })
  const person = flow.person()
  t.equal(whereabouts(await flow.arrive(flow.url('openid read'), person)), 'error')
  t.equal(whereabouts(await person.open(flow.url('openid', { resource: 'https://unknown.example/mcp' }))), 'error')
  t.equal(whereabouts(await person.open(flow.url('openid', { resource: undefined }))), 'consent', 'a login alone is no matter of rules')
  const { id } = (await flow.storage.users.findAdministrator())!
  await addRule(flow, flow.resource.id, 'allow', { who: { kind: 'user', userId: id } })
  t.equal(whereabouts(await person.open(flow.url('openid read'))), 'consent')
})

t.test('a client that a rule does not name is denied, and one that it names is not', async (t) => {
  const flow = await startWithResource(t)
  const other = await flow.register({})
  await addRule(flow, flow.resource.id, 'allow', { clients: { verified: false, hosts: [], ids: [other] } })
  const person = flow.person()
  t.equal(whereabouts(await flow.arrive(flow.url('openid read'), person)), 'error')
  t.equal(whereabouts(await person.open(flow.url('openid read', { client_id: other }))), 'consent')
})

t.test('a device gets nothing for a person who may use nothing, and the person learns why', async (t) => {
  const flow = await createDeviceConversation(t)
  const resource = await addResource(flow.storage, { identifier: URI, scopes: SCOPES })
  await addRule(flow, resource.id, 'deny', { scopes: ['write'] })
  const asking = { scope: 'openid read write', resource: URI }
  const first = await flow.ask(asking)
  t.match(textOf((await flow.decide('allow', first.user_code)).html), /./)
  const { scope } = await flow.outcome(first)
  t.equal(scope, 'openid read')

  const [second, third] = [await flow.ask(asking), await flow.ask(asking)]
  const page = await flow.enter(third.user_code)
  const rule = await addRule(flow, resource.id, 'deny')
  const denied = await flow.enter(second.user_code)
  t.match(textOf(denied.html), /Your account may not use what the app asks for/)
  t.match(textOf(pageOf(await flow.person.submit(page, { decision: 'allow' })).html), /Your account may not use what the app asks for/)
  const events = await flow.storage.auditEvents.list({ since: 0, limit: 100 })
  t.match(
    events.filter(({ name }) => name === 'access.denied'),
    [{ actor: 'user admin', details: { denial: `${URI}: denied by rule ${rule.id}` }, times: 2 }],
  )

  // Both go on waiting: another account may get them something.
  for (const asked of [second, third]) t.equal((await flow.outcome(asked)).error, 'authorization_pending')
  await addUser(flow, 'ada', 'engine')
  const { id: userId } = (await flow.storage.users.findByUsername('admin'))!
  await flow.storage.accessRules.delete(rule.id)
  await addRule(flow, resource.id, 'deny', { who: { kind: 'user', userId } })
  const login = pageOf(await flow.person.submit(denied, { decision: 'switch' }))
  t.equal(whereabouts({ page: login }), 'login')
  flow.clock.now += 1
  const form = pageOf(await flow.person.submit(login, { username: 'ada', password: 'engine' }))
  const asked = pageOf(await flow.person.submit(form, { user_code: second.user_code }))
  t.match(textOf(asked.html), /To read/)
  await flow.person.submit(asked, { decision: 'allow', preset: 'all' })
  t.equal((await flow.outcome(second)).scope, 'openid read')
})
