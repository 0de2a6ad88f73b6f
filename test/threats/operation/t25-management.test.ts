// T25: the server is managed by somebody who may not: without the role, by a client that nobody made for it, with a token for something
// else, from another place, or beyond what a network may ever do.
import t from 'tap'
import { managementAddress } from '#src/domain/management/management.ts'
import { addClient } from '#src/operations/clients/clients.ts'
import { addProvider } from '#src/operations/providers/providers.ts'
import { addResource, changeGate } from '#src/operations/resources/resources.ts'
import { CONSOLE } from '#src/schemas/paths.ts'
import { valueOf } from '#test/operations/scene.ts'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { ath, createProofKey } from '#test/support/clients/dpop.ts'
import { OPERATIONS } from '#src/operations/operations.ts'
import type { OperationName } from '#src/operations/operations.ts'
import type { ManagementRoute } from '#src/schemas/management/route.ts'
import { MANAGEMENT_ROUTES } from '#src/schemas/management/routes.ts'
import { CLAUDE_CODE, serveDocuments } from '#test/support/clients/client-documents.ts'
import { addPersonClient, createManagement } from '#test/support/people/management-api.ts'
import { addFactors } from '#test/storage/conformance/records.ts'

const URI = managementAddress(ISSUER)

t.test('without a token, or with one for something else, nothing is told', async (t) => {
  const { call, tokenOf, app, authorize } = await createManagement(t)
  const challenge = {
    'www-authenticate': /resource_metadata="http:\/\/localhost:8000\/\.well-known\/oauth-protected-resource\/admin\/api"/,
  }
  t.match(await call('GET', '/users'), { status: 401, headers: challenge, body: { status: 401 } })
  for (const token of ['nonsense', await tokenOf(undefined, { resource: 'https://mcp.example.com/', scope: 'openid' })])
    t.match(await call('GET', '/users', { token }), { status: 401, headers: challenge })
  const cookies = await authorize()
  t.ok(cookies.searchParams.get('code'))
  const { headers } = await app.inject({ url: '/login' })
  t.match(
    await call('POST', '/groups', { body: { name: 'x' }, headers: { cookie: String(headers['set-cookie']) } }),
    { status: 401 },
    'a cookie is nothing here',
  )
  const cross = await app.inject({
    method: 'OPTIONS',
    url: '/admin/api/v1/users',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  })
  t.equal(cross.headers['access-control-allow-credentials'], undefined, 'no browser sends anything along')
})

t.test('a client that registered itself, or that no owner made for it, gets no token for it', async (t) => {
  const { app, authorize, call, tokenOf, context } = await createManagement(t)
  const registered = (
    await app.inject({
      method: 'POST',
      url: '/register',
      payload: { redirect_uris: ['http://127.0.0.1:8123/callback'], token_endpoint_auth_method: 'none' },
    })
  ).json() as { client_id: string }
  const added = await addPersonClient(context)
  for (const client_id of [registered.client_id, added])
    t.equal((await authorize(undefined, { client_id })).searchParams.get('error'), 'invalid_target')
  const other = { client_id: registered.client_id, resource: URI.replace('http://localhost', 'HTTP://LOCALHOST'), scope: 'openid' }
  t.match(await call('GET', '/users', { token: await tokenOf(undefined, other) }), { status: 401 }, 'another spelling is another resource')
  const token = await tokenOf()
  t.match(await call('POST', '/resources', { token, body: { resource: URI } }), { status: 409, body: { detail: /management API/ } })
  const metadata = (await app.inject('/.well-known/oauth-authorization-server')).json() as { scopes_supported: string[] }
  t.notOk(
    metadata.scopes_supported.some((scope) => scope.includes(':')),
    'its scopes stand in its own metadata only',
  )
  const own = (await app.inject('/.well-known/oauth-protected-resource/admin/api')).json() as {
    resource: string
    scopes_supported: string[]
  }
  t.equal(own.resource, URI)
  t.ok(own.scopes_supported.includes('clients:write'))
})

t.test('a role is needed at the moment of use', async (t) => {
  const { addPerson, authorize, tokenOf, call, storage, clock } = await createManagement(t)
  const [nobody, viewer, operator] = [await addPerson('nobody'), await addPerson('eve', 'viewer'), await addPerson('oscar', 'operator')]
  t.match(Object.fromEntries((await authorize(nobody)).searchParams), { error: 'access_denied', error_description: /has no role/ })
  const eves = await tokenOf(viewer)
  t.match(await call('GET', '/users', { token: eves }), { status: 200 })
  t.match(await call('POST', '/groups', { token: eves, body: { name: 'x' } }), { status: 403, body: { detail: /takes the role operator/ } })
  t.equal((await storage.groups.list()).length, 0)

  const oscars = await tokenOf(operator)
  t.match(await call('POST', '/groups', { token: oscars, body: { name: 'x' } }), { status: 201 })
  t.match(await call('PUT', '/users/oscar/role', { token: oscars, body: { role: 'owner' } }), { status: 403 })
  const owner = await tokenOf()
  t.match(await call('PUT', '/users/oscar/role', { token: owner, body: { role: 'viewer' } }), { status: 200 })
  t.match(await call('GET', '/users', { token: oscars }), { status: 401 }, 'a change of the role ends what was there')
  t.match(await call('GET', '/users', { token: await tokenOf(operator) }), { status: 200 })

  const { id } = (await storage.users.findByUsername('eve'))!
  await storage.users.changeRole(id, { before: 'viewer', after: undefined, management: 'something else' }, clock.now)
  t.match(await call('GET', '/users', { token: eves }), { status: 403, body: { detail: 'User eve has no role on this server.' } })
})

t.test('an operator takes over nobody with a higher role', async (t) => {
  const { addPerson, tokenOf, call, storage } = await createManagement(t)
  const operator = await tokenOf(await addPerson('oscar', 'operator'))
  await addPerson('helen', 'owner')
  const helen = (await storage.users.findByUsername('helen'))!
  await addFactors(storage, helen.id)
  for (const [method, path, body] of [
    ['PUT', '/users/helen/password', { password: 'a password of oscar' }],
    ['DELETE', '/users/helen/factors', undefined],
    ['PATCH', '/users/helen', { email: 'oscar@example.com' }],
    ['POST', '/users/helen/reset-links', {}],
    ['DELETE', '/users/helen/identities/google', undefined],
    ['POST', '/users/helen/disable', {}],
    ['DELETE', '/users/helen', undefined],
    ['POST', '/clients', { redirect_uris: ['https://a.example/'], management: 'owner' }],
    ['POST', '/providers', { name: 'evil', kind: 'google', client_id: 'x', client_secret: 'y' }],
  ] as const)
    t.match(await call(method, path, { token: operator, body }), { status: 403 }, `${method} ${path}`)
  t.strictSame(await storage.users.findByUsername('helen'), helen)
  t.equal((await storage.factors.listOf(helen.id)).passkeys.length, 2)
  const owner = await tokenOf()
  const made = await call('POST', '/clients', {
    token: owner,
    body: {
      redirect_uris: ['https://a.example/'],
      grant_types: ['authorization_code', 'client_credentials'],
      token_endpoint_auth_method: 'client_secret_basic',
      management: 'owner',
    },
  })
  t.equal(made.status, 201)
  const { client_id } = made.body as unknown as { client_id: string }
  for (const [method, path, body] of [
    ['POST', '/secret', {}],
    ['POST', '/disable', undefined],
    ['POST', '/enable', undefined],
    ['PUT', '/profile', { profile: 'none' }],
    ['DELETE', '', undefined],
  ] as const)
    t.match(await call(method, `/clients/${client_id}${path}`, { token: operator, body }), { status: 403 }, 'nor a client that may do more')
})

t.test('a token has the scopes that it was given, and a client the role that it was made with', async (t) => {
  const { addPerson, tokenOf, call, context, app } = await createManagement(t)
  const reading = await tokenOf(undefined, { scope: 'users:read groups:read' })
  t.match(await call('GET', '/groups', { token: reading }), { status: 200 })
  t.match(await call('POST', '/groups', { token: reading, body: { name: 'x' } }), {
    status: 403,
    headers: { 'www-authenticate': /error="insufficient_scope".*scope="groups:write"/ },
  })
  const viewing = await addPersonClient(context, 'viewer')
  t.match(
    await call('POST', '/groups', { token: await tokenOf(undefined, { client_id: viewing }), body: { name: 'x' } }),
    { status: 403 },
    'an owner, by a client that may only look',
  )
  t.ok(await addPerson('x'))

  const { client_id, client_secret } = (
    await call('POST', '/clients', {
      token: await tokenOf(),
      body: { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic', management: 'operator' },
    })
  ).body as unknown as { client_id: string; client_secret: string }
  const form = new URLSearchParams({ grant_type: 'client_credentials', resource: URI, scope: 'groups:write users:write' })
  const headers = {
    authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const { access_token: token } = (await app.inject({ method: 'POST', url: '/token', headers, payload: String(form) })).json() as {
    access_token: string
  }
  t.match(await call('POST', '/groups', { token, body: { name: 'machines' } }), { status: 201 })
  t.match(await call('PUT', '/users/x/role', { token, body: { role: 'owner' } }), { status: 403 })
  const events = await context.storage.auditEvents.list({ since: 0, limit: 99 })
  t.match(
    events.find(({ name }) => name === 'group.added'),
    { actor: `client ${client_id}` },
  )
})

t.test('where others reach the server, a password is not enough', async (t) => {
  const management = await createManagement(t, {
    ISSUER: 'https://auth.example.com',
    ADMIN: 'on',
    ADMIN_PASSWORD: 'a password of the admin',
    ADMIN_ADDRESSES: '10.0.0.0/8',
    TRUST_PROXY: '1',
  })
  const { tokenOf, call } = management
  const token = await tokenOf({ username: 'admin', password: 'a password of the admin' })
  const headers = { 'x-forwarded-for': '10.1.2.3' }
  t.match(await call('GET', '/users', { token, headers }), {
    status: 401,
    headers: { 'www-authenticate': /error="insufficient_user_authentication".*acr_values="http/ },
  })
  for (const path of ['/users', '/openapi.json'])
    t.match(await call('GET', path, { token, headers: { 'x-forwarded-for': '203.0.113.7' } }), { status: 404 }, 'from elsewhere')
  const off = await createManagement(t, { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'a password of the admin' })
  t.match(await off.call('GET', '/users'), { status: 404 }, 'off unless somebody says so')
})

t.test('a token that is bound to a key counts with a proof of it', async (t) => {
  const { call, clock, app, context } = await createManagement(t)
  const key = await createProofKey(() => clock.now)
  const machine = await addClient(
    context,
    { grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic' },
    { management: 'viewer' },
  )
  if (!machine.ok) throw new Error(machine.error.message)
  const { client, secret } = machine.value
  const answer = await app.inject({
    method: 'POST',
    url: '/token',
    headers: {
      authorization: `Basic ${Buffer.from(`${client.id}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      dpop: await key.prove('POST', `${ISSUER}/token`),
    },
    payload: String(new URLSearchParams({ grant_type: 'client_credentials', resource: URI })),
  })
  const { access_token: token, token_type } = answer.json() as { access_token: string; token_type: string }
  t.equal(token_type, 'DPoP')
  const asked = async (proof?: string) =>
    call('GET', '/users', { headers: { authorization: `DPoP ${token}`, ...(proof !== undefined && { dpop: proof }) } })
  const url = `${ISSUER}/admin/api/v1/users`
  t.match(await call('GET', '/users', { token }), { status: 401 }, 'not as a bearer token')
  t.match(await asked(), { status: 401 })
  t.match(await asked(await key.prove('GET', `${ISSUER}/admin/api/v1/groups`, ath(token))), { status: 401 }, 'for another address')
  const other = await createProofKey(() => clock.now)
  t.match(await asked(await other.prove('GET', url, ath(token))), { status: 401 }, 'of another key')
  t.match(await asked(await key.prove('GET', url, ath(token))), { status: 200 })
})

t.test('a request changes what it names, and nothing else', async (t) => {
  const { addPerson, tokenOf, call, storage } = await createManagement(t)
  const token = await tokenOf()
  await addPerson('helen')
  const before = await storage.users.findByUsername('helen')
  for (const [method, path, body] of [
    ['POST', '/users', { username: 'eve', password: 'a long password 1', role: 'owner' }],
    ['PATCH', '/users/helen', { name: 'Helen', role: 'owner' }],
    ['PATCH', '/users/helen', { name: 'Helen', __proto__x: 1 }],
    ['PATCH', '/users/helen', { name: ['Helen'] }],
    ['POST', '/resources', { resource: 'https://mcp.example.com/', upstream: 'http://169.254.169.254/' }],
    ['POST', '/resources', { resource: 'https://mcp.example.com/', upstream_headers: ['Authorization: file:/etc/shadow'] }],
    ['POST', '/providers', { name: 'evil', kind: 'oidc', client_id: 'x', client_secret: 'y', issuer: 'https://169.254.169.254' }],
    ['POST', '/providers', { name: 'evil', kind: 'oidc', client_id: 'x', client_secret: 'y', issuer: 'https://localhost' }],
    ['POST', '/providers', { name: 'evil', kind: 'oidc', client_id: 'x', client_secret: 'y', issuer: 'https://[::1]' }],
    ['POST', '/providers', { name: 'evil', kind: 'oidc', client_id: 'x', client_secret: 'y', issuer: 'file:///etc/passwd' }],
    ['GET', '/users?cursor=W10', undefined],
    ['GET', '/users?cursor=%00', undefined],
    ['GET', '/users?limit=0', undefined],
    ['GET', '/users?other=1', undefined],
  ] as const)
    t.match(
      await call(method, path, { token, body }),
      { status: 400, headers: { 'content-type': /^application\/problem\+json/ } },
      `${method} ${path}`,
    )
  t.strictSame(await storage.users.findByUsername('helen'), before)
  t.equal((await storage.providers.list()).length, 0)
  const provider = { name: 'far', kind: 'oidc', client_id: 'x', client_secret: 'y' }
  t.match(await call('POST', '/providers', { token, body: { ...provider, issuer: 'https://nowhere.invalid' } }), { status: 400 })
  t.match(await call('POST', '/providers', { token, body: { ...provider, issuer: 'https://8.8.8.8' } }), { status: 201 }, 'a public one')
  const made = (await call('POST', '/resources', { token, body: { resource: 'https://mcp.example.com/' } })).body as unknown as {
    id: string
  }
  t.match(await call('PUT', `/resources/${made.id}/tools`, { token, body: { tools: [{ name: 'look' }] } }), {
    status: 200,
    body: { tools: [{ name: 'look' }] },
  })
  const edited = Buffer.from(JSON.stringify([`' or 1=1 --`])).toString('base64url')
  t.match(
    await call('GET', `/users?cursor=${edited}`, { token }),
    { status: 200, body: { items: [{ username: 'admin' }, { username: 'helen' }] } },
    'an edited cursor is data',
  )
  t.match(await call('PATCH', '/users/helen', { token, body: { name: '<script>alert(1)</script>' } }), {
    status: 200,
    headers: { 'content-type': /^application\/json/ },
  })
})

/** What bodies need at least, to get past the schema. */
const EXAMPLES: Partial<Record<OperationName, object>> = {
  'user.add': { username: 'x' },
  'user.change-role': { role: 'owner' },
  'user.change-password': { password: 'x' },
  'group.add': { name: 'x' },
  'client.hold-to-profile': { profile: 'none' },
  'resource.add': { resource: 'https://x.example/' },
  'resource.keep-tools': { tools: [] },
  'access-rule.add': { effect: 'allow', resource: 'x' },
  'admission.add': { rule: 'x' },
  'initial-access-token.create': { name: 'x' },
  'provider.add': { name: 'x', kind: 'google' },
}

t.test('a viewer changes nothing, by whatever route', async (t) => {
  const { addPerson, tokenOf, call, storage } = await createManagement(t)
  const token = await tokenOf(await addPerson('eve', 'viewer'))
  await addPerson('helen')
  const before = [await storage.users.list(), (await storage.auditEvents.list({ since: 0, limit: 1000 })).length]
  const writing = (Object.entries(MANAGEMENT_ROUTES) as [OperationName, ManagementRoute][]).filter(
    ([name]) => OPERATIONS[name].effect === 'write',
  )
  t.ok(writing.length > 35)
  for (const [name, { method, path, body, query }] of writing) {
    const example = EXAMPLES[name] ?? {}
    const address = path.replaceAll(/:username/g, 'helen').replaceAll(/:\w+/g, 'x') + (query === undefined ? '' : '?rule=x')
    t.match(await call(method, address, { token, ...(body !== undefined && { body: example }) }), { status: 403 }, name)
  }
  t.strictSame([await storage.users.list(), (await storage.auditEvents.list({ since: 0, limit: 1000 })).length], before)
})

t.test('a client that is a document gets no token for it', async (t) => {
  const { authorize } = await createManagement(t, {}, { safeFetch: await serveDocuments(t) })
  const { client_id } = CLAUDE_CODE
  t.equal((await authorize(undefined, { client_id })).searchParams.get('error'), 'invalid_target')
})

t.test('too many requests of a sender are refused as a problem', async (t) => {
  const { call, tokenOf } = await createManagement(t, { RATE_LIMIT_TOKEN: '4/1m' })
  const token = await tokenOf()
  const answers = await Promise.all(Array.from({ length: 6 }, () => call('GET', '/status', { token })))
  t.match(answers.at(-1), {
    status: 429,
    headers: { 'content-type': /^application\/problem\+json/, 'retry-after': /^\d+$/ },
    body: { type: 'about:blank', title: 'Too Many Requests', status: 429 },
  })
})

t.test('markup in every field stays text, in JSON that no browser takes for a page', async (t) => {
  const { tokenOf, call } = await createManagement(t)
  const token = await tokenOf()
  const markup = `<img src=x onerror=alert(1)>"'\u2028`
  const made: [string, string, object][] = [
    ['POST', '/users', { username: 'helen', password: 'a long password 1', name: markup, nickname: markup }],
    ['POST', '/groups', { name: 'staff', description: markup }],
    ['POST', '/clients', { client_name: markup, redirect_uris: ['https://a.example/cb'] }],
    ['POST', '/resources', { resource: 'https://mcp.example.com/', name: markup, scopes: [{ name: 'x', description: markup }] }],
    ['POST', '/groups', { name: markup }],
    ['POST', '/admission-rules', { rule: markup }],
  ]
  for (const [method, path, body] of made) {
    const { status, headers } = await call(method, path, { token, body })
    t.ok(status === 201 || status === 400, path)
    t.match(
      headers,
      { 'content-type': /^application\/(problem\+)?json/, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' },
      path,
    )
  }
  t.match((await call('GET', '/users/helen', { token })).body, { name: `<img src=x onerror=alert(1)>"'` })
})

t.test('what only the command line of the machine may set is in no answer and on no page, but that it is set', async (t) => {
  const hidden = ['10.1.2.3', 'HIDDEN_KEY', '/usr/bin/hidden', 'HIDDEN_VARIABLE', '/srv/hidden', 'idp.internal', 'hidden-secret']
  const given = {
    settings: { PROTECT: 'http://10.1.2.3:4567/hidden', PROTECT_COMMAND: '/usr/bin/hidden --flag', OIDC_ISSUER: 'https://idp.internal' },
    secrets: ['SECRET', 'OIDC_CLIENT_SECRET'],
  }
  const { call, tokenOf, context, app, storage } = await createManagement(t, {}, { given })
  const gates = [
    { upstream: 'http://10.1.2.3:4567/hidden', identity: 'headers', headers: ['X-Key: env:HIDDEN_KEY'], tools: [] },
    { command: ['/usr/bin/hidden', '--flag'], per: 'session', env: ['TOKEN=env:HIDDEN_VARIABLE'], directory: '/srv/hidden' },
  ]
  const ids: string[] = []
  for (const [index, gate] of gates.entries()) {
    const added = valueOf(await addResource(context, { identifier: `https://mcp.example.com/${index}`, scopes: [] }))
    valueOf(await changeGate(context, added.resource, gate))
    ids.push(added.resource.id)
  }
  valueOf(
    await addProvider(context, 'inside', 'oidc', { clientId: 'solar', clientSecret: 'hidden-secret', issuer: 'https://idp.internal' }),
  )
  t.match(JSON.stringify(await storage.auditEvents.list({ since: 0, limit: 99 })), '10.1.2.3', 'the machine has it all')

  const token = await tokenOf()
  const answers: [string, string][] = []
  for (const [name, { method, path }] of Object.entries(MANAGEMENT_ROUTES) as [string, ManagementRoute][]) {
    if (method !== 'GET' || name === 'access-rule.explain') continue
    for (const id of path.includes(':') ? [...ids, 'inside', 'admin'] : ['']) {
      const address = path.replaceAll(/:\w+/g, id) + (name === 'admission.explain' ? '?email=a@example.com' : '')
      answers.push([address, JSON.stringify((await call('GET', address, { token })).body)])
    }
  }
  const [web, command] = await Promise.all(ids.map((id) => call('GET', `/resources/${id}`, { token })))
  t.match(web!.body, { gate: { upstream: true, process: false, upstream_headers: ['X-Key'] } })
  t.match(command!.body, { gate: { upstream: true, process: true } })
  t.match((await call('GET', '/providers/inside', { token })).body, { issuer: undefined, issuer_is_private: true })
  const { items = [] } = (await call('GET', '/audit', { token })).body
  const changes = items.map(({ event, details }) => ({ event, ...(details as object) }))
  const NOT_SHOWN = 'set, not shown'
  for (const expected of [
    { event: 'provider.added', issuer: NOT_SHOWN },
    { event: 'resource.updated', command: NOT_SHOWN, env: NOT_SHOWN, directory: NOT_SHOWN },
    { event: 'resource.updated', upstream: NOT_SHOWN, upstream_headers: NOT_SHOWN },
  ])
    t.ok(
      changes.some((change) => Object.entries(expected).every(([name, value]) => (change as Record<string, unknown>)[name] === value)),
      JSON.stringify(expected),
    )

  const person = createPerson(ISSUER, injectFetch(app))
  await person.submit(pageOf(await person.open(`${ISSUER}/admin`)), ADMIN)
  const pages = Object.values(CONSOLE).filter((path) => path !== CONSOLE.leave)
  for (const path of [
    ...pages,
    ...ids.map((id) => `${CONSOLE.resources}/${id}`),
    ...Object.keys(given.settings).map((name) => `${CONSOLE.settings}/${name}`),
  ]) {
    const { html } = pageOf(await person.open(ISSUER + path))
    answers.push([path, html])
  }
  t.ok(answers.length > 50)
  for (const [where, text] of answers)
    t.strictSame(
      hidden.filter((each) => text.includes(each)),
      [],
      where,
    )
  for (const name of Object.keys(given.settings))
    t.match(
      textOf(pageOf(await person.open(`${ISSUER}${CONSOLE.settings}/${name}`)).html),
      /Value Set, not shown From the environment/,
      name,
    )
})
