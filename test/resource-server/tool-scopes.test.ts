import t from 'tap'
import { scopeForTools } from '#src/resource-server/index.ts'

const scope = scopeForTools({ name_comet: 'comets:write', sweep: 'sky:admin' }, 'planets:read')
const call = (name: unknown) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
const needed = (body: unknown) =>
  scope({ body })
    .split(' ')
    .filter((word) => word !== '')

t.test('a call of a listed tool needs its scope, and everything else needs the base', async (t) => {
  t.strictSame(needed(call('name_comet')), ['planets:read', 'comets:write'])
  for (const body of [
    call('whoami'),
    { method: 'tools/list' },
    { method: 'prompts/get', params: { name: 'name_comet' } },
    undefined,
    null,
    'text',
    5,
  ]) {
    t.strictSame(needed(body), ['planets:read'], JSON.stringify(body))
  }
  t.equal(scopeForTools({})({}), ' ', 'and that may be nothing')
})

t.test('calls in a batch need the scopes of all their tools', async (t) => {
  t.strictSame(needed([call('whoami'), call('name_comet'), call('sweep')]), ['planets:read', 'comets:write', 'sky:admin'])
})

t.test('a body that was not parsed might call any tool, and needs the scopes of all', async (t) => {
  for (const body of [undefined, '{"method":"tools/call","params":{"name":"sweep"}}'])
    t.equal(scope({ method: 'POST', body }), 'planets:read comets:write sky:admin')
  t.strictSame(needed(undefined), ['planets:read'])
  t.equal(scope({ method: 'GET' }), scope({}), 'a GET calls none')
  t.equal(scope({ method: 'POST', body: {} }), scope({}), 'nor does what was read')
})

t.test('members that every object inherits are no tools, nor are names that are no strings', async (t) => {
  for (const name of ['constructor', '__proto__', 'toString', 7, null, undefined, ['name_comet']])
    t.strictSame(needed(call(name)), ['planets:read'], String(name))
  t.strictSame(needed({ method: 'tools/call', params: null }), ['planets:read'])
  t.strictSame(needed({ method: 'tools/call' }), ['planets:read'])
})
