// Groups, access rules and admission rules in the console.
import t from 'tap'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { startConsole } from '#test/support/people/console.ts'

const MCP = 'https://mcp.example.com/mcp'
const RULE = { resource: MCP, effect: 'allow', who: 'group', name: 'staff', scopes: '', clients: '', hosts: '', acr: '' }

async function scene(t: Parameters<typeof startConsole>[0], env: Record<string, string> = {}) {
  const flow = await startConsole(t, env)
  const ada = await flow.add('ada')
  await flow.storage.groups.insert({ name: 'staff', description: 'All of us', createdAt: flow.clock.now })
  const scopes = ['read', 'write'].map((name) => ({ name, description: name }))
  const times = { createdAt: flow.clock.now, updatedAt: flow.clock.now }
  await flow.storage.resources.insert({ id: 'mcp', secretHash: 'hash', identifier: MCP, name: 'Observatory', scopes, ...times })
  return { flow, ada, visitor: await flow.enter(await flow.add('oscar', 'operator')) }
}

t.test('groups are made, filled, emptied and deleted', async (t) => {
  const { flow, ada, visitor } = await scene(t)
  const { open, post, do: act } = visitor
  t.match(textOf((await open('/admin/groups')).html), /staff Description All of us Members 0/)
  t.match(textOf(pageOf(await post('/admin/groups/add', { group: ' chess ', description: 'Players' })).html), /It was added/)
  t.equal(pageOf(await post('/admin/groups/add', { group: 'chess', description: '' })).status, 409)
  t.equal(pageOf(await post('/admin/groups/add', { group: 'no spaces', description: '' })).status, 400)
  t.match(textOf(pageOf(await post('/admin/groups/join', { group: 'chess', user: 'ADA' })).html), /Group chess .*ada Because of manual/)
  t.equal(pageOf(await post('/admin/groups/join', { group: 'chess', user: 'nobody' })).status, 404)
  t.match(textOf(pageOf(await post('/admin/groups/leave', { group: 'chess', user: 'ada' })).html), /Take ada out of chess\?/)
  await act('/admin/groups/leave', { group: 'chess', user: 'ada' })
  t.equal((await act('/admin/groups/leave', { group: 'chess', user: 'ada' })).status, 409)
  t.strictSame(await flow.storage.groups.listOf(ada.id), [])
  t.match(textOf((await open('/admin/groups/chess')).html), /Nobody is in this group/)
  t.match(textOf(pageOf(await post('/admin/groups/delete', { group: 'chess' })).html), /Delete the group chess\?/)
  t.match((await act('/admin/groups/delete', { group: 'chess' })).url, '/admin/groups?notice=deleted')
  t.equal((await act('/admin/groups/delete', { group: 'chess' })).status, 404)
  t.equal((await open('/admin/groups/chess')).status, 404)
  const { html } = await open('/admin/groups')
  t.match(html, 'href="/admin/groups/staff"')
})

t.test('members by another reason are not taken out by hand, and of a large group the latest are shown', async (t) => {
  const { flow, ada, visitor } = await scene(t)
  await flow.storage.groups.join({ group: 'staff', userId: ada.id, source: 'admission', since: flow.clock.now })
  t.notMatch((await visitor.open('/admin/groups/staff')).html, 'name="user" value="ada"')
  flow.storage.groups.listMembers = async (group, limit) =>
    Array.from({ length: limit }, (_, index) => ({ group, userId: `${index}`, username: `u${index}`, source: 'manual', since: 0 }))
  t.match(textOf((await visitor.open('/admin/groups/staff')).html), /These are the latest 1000/)
})

t.test('the first rule that allows somebody is asked about, because it closes the server to all others', async (t) => {
  const { flow, visitor } = await scene(t)
  const { open, post, do: act } = visitor
  t.match(textOf((await open('/admin/rules')).html), /Everybody may use an MCP server without a rule .* There is no rule/)
  const asked = pageOf(await post('/admin/rules/add', RULE))
  t.match(textOf(asked.html), /Close https:\/\/mcp\.example\.com\/mcp to everybody else\?/)
  t.match(asked.html, 'name="name" value="staff"')
  t.match(textOf((await act('/admin/rules/add', RULE)).html), /It was added.*Allow Who group staff/)
  const second = await post('/admin/rules/add', {
    ...RULE,
    who: 'user',
    name: 'ada',
    scopes: 'read, write',
    clients: flow.clientId,
    hosts: 'app.example',
    verified: 'yes',
    acr: 'phr',
  })
  t.match(textOf(pageOf(second).html), /user ada Scopes read write By apps ✓ app\.example \S+ Login at least phr/)
  t.match(
    textOf(pageOf(await post('/admin/rules/add', { ...RULE, effect: 'deny', who: 'everybody', name: '' })).html),
    /Deny Who everybody/,
  )
  for (const [changes, status] of [
    [{ name: 'nobody' }, 404],
    [{ who: 'nothing' }, 400],
    [{ resource: 'https://other.example/' }, 404],
    [{ scopes: 'fly' }, 400],
    [{ effect: 'maybe' }, 400],
  ] as const)
    t.equal((await act('/admin/rules/add', { ...RULE, ...changes })).status, status, JSON.stringify(changes))
  const rules = await flow.storage.accessRules.list()
  t.equal(rules.length, 3)
  t.match(textOf(pageOf(await post('/admin/rules/delete', { id: rules[0]!.id })).html), /Delete the rule/)
  await act('/admin/rules/delete', { id: rules[0]!.id })
  t.equal((await act('/admin/rules/delete', { id: rules[0]!.id })).status, 404)
  t.equal((await flow.storage.accessRules.list()).length, 2)
})

t.test('a viewer reads rules, of which each may be of certain apps; a group that a rule names stays', async (t) => {
  const { flow, visitor } = await scene(t)
  await visitor.do('/admin/rules/add', { ...RULE, hosts: 'app.example' })
  const { open } = await flow.enter(await flow.add('vera', 'viewer'))
  const { html } = await open('/admin/rules')
  t.match(textOf(html), /By apps app\.example Login at least –/)
  t.notMatch(html, 'action="/admin/rules/delete"')
  t.equal((await visitor.do('/admin/groups/delete', { group: 'staff' })).status, 409)
  t.ok(await flow.storage.groups.find('staff'))
})

t.test('where nobody may without a rule, the first one is not asked about', async (t) => {
  const { visitor } = await scene(t, { ACCESS_DEFAULT: 'closed' })
  t.match(textOf(pageOf(await visitor.post('/admin/rules/add', RULE)).html), /Nobody may use an MCP server without .*group staff/)
})

t.test('what would be decided is explained, scope by scope', async (t) => {
  const { flow, visitor } = await scene(t)
  const { open, do: act } = visitor
  const ask = async (more: Record<string, string> = {}) => {
    const { status, html } = await open(`/admin/rules?${new URLSearchParams({ user: 'ada', resource: MCP, ...more }).toString()}`)
    return { status, text: textOf(html) }
  }
  t.match((await ask()).text, /ada at https:\S+ In no group\. .*The MCP server May Yes Because no rule says otherwise/)
  await act('/admin/rules/add', { ...RULE, who: 'user', name: 'ada', scopes: 'read', acr: 'phr' })
  t.match((await ask()).text, /What read May No Because rule \S+, after a login of phr What write May No Because no rule allows it/)
  await act('/admin/rules/add', { ...RULE, scopes: 'read' })
  await act('/admin/groups/join', { group: 'staff', user: 'ada' })
  t.match((await ask({ client: flow.clientId, tool: 'look' })).text, /In the groups staff\. .*read May Yes Because rule .*look May/)
  t.equal((await ask({ user: 'nobody' })).status, 404)
  t.match((await ask({ user: 'nobody' })).text, /There is no user nobody/)
})

t.test('who may come in by a provider is said, explained and taken back', async (t) => {
  const { flow, visitor } = await scene(t, { ADMIT: '@acme.com', GITHUB_CLIENT_ID: 'x', GITHUB_CLIENT_SECRET: 'y' })
  const { open, post, do: act } = visitor
  t.match(
    textOf(pageOf(await post('/admin/admission/add', { rule: ' github:org=acme ' })).html),
    /It was added.*@acme\.com Group – From the setting ADMIT .*github:org=acme Group – From an operator/,
  )
  t.equal(pageOf(await post('/admin/admission/add', { rule: 'everybody' })).status, 400)
  await flow.storage.groups.insert({ name: 'acme-people', description: '', createdAt: flow.clock.now })
  t.match((await open('/admin/admission')).html, /<option value="acme-people">/)
  t.match(
    textOf(pageOf(await post('/admin/admission/add', { rule: 'ops@acme.org', group: 'acme-people' })).html),
    /ops@acme\.org Group acme-people/,
  )
  t.equal(pageOf(await post('/admin/admission/add', { rule: 'dev@acme.org', group: 'nobody' })).status, 404)
  t.equal(pageOf(await post('/admin/admission/add', { rule: '@acme.com' })).status, 409)
  const ask = async (email: string) => {
    const { status, html } = await open(`/admin/admission?email=${encodeURIComponent(email)}`)
    return { status, text: textOf(html) }
  }
  t.match((await ask('new@acme.com')).text, /new@acme\.com at the door .*May Yes Because @acme\.com/)
  t.match((await ask('new@other.example')).text, /may let them in: github:org=acme .*May No Because no rule names them/)
  t.equal((await ask('nonsense')).status, 400)
  const { storage, clock } = flow
  const [provider] = await storage.providers.list()
  const claims = { issuer: 'https://github.com', subject: '1', emailVerified: false, organizations: [], teams: [], named: {} }
  const times = { linkedAt: clock.now, lastLoginAt: clock.now, lastUsedAt: clock.now, lastCheckedAt: clock.now }
  const known = (await storage.users.findByUsername('ada'))!
  await storage.users.updateOwn({ id: known.id, profile: {}, email: 'ada@acme.com', emailVerified: true }, clock.now)
  await storage.identities.link(
    { id: 'i', userId: known.id, providerId: provider!.id, issuer: claims.issuer, subject: '1', managed: false, claims, ...times },
    { id: 'linked', at: clock.now, name: 'identity.linked', actor: 'server', details: {} },
  )
  t.match((await ask('ada@acme.com')).text, /ada by github May Yes Because made or invited by an operator/)
  t.match(textOf(pageOf(await post('/admin/admission/delete', { rule: 'github:org=acme' })).html), /Delete the rule github:org=acme\?/)
  await act('/admin/admission/delete', { rule: 'github:org=acme' })
  t.equal((await act('/admin/admission/delete', { rule: 'github:org=acme' })).status, 404)
  t.equal((await act('/admin/admission/delete', { rule: '@acme.com' })).status, 409, 'it is a setting')
})

t.test('without a rule nobody comes in whom nobody invited', async (t) => {
  const { visitor } = await scene(t)
  t.match(textOf((await visitor.open('/admin/admission?email=new@acme.com')).html), /There is no rule: .*May No Because there is no rule/)
})
