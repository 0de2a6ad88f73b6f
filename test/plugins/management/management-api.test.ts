// The management API: every operation that isn't for the command line alone has one route, and does and says the same.
import t from 'tap'
import { MANAGEMENT_SCOPES } from '#src/domain/management/management.ts'
import { OPERATIONS, scopeNeeded } from '#src/operations/operations.ts'
import type { OperationName } from '#src/operations/operations.ts'
import { MANAGEMENT_ROUTES } from '#src/schemas/management/routes.ts'
import type { ManagementRoute } from '#src/schemas/management/route.ts'
import { COMMANDS } from '#src/cli/commands.ts'
import { captureLog } from '#test/support/log.ts'
import { createManagement } from '#test/support/people/management-api.ts'
import { stub } from '#test/support/stub.ts'

/** What others do on the way, or a route does under another name: not a route of its own. */
const WITHIN: Partial<Record<OperationName, string>> = {
  'user.find': 'user.show',
  'user.check-new': 'user.add',
  'user.find-sharers': 'user.add',
  'client.find': 'client.show',
  'key.find-revocable': 'key.revoke',
  'event.export': 'event.list',
  'event.follow': 'event.list',
}

t.test('routes, scopes and commands do not drift apart', async (t) => {
  const names = Object.keys(OPERATIONS) as OperationName[]
  const remote = names.filter((name) => scopeNeeded(name) !== undefined && WITHIN[name] === undefined)
  t.strictSame(Object.keys(MANAGEMENT_ROUTES).sort(), remote.sort())
  const scopes = new Set(names.flatMap((name) => scopeNeeded(name) ?? []))
  t.strictSame([...MANAGEMENT_SCOPES].sort(), [...scopes].sort())
  const used = new Set(Object.values(COMMANDS).flatMap(({ operations }) => operations))
  for (const name of remote) t.ok(used.has(name), `${name} is what a command does`)
  for (const name of Object.values(WITHIN)) t.ok(Object.hasOwn(MANAGEMENT_ROUTES, name), name)
  const addresses = Object.values(MANAGEMENT_ROUTES).map(({ method, path }) => `${method} ${path}`)
  t.equal(new Set(addresses).size, addresses.length)
})

/** Options of commands that no request has: they are about the terminal, or say together what a member says. */
const OF_TERMINAL = ['json', 'yes', 'password_stdin', 'passkey_link', 'follow']
const OTHER_NAMES: Readonly<Record<string, string>> = {
  after: 'cursor',
  name: 'client_name',
  confidential: 'token_endpoint_auth_method',
  keys: 'jwks_uri',
}

t.test('an option of a command is a member of its request', async (t) => {
  const routes: Readonly<Record<string, ManagementRoute>> = MANAGEMENT_ROUTES
  for (const [name, { operations, options = [], here = false }] of Object.entries(COMMANDS)) {
    const asked = operations.flatMap((operation) => routes[operation] ?? [])
    if (here || asked.length === 0 || name === 'session end') continue // which ends one session, or all of somebody
    const members = new Set(asked.flatMap(({ body, query }) => [body, query].flatMap((part) => Object.keys(part?.properties ?? {}))))
    for (const { flags, here: isReserved = false } of options) {
      const flag = /--(?:no-)?([a-z-]+)/.exec(flags)![1]!.replaceAll('-', '_')
      if (isReserved || OF_TERMINAL.includes(flag)) continue
      t.ok(
        [flag, `${flag}s`, OTHER_NAMES[flag]].some((each) => members.has(each!)),
        `${name} ${flags}`,
      )
    }
  }
})

t.test('the document describes exactly the routes that there are', async (t) => {
  const { call, app } = await createManagement(t)
  const { status, body } = await call('GET', '/openapi.json')
  t.equal(status, 200)
  const { openapi, paths } = body as unknown as { openapi: string; paths: Record<string, Record<string, { operationId: string }>> }
  t.equal(openapi, '3.1.0')
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId}: ${method.toUpperCase()} ${path}`),
  )
  const routes = Object.entries(MANAGEMENT_ROUTES).map(
    ([name, { method, path }]) => `${name}: ${method} /admin/api/v1${path.replaceAll(/:(\w+)/g, '{$1}')}`,
  )
  t.strictSame(described.sort(), routes.sort())
  for (const { method, path } of Object.values(MANAGEMENT_ROUTES)) t.ok(app.hasRoute({ method, url: `/admin/api/v1${path}` }), path)
})

t.test('an owner manages people', async (t) => {
  const { call, tokenOf, storage } = await createManagement(t)
  const token = await tokenOf()
  const made = await call('POST', '/users', { token, body: { username: 'helen', password: 'a long password 1', given_name: 'Helen' } })
  t.match(made, { status: 201, body: { username: 'helen', given_name: 'Helen', disabled: false } })
  t.match(await call('POST', '/users', { token, body: { username: 'Helen', password: 'a long password 1' } }), {
    status: 409,
    headers: { 'content-type': /^application\/problem\+json/ },
    body: { type: 'about:blank', title: 'Conflict', status: 409, detail: 'helen already exists.' },
  })
  t.match(await call('PUT', '/users/helen/role', { token, body: { role: 'viewer' } }), { status: 200, body: { role: 'viewer' } })
  t.match(await call('PUT', '/users/helen/role', { token, body: { role: 'king' } }), { status: 400, body: { argument: 'role' } })
  t.match(await call('GET', '/users/nobody', { token }), { status: 404, body: { detail: 'There is no user nobody.' } })
  const first = await call('GET', '/users?limit=1', { token })
  t.match(first, { status: 200, body: { items: [{ username: 'admin' }], more: true } })
  const cursor = (first.body as { next_cursor?: string }).next_cursor!
  t.match(await call('GET', `/users?limit=1&cursor=${cursor}`, { token }), { body: { items: [{ username: 'helen' }], more: false } })
  t.match(await call('DELETE', '/users/helen', { token }), { status: 204 })
  t.equal(await storage.users.findByUsername('helen'), undefined)
  const event = (await storage.auditEvents.list({ since: 0, limit: 99 })).find(({ name }) => name === 'user.deleted')
  t.match(event, { name: 'user.deleted', actor: 'user admin', address: '127.0.0.1', details: { user: 'helen' } })
})

t.test('a change that is based on an older state is refused', async (t) => {
  const { call, tokenOf, addPerson } = await createManagement(t)
  await addPerson('helen')
  const token = await tokenOf()
  const { headers } = await call('GET', '/users/helen', { token })
  const etag = String(headers['etag'])
  const renamed = { token, body: { name: 'Helen' }, headers: { 'if-match': etag } }
  t.match(await call('PATCH', '/users/helen', renamed), { status: 200, body: { name: 'Helen' } })
  t.match(await call('PATCH', '/users/helen', { ...renamed, body: { name: 'Paris' } }), { status: 412 })
  t.match(await call('DELETE', '/users/helen', { token, headers: { 'if-match': etag } }), { status: 412 })
  t.match(await call('GET', '/users/helen', { token }), { body: { name: 'Helen' } })
  t.match(await call('DELETE', '/users/helen', { token, headers: { 'if-match': '"other", *' } }), { status: 204 })
  t.match(await call('DELETE', '/users/helen', { token, headers: { 'if-match': '*' } }), { status: 412 })
})

t.test('a defect is a problem without details, and is in the log', async (t) => {
  const log = captureLog('error')
  const { call, tokenOf, storage } = await createManagement(t, {}, { logger: log.logger })
  const token = await tokenOf()
  t.teardown(stub(storage.groups, { list: () => Promise.reject(new TypeError('a defect')) }))
  const answer = await call('GET', '/groups', { token })
  t.match(answer, { status: 500, headers: { 'content-type': /^application\/problem\+json/ } })
  t.notMatch(JSON.stringify(answer.body), 'a defect')
  t.match(log.lines(), [{ err: { message: 'a defect' } }])
})
