// Scopes of tools: what a body says is read in one way only, and before the upstream sees any of it.
import t from 'tap'
import { CALL, LIST, answerOk, createGateScene } from '#test/support/gate/gate.ts'
import type { SendOptions } from '#test/support/gate/gate.ts'

const SCOPES = ['base', 'read', 'delete'].map((name) => ({ name, description: name }))
const RULES = [
  { tool: 'delete_file', scope: 'delete' },
  { tool: '__proto__', scope: 'delete' },
]

async function createTools(t: Parameters<typeof createGateScene>[0], rules = RULES) {
  const scene = await createGateScene(t, answerOk)
  await scene.change({ scopes: SCOPES })
  await scene.gate({ tools: rules })
  return scene
}
const OTHERS = [...RULES, { tool: '*', scope: 'read' }]

t.test(
  'a call needs the scope of its tool; the refusal asks for what is missing, and never says whether there is such a tool',
  async (t) => {
    const { token, send, upstream } = await createTools(t, OTHERS)
    const access = await token({ scopes: ['base', 'read'] })
    t.equal((await send(access, { body: CALL('list_files') })).status, 200)
    t.equal((await send(access, { body: LIST })).status, 200)
    t.equal((await send(access, { body: { jsonrpc: '2.0', id: 1, result: {} } })).status, 200, 'an answer to the server')
    t.equal((await send(access, { method: 'GET' })).status, 200)
    const messages = new Set<string>()
    for (const name of ['delete_file', '__proto__']) {
      const refused = await send(access, { body: CALL(name, 'my-id') })
      t.equal(refused.status, 403, name)
      t.match(refused.headers.get('www-authenticate'), /error="insufficient_scope".*scope="base read delete"/)
      const { id, error } = (await refused.json()) as { id: string; error: { message: string } }
      t.equal(id, 'my-id')
      messages.add(error.message)
    }
    t.equal(messages.size, 1)
    t.equal((await send(await token({ scopes: ['base', 'delete'] }), { body: CALL('delete_file') })).status, 200)
    t.equal(upstream.requests.length, 5)
  },
)

t.test('a tool that no rule names is refused unless there is a rule for all others', async (t) => {
  const { token, send, gate, upstream } = await createTools(t)
  const all = await token({ scopes: ['base', 'read', 'delete'] })
  for (const name of ['list_files', 'constructor', '*', '', 'delete_file ', 'DELETE_FILE']) {
    const refused = await send(all, { body: CALL(name) })
    t.equal(refused.status, 403, JSON.stringify(name))
    t.match(await refused.json(), { error: { message: 'the access token does not allow this' } })
  }
  await gate({ tools: OTHERS })
  t.equal((await send(all, { body: CALL('*') })).status, 403, 'a tool of that name is none of the others')
  t.equal(upstream.requests.length, 0)
})

t.test('each message of a batch must be allowed', async (t) => {
  const { token, send, upstream } = await createTools(t, OTHERS)
  const access = await token({ scopes: ['base', 'read'] })
  t.equal((await send(access, { body: [CALL('a', 1), CALL('b', 2), LIST] })).status, 200)
  const refused = await send(access, { body: [CALL('a', 1), CALL('delete_file', 2)] })
  t.equal(refused.status, 403)
  t.match(await refused.json(), { id: 2 })
  t.equal((await send(access, { body: [] })).status, 400)
  t.equal(upstream.requests.length, 1)
})

t.test('a body that two programs could read differently is refused before the upstream sees it', async (t) => {
  const { token, send, upstream, address } = await createTools(t, OTHERS)
  const access = await token({ scopes: ['base', 'read'] })
  const call = JSON.stringify(CALL('a'))
  const bodies: [string, unknown][] = [
    ['a tool twice', call.replace('"name":"a"', '"name":"a","name":"delete_file"')],
    ['a tool twice, escaped', call.replace('"name":"a"', '"name":"a","n\\u0061me":"delete_file"')],
    ['a method twice', call.replace('"method":', '"method":"ping","method":')],
    ['parameters twice', call.replace('"params":', '"params":{"name":"delete_file"},"params":')],
    ['a member twice, deep inside', call.replace('{}', '{"x":[{"y":1,"y":2}]}')],
    ['a member in capitals', call.replace('"method"', '"Method"')],
    ['a second member in capitals', call.replace('"name":"a"', '"name":"a","NAME":"delete_file"')],
    ['a letter that folds to another', call.replace('"params":', '"param\u017F":{"name":"delete_file"},"params":')],
    ['a byte order mark', `\uFEFF${call}`],
    ['bytes that are no UTF-8', Buffer.concat([Buffer.from(call.slice(0, -1)), Buffer.from(',"x":"\xff"}', 'latin1')])],
    ['UTF-16', Buffer.from(call, 'utf16le')],
    ['no JSON', 'nonsense'],
    ['a comment', `${call}// x`],
    ['nothing', ''],
    ['no message', '"x"'],
    ['a batch in a batch', `[[${call}]]`],
    ['no method', '{"jsonrpc":"2.0","id":1}'],
    ['a method that is no string', '{"jsonrpc":"2.0","id":1,"method":["tools/call"]}'],
    ['a call without a name', '{"jsonrpc":"2.0","id":1,"method":"tools/call"}'],
    ['a name that is no string', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":["delete_file"]}}'],
    ['a name that is inherited', '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"__proto__":{"name":"a"}}}'],
    ['a deep body', call.replace('{}', `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`)],
  ]
  for (const [about, body] of bodies) {
    const refused = await send(access, { body })
    t.equal(refused.status, 400, about)
    t.match(await refused.json(), { jsonrpc: '2.0', error: { code: Number } }, about)
  }
  const heads: [string, number, Record<string, string>][] = [
    ['another charset', 400, { 'content-type': 'application/json; charset=utf-16' }],
    ['another type', 400, { 'content-type': 'text/plain' }],
    ['an encoding', 415, { 'content-encoding': 'gzip' }],
    ['an encoding that does nothing', 415, { 'content-encoding': 'identity' }],
  ]
  for (const [about, status, headers] of heads) t.equal((await send(access, { body: call, headers })).status, status, about)
  const untyped = await fetch(address, { method: 'POST', headers: { authorization: `Bearer ${access}` }, body: Buffer.from(call) })
  t.equal(untyped.status, 400, 'no type')
  t.same(upstream.requests, [])
  t.equal((await send(access, { body: call, headers: { 'content-type': 'Application/JSON;charset="UTF-8"' } })).status, 200)
})

t.test('Mcp-Method and Mcp-Name must say what the body says, and never decide', async (t) => {
  const { token, send, upstream } = await createTools(t, OTHERS)
  const access = await token({ scopes: ['base', 'read'] })
  const named = (method: string, name?: string, body: unknown = CALL('a', 7)): SendOptions => ({
    body,
    headers: { 'mcp-method': method, ...(name !== undefined && { 'mcp-name': name }) },
  })
  const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`
  const reading = { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'file:///달' } }
  t.equal((await send(access, named('tools/call', 'a'))).status, 200)
  t.equal((await send(access, named('tools/call', base64('a')))).status, 200)
  t.equal((await send(access, named('resources/read', base64('file:///달'), reading))).status, 200)
  t.equal((await send(access, named('tools/list', undefined, LIST))).status, 200)
  const lies = [
    named('tools/list'),
    named('tools/call', 'b'),
    named('tools/call', base64('b')),
    named('tools/call', 'a', [CALL('a'), CALL('a')]),
  ]
  const denied = [named('tools/list', undefined, CALL('delete_file', 7)), named('tools/call', 'a', CALL('delete_file', 7))]
  for (const lie of [...lies, ...denied, named('tools/list', 'a', LIST)]) {
    const refused = await send(access, lie)
    t.equal(refused.status, 400)
    t.match(await refused.json(), { error: { code: -32_020 } })
  }
  t.equal((await send(access, named('tools/call', 'delete_file', CALL('delete_file')))).status, 403)
  t.equal(upstream.requests.length, 4)
})

t.test('a body that is too large is refused with rules as without, whatever length it says', async (t) => {
  const scene = await createGateScene(t, answerOk, { env: { GATE_BODY_LIMIT: '1KB' } })
  await scene.change({ scopes: SCOPES })
  await scene.gate({ tools: OTHERS })
  const access = await scene.token({ scopes: ['base', 'read'] })
  const response = await fetch(scene.address, {
    method: 'POST',
    headers: { authorization: `Bearer ${access}`, 'content-type': 'application/json' },
    body: new Blob([JSON.stringify(CALL('x'.repeat(2000)))]).stream(),
    duplex: 'half',
  } as RequestInit)
  t.equal(response.status, 413)
  t.match(await response.json(), { jsonrpc: '2.0' })
})
