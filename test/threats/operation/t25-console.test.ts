// T25 (docs/threat-model.md): somebody changes the server through the console who may not.
import t from 'tap'
import { addResource, keepTools } from '#src/operations/resources/resources.ts'
import { CONSOLE } from '#src/schemas/paths.ts'
import { formTokenOf, openAccount } from '#test/support/people/account.ts'
import { ADMIN } from '#test/support/app.ts'
import { pageOf, textOf, whereabouts } from '#test/support/authorization.ts'
import { startConsole } from '#test/support/people/console.ts'
import type { ConsoleFlow, Visitor } from '#test/support/people/console.ts'
import { addClient, addGrant } from '#test/storage/conformance/records.ts'
import { contextOf } from '#test/support/people/management-api.ts'

const MARKUP = `<script>alert(1)</script>"'\`=&{{name}}`

/** Every page of the console that has an address of its own. */
const PAGES = Object.values(CONSOLE).filter((path) => path !== CONSOLE.leave)

const eventsOf = async ({ storage }: ConsoleFlow) => (await storage.auditEvents.list({ since: 0, limit: 1000 })).length

t.test('a viewer changes nothing, whichever form they post', async (t) => {
  const flow = await startConsole(t)
  const ada = await flow.add('ada')
  const group = { name: 'staff', description: '', createdAt: flow.clock.now }
  await flow.storage.groups.insert(group)
  const { open, post } = await flow.enter(await flow.add('vera', 'viewer'))
  const seen = { id: 'x', seen: '1' }
  const forms: [path: string, fields: Record<string, string>][] = [
    ...['disable', 'enable', 'unlock', 'end-sessions', 'reset-factors', 'delete', 'reset-link'].map(
      (name): [string, Record<string, string>] => [`people/${name}`, { id: ada.id }],
    ),
    ['people/role', { id: ada.id, role: 'owner' }],
    ['people/unlink', { id: ada.id, provider: 'google' }],
    ['people/end-session', { id: 'x', user: ada.id }],
    ['people/disconnect', { id: 'x', user: ada.id }],
    ['links/invite', { email: '', group: '', language: '' }],
    ['links/revoke', { id: 'x' }],
    ['groups/add', { group: 'g', description: '' }],
    ['groups/join', { group: 'staff', user: 'ada' }],
    ['groups/leave', { group: 'staff', user: 'ada' }],
    ['groups/delete', { group: 'staff' }],
    ['rules/delete', { id: 'x' }],
    ['admission/add', { rule: '@acme.com' }],
    ['admission/delete', { rule: '@acme.com' }],
    ['providers/enable', { provider: 'google' }],
    ['providers/disable', { provider: 'google' }],
    ['keys/rotate', {}],
    ['keys/revoke', { id: 'x' }],
    ...['refuse', 'disable', 'enable', 'delete'].map((name): [string, Record<string, string>] => [`clients/${name}`, { id: 'x' }]),
    ['clients/approve', { id: 'x', seen: 'x' }],
    ['resources/add', { address: 'https://mcp.example.com/', name: '' }],
    ['resources/update', { ...seen, name: 'x', ttl: '', format: '', alg: '' }],
    ['resources/scope', { ...seen, scope: 'x', description: '', kind: '', tools: '' }],
    ['resources/remove-scope', { ...seen, scope: 'x' }],
    ['resources/rotate-secret', seen],
    ['resources/delete', seen],
    ['grants/end', { id: 'x', user: '', client: '' }],
    ['registration/add', { name: 'x', days: '', uses: '', hosts: '' }],
    ['registration/delete', { id: 'x' }],
  ]
  const before = await eventsOf(flow)
  for (const [path, fields] of forms) {
    const refused = pageOf(await post(`/admin/${path}`, { ...fields, confirmed: 'yes' }))
    t.equal(refused.status, 403, path)
  }
  t.equal(await eventsOf(flow), before, 'nothing has happened')
  for (const path of [...PAGES, `/admin/people/${encodeURIComponent(ada.id)}`, '/admin/groups/staff']) {
    const { status, html } = await open(path)
    t.equal(status, 200, path)
    t.strictSame(html.match(/<form method="post" action="(?!\/admin\/leave)[^"]*"/g) ?? [], [], `${path} has no form for them`)
  }
})

t.test('an operator changes nothing of an owner: no password, no factor, no role, no account', async (t) => {
  const flow = await startConsole(t)
  const olga = await flow.add('olga', 'owner')
  const oscar = await flow.add('oscar', 'operator')
  const { open, do: act } = await flow.enter(oscar)
  for (const name of ['reset-link', 'reset-factors', 'unlock', 'disable', 'enable', 'delete'])
    t.equal((await act(`/admin/people/${name}`, { id: olga.id })).status, 403, name)
  t.equal((await act('/admin/people/unlink', { id: olga.id, provider: 'google' })).status, 403)
  for (const [id, role] of [
    [olga.id, 'none'],
    [oscar.id, 'owner'],
  ] as const)
    t.equal((await act('/admin/people/role', { id, role })).status, 403, `${id} to ${role}`)
  t.match(await flow.storage.users.find(olga.id), { role: 'owner', disabledAt: undefined })
  t.strictSame(await flow.storage.links.list({ now: flow.clock.now, limit: 9 }), [])
  const { html } = await open(`/admin/people/${encodeURIComponent(olga.id)}`)
  t.notMatch(html, 'action="/admin/people/')
  t.equal((await act('/admin/keys/rotate')).status, 403, 'and makes no keys')
})

t.test('the cookie of the public pages opens no console, and that of the console no public page', async (t) => {
  const flow = await startConsole(t)
  const { person } = await flow.enter()
  flow.clock.now += 11 * 60_000
  const { cookies } = person
  const [session, opened] = [cookies.get('solar-session')!, cookies.get('solar-console')!]
  const at = (path: string, cookie: string) => flow.app.inject({ url: path, headers: { cookie } })
  t.match((await at('/admin', `solar-console=${opened}`)).body, 'page-console')
  for (const cookie of [`solar-session=${session}`, `solar-console=${session}`, `solar-session=${session}; solar-console=${session}`])
    t.match((await at('/admin', cookie)).body, 'page-login', cookie.replaceAll(session, '...'))
  t.match((await at('/account', `solar-session=${opened}`)).body, 'page-login')
})

t.test('a form counts only with the token of its own console, and from a page of this server', async (t) => {
  const flow = await startConsole(t)
  const { origin } = new URL(flow.issuer)
  const victim = await flow.enter()
  const attacker = await flow.enter(await flow.add('oscar', 'operator'))
  const account = await openAccount(flow, victim.person, ADMIN)
  const fields = { group: 'theirs', description: '' }
  const stolen = formTokenOf({ html: (await attacker.open('/admin/groups')).html })
  const tries: [string, Record<string, string>, Record<string, string>?][] = [
    ['the token of somebody else', { ...fields, token: stolen }],
    ['the token of the account page', { ...fields, token: formTokenOf(account) }],
    ['no token', { ...fields, token: '' }],
    ['another site', fields, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['a sandboxed frame', fields, { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['another host of the site', fields, { origin: 'http://other.localhost:8000', 'sec-fetch-site': 'same-site' }],
  ]
  for (const [name, given, headers] of tries) {
    const refused = pageOf(await victim.post('/admin/groups/add', given, headers))
    t.ok(refused.status === 400 || refused.status === 403, `${name}: ${refused.status}`)
  }
  t.strictSame(await flow.storage.groups.list(), [])
  await victim.post('/admin/groups/add', fields, { origin, 'sec-fetch-site': 'same-origin' })
  t.equal((await flow.storage.groups.list()).length, 1, 'the same from its own page counts')
  const { headers } = await flow.app.inject({ url: '/admin' })
  t.match(headers['content-security-policy'], /frame-ancestors 'none'/)
  t.notOk('access-control-allow-origin' in headers)
})

t.test('what ends something is asked first, and a question that nobody answered ends nothing', async (t) => {
  const flow = await startConsole(t)
  const ada = await flow.add('ada')
  const { post } = await flow.enter()
  for (const name of ['disable', 'end-sessions', 'reset-factors', 'delete']) {
    const asked = pageOf(await post(`/admin/people/${name}`, { id: ada.id }))
    t.equal(asked.status, 200)
    t.match(textOf(asked.html), /ada.*\?/, name)
    t.match(asked.html, 'name="confirmed" value="yes"')
  }
  t.match(await flow.storage.users.find(ada.id), { disabledAt: undefined })
  t.equal(pageOf(await post('/admin/people/disable', { id: ada.id, confirmed: 'on' })).status, 400)
})

t.test('an edited cursor leads nowhere, and is never a part of a statement', async (t) => {
  const flow = await startConsole(t)
  const { open } = await flow.enter(await flow.add('vera', 'viewer'))
  const cursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')
  const odd = ['x', '%00', cursor({}), cursor([1]), cursor(['a', 'b']), cursor([null]), cursor(['a\0']), cursor([['a']])]
  for (const after of odd) t.equal((await open(`/admin/people?after=${after}`)).status, 400, after)
  for (const after of [cursor(['a']), cursor(['1', 'a']), cursor([1.5, 'a']), cursor([1, 'a', 2])])
    for (const page of ['audit', 'grants', 'clients'])
      t.equal((await open(`/admin/${page}?after=${after}`)).status, 400, `${page} ${after}`)
  const { status, html } = await open(`/admin/people?after=${cursor(["a' or 1=1 --"])}`)
  t.equal(status, 200)
  t.match(textOf(html), 'vera', 'it is a name like any other')
})

t.test('a form takes no member that it does not name', async (t) => {
  const flow = await startConsole(t)
  const ada = await flow.add('ada')
  const { post } = await flow.enter(await flow.add('oscar', 'operator'))
  for (const more of [{ role: 'owner' }, { origin: 'environment' }, { passwordHash: 'x' }, { disabledAt: '' }])
    t.equal(pageOf(await post('/admin/people/enable', { id: ada.id, confirmed: 'yes', ...more })).status, 400)
  t.equal(pageOf(await post('/admin/groups/add', { group: 'g', description: '', createdAt: '0' })).status, 400)
  t.strictSame(await flow.storage.groups.list(), [])
})

t.test('no page sets where requests go or which program runs', async (t) => {
  const flow = await startConsole(t, { GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'the secret of a provider' })
  const { post } = await flow.enter()
  const upstream = { id: 'x', upstream: 'http://169.254.169.254/', issuer: 'file:///etc/passwd', command: 'sh', value: 'env:SECRET' }
  for (const path of [
    'resources/gate',
    'resources/upstream',
    'providers/add',
    'providers/update',
    'settings',
    'settings/ISSUER',
    'keys/reset',
  ])
    t.ok([404, 405].includes(pageOf(await post(`/admin/${path}`, upstream)).status), path)
  for (const path of ['providers/enable', 'providers/disable'])
    t.equal(pageOf(await post(`/admin/${path}`, { provider: 'google', issuer: 'http://169.254.169.254/' })).status, 400, path)
})

t.test('data stays data on every page, and no page shows a secret', async (t) => {
  const flow = await startConsole(t, { GOOGLE_CLIENT_ID: 'x', GOOGLE_CLIENT_SECRET: 'the secret of a provider', ADMIT: '@acme.com' })
  const { storage, clock } = flow
  const ada = await flow.add(`ada<b>"'`)
  await storage.users.updateOwn({ id: ada.id, profile: { name: MARKUP }, email: `${MARKUP}@x`, emailVerified: false }, clock.now)
  await storage.groups.insert({ name: 'staff', description: MARKUP, createdAt: clock.now })
  await storage.groups.join({ group: 'staff', userId: ada.id, source: `provider:${MARKUP}`, since: clock.now })
  await openAccount(flow, flow.person(), ada)
  const display = { client_name: MARKUP }
  const metadata = {
    redirectUris: [`https://app.example.com/${MARKUP}`],
    tokenEndpointAuthMethod: 'none',
    grantTypes: [],
    display,
  } as const
  const { client } = await addGrant(storage, {
    user: (await storage.users.find(ada.id))!,
    client: await addClient(storage, { metadata: { ...metadata, scopes: [MARKUP] } }),
    grant: { scopes: [MARKUP], resources: [MARKUP], expiresAt: clock.now + 60_000 },
  })
  const context = contextOf({ ...flow, config: flow.app.settings })
  const scopes = [
    { name: 'a', description: MARKUP },
    { name: 'a', description: MARKUP, language: 'ko' },
  ]
  const added = await addResource(context, {
    identifier: `https://mcp.example.com/?${encodeURIComponent(MARKUP)}`,
    name: MARKUP,
    scopes,
    scopeTools: [`a=${MARKUP}`],
  })
  if (!added.ok) throw new Error(added.error.message)
  await keepTools(context, added.value.resource, [{ name: MARKUP, title: MARKUP }])
  const visitor: Visitor = await flow.enter()
  await visitor.post('/admin/groups/add', { group: MARKUP, description: '' })
  const paths = ['', '/people', `/people?q=${encodeURIComponent(MARKUP)}`, `/people/${encodeURIComponent(ada.id)}`, '/links', '/groups']
  const more = [
    '/groups/staff',
    '/rules',
    `/rules?user=${encodeURIComponent(MARKUP)}&resource=x`,
    '/audit',
    '/settings',
    '/settings/SECRET',
  ]
  const last = [
    `/admission?email=${encodeURIComponent(MARKUP)}`,
    '/providers',
    '/keys',
    `/audit?user=${encodeURIComponent(MARKUP)}&kind=%3Cb%3E`,
    '/clients',
    `/clients/client?id=${client.id}`,
    '/resources',
    `/resources/${added.value.resource.id}`,
    '/grants',
    `/grants?user=${encodeURIComponent(MARKUP)}`,
    '/registration',
  ]
  for (const path of [...paths, ...more, ...last]) {
    const { html } = await visitor.open(`/admin${path}`)
    t.match(html, 'page-console', path)
    t.notMatch(html, /<script|<b>|onerror=/, path)
    t.notMatch(html, /the secret of a provider|a secret of tests|argon2/, path)
  }
  const gone = pageOf(await visitor.post('/admin/people/disable', { id: MARKUP, confirmed: 'yes' }))
  t.equal(gone.status, 404)
  t.notMatch(gone.html, /<script>/)
})

t.test('strangers see a login page at every address of the console', async (t) => {
  const flow = await startConsole(t)
  const others = ['people/x', 'groups/x', 'clients/client', 'resources/x', 'settings/SECRET'].map((path) => `/admin/${path}`)
  for (const path of [...PAGES, ...others]) t.equal(whereabouts(await flow.person().open(flow.issuer + path)), 'login', path)
})
