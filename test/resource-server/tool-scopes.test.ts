import { Readable } from 'node:stream'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { scopeForTools } from '#src/resource-server/index.ts'

const scope = scopeForTools({ name_comet: 'comets:write', sweep: 'sky:admin' }, 'planets:read')
const call = (name: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
const words = (text: string) => text.split(' ').filter((word) => word !== '')
const needed = (body: unknown, method = 'POST') => words(scope({ method, body }))
const ALL = ['planets:read', 'comets:write', 'sky:admin']

t.test('a call of a listed tool needs its scope, and everything else needs the base', async (t) => {
  t.strictSame(needed(call('name_comet')), ['planets:read', 'comets:write'])
  for (const body of [
    call('whoami'),
    { method: 'tools/list' },
    { method: 'prompts/get', params: { name: 'name_comet' } },
    { jsonrpc: '2.0', method: 'notifications/initialized' },
    { jsonrpc: '2.0', id: 1, result: { action: 'accept' } },
    { jsonrpc: '2.0', id: 1, error: { code: -1, message: 'no' } },
    Object.assign(Object.create(null) as object, call('whoami')),
    runInNewContext('({ method: "tools/list" })'),
  ]) {
    t.strictSame(needed(body), ['planets:read'], JSON.stringify(body))
  }
  t.equal(scopeForTools({})({}), '', 'and that may be nothing')
  t.equal(scope.base, 'planets:read', 'which is known before the body is')
})

t.test('calls in a batch need the scopes of all their tools', async (t) => {
  t.strictSame(needed([call('whoami'), call('name_comet'), call('sweep')]), ALL)
  t.strictSame(needed([call('whoami'), { jsonrpc: '2.0', id: 2, result: {} }, call('sweep')]), ['planets:read', 'sky:admin'])
})

// threat-model.md T11. What a framework did not read as JSON-RPC, the MCP server may read later.
t.test('a body that was not read as JSON-RPC might call any tool, and needs the scopes of all', async (t) => {
  const text = JSON.stringify(call('sweep'))
  class Message {
    method = 'tools/list'
  }
  const bodies: [what: string, body: unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['an empty object, which Express 4 leaves', {}],
    ['an empty list', []],
    ['a text', text],
    ['a boxed text', Object(text)],
    ['a Buffer', Buffer.from(text)],
    ['bytes', new TextEncoder().encode(text)],
    ['an ArrayBuffer', new TextEncoder().encode(text).buffer],
    ['a Blob', new Blob([text])],
    ['a stream', Readable.from([text])],
    ['a web stream', new Blob([text]).stream()],
    ['a form', new URLSearchParams({ body: text })],
    ['a parsed form', { [text]: '' }],
    ['a number', 5],
    ['a function', () => call('sweep')],
    ['a date', new Date(0)],
    ['a map', new Map(Object.entries(call('sweep')))],
    ['a list in a list', [[call('sweep')]]],
    ['a list with a text', [call('whoami'), text]],
    ['a list with null', [call('whoami'), null]],
    ['a method that is no text', { method: ['tools/call'], params: { name: 'sweep' } }],
    ['a boxed method', { method: Object('tools/call'), params: { name: 'sweep' } }],
    ['an inherited method', Object.create({ method: 'tools/list' })],
    ['an object of a class', new Message()],
    ['a result of no version', { id: 1, result: {} }],
    ['members of something else', { jsonrpc: '2.0', id: 1 }],
  ]
  for (const [what, body] of bodies)
    for (const method of ['POST', 'PUT', 'PATCH', 'QUERY', 'post']) t.strictSame(needed(body, method), ALL, `${what} by ${method}`)
  for (const [what, body] of bodies.slice(4)) t.strictSame(needed(body, 'GET'), ALL, `${what} by GET`)
  t.strictSame(words(scope({ body: text })), ALL, 'whatever the method is')
  t.strictSame(words(scope({})), ALL)
})

t.test('a request that usually has no body, and has none, needs the base', async (t) => {
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS'])
    for (const body of [undefined, null, {}]) t.strictSame(needed(body, method), ['planets:read'], method)
  t.strictSame(needed(call('sweep'), 'GET'), ['planets:read', 'sky:admin'], 'but what it calls counts')
  t.strictSame(needed([], 'DELETE'), ALL)
})

t.test('members that every object inherits are no tools', async (t) => {
  for (const name of ['constructor', '__proto__', 'toString', '']) t.strictSame(needed(call(name)), ['planets:read'], name)
})

t.test('a call whose tool has no name that is a text might be of any tool', async (t) => {
  for (const name of [7, null, undefined, ['sweep'], { toString: () => 'sweep' }])
    t.strictSame(needed(call(name)), ALL, String(typeof name))
  for (const params of [null, undefined, 'sweep', ['sweep']]) t.strictSame(needed({ method: 'tools/call', params }), ALL)
  t.strictSame(needed([call('whoami'), { method: 'tools/call' }]), ALL)
})
