// MCP servers in the console: the list, one with its scopes and tools, and what the network may change of it.
import t from 'tap'
import { changeGate, keepTools, listResources } from '#src/operations/resources/resources.ts'
import { textOf } from '#test/support/authorization.ts'
import { findEvent, startConsole } from '#test/support/people/console.ts'
import { contextOf } from '#test/support/people/management-api.ts'

const PATH = '/admin/resources'
const ADDRESS = 'https://mcp.example.com/mcp'
const flow = await startConsole(t)
const { storage } = flow
const owner = await flow.enter()
const context = contextOf({ ...flow, config: flow.app.settings })

const current = async () => (await storage.resources.findByIdentifier(ADDRESS))!
const openIt = async () => owner.open(`${PATH}/${(await current()).id}`)
/** Posts a form as the page has it. */
const change = async (name: string, fields: Record<string, string> = {}) => {
  const { id, updatedAt } = await current()
  return owner.do(`${PATH}/${name}`, { id, seen: String(updatedAt), ...fields })
}
const SCOPE = { description: '', kind: '', tools: '' }

t.test('an operator registers a server, and reads its secret once', async (t) => {
  t.match(textOf((await owner.open(PATH)).html), /No MCP server is registered/)
  const added = await owner.do(`${PATH}/add`, { address: ` ${ADDRESS} `, name: 'Stars & <b>planets</b>' })
  const resource = await current()
  t.match(textOf(added.html), new RegExp(`The secret of ${ADDRESS}.*as ${resource.id} with this secret`, 's'))
  const [, secret] = /([\w-]{43})</.exec(added.html)!
  const page = await owner.open(PATH)
  t.match(textOf(page.html), /Stars & <b>planets<\/b>/)
  t.notOk((page.html + (await openIt()).html).includes(secret!))
  for (const address of [ADDRESS, `${flow.issuer}/admin/api`]) t.equal((await owner.do(`${PATH}/add`, { address, name: '' })).status, 409)
  t.equal((await owner.do(`${PATH}/add`, { address: 'ftp://mcp.example.com', name: '' })).status, 400)
  t.match(await findEvent(storage, 'resource.registered'), { name: 'resource.registered', actor: 'user admin', address: '127.0.0.1' })
})

t.test('scopes are added, changed and removed, and keep what a form does not name', async (t) => {
  t.match(textOf((await openIt()).html), /It has no scope.*Its tools are not known yet/s)
  await change('scope', {
    ...SCOPE,
    scope: 'look',
    description: 'Look around',
    kind: 'read',
    required: 'yes',
    tools: 'see\r\n\r\n find it ',
  })
  await change('scope', { ...SCOPE, scope: 'move', description: 'Move things' })
  const before = await current()
  const scopes = before.scopes.map((scope) => (scope.name === 'look' ? { ...scope, translations: { ko: '둘러보기' } } : scope))
  await storage.resources.update({ before, after: { ...before, scopes, updatedAt: before.updatedAt + 1 } })
  t.match(textOf((await change('scope', { ...SCOPE, scope: 'move', kind: 'destroy', tools: 'push' })).html), /The change is saved/)
  const [look, move] = (await current()).scopes
  const kept = { kind: 'read', required: true, tools: ['see', 'find it'], translations: { ko: '둘러보기' } }
  t.strictSame(look, { name: 'look', description: 'Look around', ...kept })
  t.strictSame(move, { name: 'move', description: 'Move things', kind: 'destroy', tools: ['push'] })
  await change('scope', { ...SCOPE, scope: 'look', description: 'Look' })
  t.strictSame((await current()).scopes[0], { name: 'look', description: 'Look', translations: { ko: '둘러보기' } }, 'what its tools say')
  t.match(textOf((await openIt()).html), /look Description Look · ko: 둘러보기/)
  for (const scope of ['openid', 'two words', '']) t.equal((await change('scope', { ...SCOPE, scope })).status, 400, scope)
  t.equal((await change('scope', { ...SCOPE, scope: 'look', kind: 'odd' })).status, 400)
  const { id, updatedAt } = await current()
  const asked = await owner.post(`${PATH}/remove-scope`, { id, seen: String(updatedAt), scope: 'move' })
  t.match(textOf(asked.page!.html), new RegExp(`Remove the scope move from ${ADDRESS}\\?`))
  await change('remove-scope', { scope: 'move' })
  t.strictSame(
    (await current()).scopes.map(({ name }) => name),
    ['look'],
  )
})

t.test('each tool has its kind and its scopes, and those that nobody can use are seen at once', async (t) => {
  t.match(
    textOf((await change('scope', { ...SCOPE, scope: 'move' })).html),
    /move .* Kind – Required No Tools –/,
    'nothing is said about tools',
  )
  await change('scope', { ...SCOPE, scope: 'move', tools: 'push' })
  const tool = (name: string, annotations: object) => ({ name, title: `Title of ${name}`, annotations })
  const tools = [tool('see', { readOnlyHint: true }), tool('push', {}), tool('burn', { destructiveHint: true })]
  t.ok((await keepTools(context, await current(), tools)).ok)
  t.match(textOf((await owner.open(PATH)).html), /Tools that no scope unlocks: 2/)
  t.match(
    textOf((await openIt()).html),
    /Makes changes, as its tools say.*burn Name Title of burn Kind Can delete Scopes –.*push .* Kind Makes changes Scopes move.*see .* Kind Reads/s,
  )
  await change('scope', { ...SCOPE, scope: 'look', tools: 'see\npush\nburn' })
  t.match(textOf((await openIt()).html), /Tools of several scopes: 1.*Title of push Kind Makes changes Scopes look move/s)
})

t.test('name and tokens are as the page says, or as the settings do', async (t) => {
  const members = { name: 'Stars', ttl: '15m', format: 'opaque', alg: 'RS256', groups: 'yes' }
  t.match(textOf((await change('update', members)).html), /Access tokens live 15m Format of access tokens opaque Signed by RS256/)
  t.match(await current(), {
    name: 'Stars',
    accessTokenTtl: 900,
    accessTokenFormat: 'opaque',
    groupsClaim: true,
    refusesPersonalTokens: true,
  })
  t.match(
    textOf((await change('update', { name: 'Stars', ttl: '', format: '', alg: '', personal: 'yes' })).html),
    /as ACCESS_TOKEN_TTL says/,
  )
  const { accessTokenTtl, groupsClaim, refusesPersonalTokens } = await current()
  t.strictSame([accessTokenTtl, groupsClaim, refusesPersonalTokens], [undefined, undefined, undefined])
  for (const odd of [{ ttl: 'soon' }, { ttl: '9d' }, { format: 'paper' }, { alg: 'none' }, { name: '' }])
    t.equal((await change('update', { name: 'Stars', ttl: '', format: '', alg: '', ...odd })).status, 400)
})

t.test('where requests go, and what goes along, is set without being shown, and no form changes it', async (t) => {
  const secrets = { upstream: 'http://10.1.2.3:4567/hidden', identity: 'headers', headers: ['X-Key: env:HIDDEN_KEY'], tools: ['*=look'] }
  t.ok((await changeGate(context, await current(), secrets)).ok)
  const page = await openIt()
  t.match(
    textOf(page.html),
    /Requests go to an address Set, not shown.*by headers.*Headers that go along 1 Set, not shown.*all other tools look/s,
  )
  t.notMatch(page.html, /10\.1\.2\.3|HIDDEN_KEY|X-Key/)
  for (const more of [{ upstream: 'http://169.254.169.254/' }, { command: 'sh' }, { headers: 'X: file:/etc/passwd' }, { gate: '{}' }])
    t.equal((await change('update', { name: 'Stars', ttl: '', format: '', alg: '', ...more })).status, 400)
  t.match((await current()).gate, { upstream: secrets.upstream })
  t.ok(
    (await changeGate(context, await current(), { command: ['/usr/bin/hidden', '--flag'], per: 'session', headers: [], identity: 'none' }))
      .ok,
  )
  const other = await openIt()
  t.match(textOf(other.html), /a command on the computer of this server.*Headers that go along None.*How the command runs Set, not shown/s)
  t.notMatch(other.html, /usr\/bin\/hidden|--flag/)
  const { gate: _gate, ...before } = await current()
  const gate = { identity: 'none' as const, headers: [], tools: [] }
  await storage.resources.update({ before, after: { ...before, gate, tools: [], updatedAt: before.updatedAt + 1 } })
  t.match(textOf((await openIt()).html), /Requests go to what the server was started with/)
  t.match(textOf((await owner.open(PATH)).html), /Behind the gate/)
})

t.test('what somebody else changed meanwhile is not undone, and what ends something is asked first', async (t) => {
  const { id, secretHash } = await current()
  for (const [name, fields] of [
    ['update', { name: 'Late', ttl: '', format: '', alg: '' }],
    ['scope', { ...SCOPE, scope: 'late' }],
    ['remove-scope', { scope: 'look' }],
    ['rotate-secret', {}],
    ['delete', {}],
  ] as const) {
    t.equal((await owner.do(`${PATH}/${name}`, { id, seen: '1', ...fields })).status, 409, name)
    t.equal((await owner.do(`${PATH}/${name}`, { id: 'resource_gone', seen: '1', ...fields })).status, 404, name)
  }
  t.equal((await owner.post(`${PATH}/delete`, { id: 'resource_gone', seen: '1' })).page!.status, 404, 'nothing to ask about')
  const seen = String((await current()).updatedAt)
  for (const [name, question] of [
    ['rotate-secret', `Give ${ADDRESS} a new secret?`],
    ['delete', `Delete ${ADDRESS}?`],
  ] as const)
    t.ok(textOf((await owner.post(`${PATH}/${name}`, { id, seen })).page!.html).includes(question))
  t.equal((await current()).secretHash, secretHash)
  t.match(textOf((await change('rotate-secret')).html), /The secret of/)
  t.not((await current()).secretHash, secretHash)
  t.equal((await owner.open(`${PATH}/${id}x`)).status, 404)
  const viewer = await flow.enter(await flow.add('vera', 'viewer'))
  for (const path of [PATH, `${PATH}/${id}`]) t.notMatch((await viewer.open(path)).html, /action="\/admin\/resources/)
  t.match((await change('delete')).url, /\/admin\/resources\?notice=deleted$/)
  t.strictSame(await listResources(context), { ok: true, value: [] })
})
