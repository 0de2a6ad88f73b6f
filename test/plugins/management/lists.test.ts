// Lists page by page, and changes that are based on what somebody saw.
import t from 'tap'
import { formatCursor } from '#src/domain/protocol/cursor.ts'
import { addResource } from '#src/operations/resources/resources.ts'
import { createPersonalToken } from '#src/operations/users/personal-tokens.ts'
import { createManagement } from '#test/support/people/management-api.ts'

const management = await createManagement(t, { PERSONAL_TOKENS: 'on' })
const { call, tokenOf, addPerson, context, storage, clock } = management
const logins = [await addPerson('helen', 'viewer'), await addPerson('paris', 'viewer'), await addPerson('oscar', 'operator')]
for (const login of logins) await tokenOf(login)
const token = await tokenOf()
const uri = 'https://mcp.example.com/'
const resource = await addResource(context, { identifier: uri, scopes: [{ name: 'read', description: 'Read', language: undefined }] })
if (!resource.ok) throw new Error(resource.error.message)
for (const { username } of logins) {
  const user = (await storage.users.findByUsername(username))!
  for (const name of ['one', 'two']) {
    clock.now += 1
    const made = await createPersonalToken(context, user, resource.value.resource, { name, scopes: ['read'] })
    if (!made.ok) throw new Error(made.error.message)
  }
  await call('POST', `/users/${username}/reset-links`, { token, body: {} })
}

interface Page {
  readonly items: readonly unknown[]
  readonly more: boolean
  readonly next_cursor?: string
}

t.test('every list goes on where its page ends', async (t) => {
  for (const path of [
    ...['/users', '/clients', '/grants', '/grants?client=command-line', '/grants?user=helen', '/sessions', '/sessions?user=helen'],
    ...['/links', '/personal-tokens', '/personal-tokens?user=helen', '/audit', '/audit?oldest_first=true'],
  ]) {
    const at = (more: string) => call('GET', `${path}${path.includes('?') ? '&' : '?'}${more}`, { token })
    const all = (await at('limit=1000')).body.items!
    t.ok(all.length > 0, path)
    const seen: unknown[] = []
    for (let cursor = '', page = 0; page <= all.length; page++) {
      const body = (await at(`limit=1${cursor && `&cursor=${cursor}`}`)).body as unknown as Page
      seen.push(...body.items)
      if (!body.more) break
      cursor = body.next_cursor!
    }
    t.strictSame(seen, all, path)
    t.match(await at('limit=0'), { status: 400, body: { argument: 'limit', detail: /^limit must be a whole number from 1 to / } }, path)
    for (const cursor of ['x', formatCursor([]), formatCursor([1]), formatCursor([1, 2, 3]), '%00'])
      t.match(
        await at(`cursor=${cursor}`),
        { status: 400, headers: { 'content-type': /^application\/problem\+json/ } },
        `${path} ${cursor}`,
      )
  }
})

t.test('a reader of events from the oldest on gets those that come later', async (t) => {
  const last = (await call('GET', '/audit?oldest_first=true&limit=1000', { token })).body as unknown as { next_cursor: string }
  const later = () => call('GET', `/audit?oldest_first=true&cursor=${last.next_cursor}&client=nobody`, { token })
  t.match(await later(), { body: { items: [], more: false, next_cursor: last.next_cursor } })
  clock.now += 1
  await call('POST', '/groups', { token, body: { name: 'later' } })
  const { body } = await call('GET', `/audit?oldest_first=true&cursor=${last.next_cursor}`, { token })
  t.match(body.items, [{ event: 'group.added', details: { group: 'later' } }])
  t.match((await later()).body, { items: [], next_cursor: /./ })
  const since = new Date(clock.now).toISOString()
  t.match((await call('GET', `/audit?since=${since}`, { token })).body.items, [{ event: 'group.added' }])
})

t.test('of two changes that are based on the same state, one counts', async (t) => {
  for (const [path, method, bodies] of [
    ['/users/helen', 'PATCH', [{ name: 'Helen' }, { name: 'Nell' }]],
    [`/resources/${resource.value.resource.id}`, 'PATCH', [{ name: 'One' }, { name: 'Two' }]],
    ['/users/paris', 'DELETE', [undefined, undefined]],
  ] as const) {
    const etag = String((await call('GET', path, { token })).headers['etag'])
    const ask = (body: unknown) => call(method, path, { token, body, headers: { 'if-match': etag } })
    const statuses = (await Promise.all(bodies.map(ask))).map(({ status }) => status)
    t.match([statuses.sort()[0], statuses[1]! >= 409], [method === 'DELETE' ? 204 : 200, true], path)
  }
  t.match(await call('DELETE', '/users/paris', { token, headers: { 'if-match': '*' } }), { status: 412 }, 'nor is there anything to match')
  t.match(await call('POST', '/groups', { token, body: { name: 'x' }, headers: { 'if-match': '*' } }), { status: 412 })
})
