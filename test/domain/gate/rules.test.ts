import t from 'tap'
import { bind, unbind } from '#src/domain/gate/session-binding.ts'
import { isEventStream, returnedHeaders } from '#src/domain/gate/response-headers.ts'
import { forwardedHeaders } from '#src/domain/gate/request-headers.ts'
import { isOrigin } from '#src/domain/gate/origin.ts'
import { baseScope, deniedCall } from '#src/domain/gate/tool-rules.ts'
import { idOf } from '#src/domain/gate/json-rpc.ts'
import { endOf, kindOf } from '#src/domain/gate/stream-life.ts'
import { parseProtection, renderProtection } from '#src/domain/gate/upstream-address.ts'
import { parseUpstreamHeader, readUpstreamHeader } from '#src/domain/gate/upstream-header.ts'

const KEYS = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const
const holder = { issuer: 'https://a.example', resource: 'https://a.example/mcp', subject: 's', clientId: 'c' }

t.test('what was bound opens for its holder alone, under each key that still counts', (t) => {
  for (const key of KEYS) t.equal(unbind(bind('a.b', holder, [key], 'mcp session'), holder, [...KEYS], 'mcp session'), 'a.b')
  const bound = bind('a.b', holder, [KEYS[0]], 'mcp session')
  for (const member of Object.keys(holder))
    t.equal(unbind(bound, { ...holder, [member]: 'x' }, [...KEYS], 'mcp session'), undefined, member)
  t.equal(unbind(bound, { ...holder, subject: 'sc', clientId: '' }, [...KEYS], 'mcp session'), undefined, 'its parts are apart')
  t.equal(unbind(bound, holder, [...KEYS], 'mcp endpoint'), undefined, 'for another purpose')
  t.equal(unbind(bound, holder, [Buffer.alloc(32, 3)], 'mcp session'), undefined)
  for (const text of ['', '.', 'a', 'a.', `.${bound}`, `${bound}.`])
    t.equal(unbind(text, holder, [...KEYS], 'mcp session'), undefined, text)
  t.end()
})

t.test('of an answer everything passes but what is listed', (t) => {
  const given = {
    'Set-Cookie': ['a', 'b'],
    'X-A': ['1', '2'],
    'content-length': '3',
    'transfer-encoding': 'chunked',
    nothing: undefined,
    'mcp-session-id': 'raw',
  }
  t.same(returnedHeaders(given, { 'mcp-session-id': undefined, a: 'b' }), {
    'x-a': ['1', '2'],
    'content-length': '3',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': 'sandbox',
    a: 'b',
  })
  const policies = [
    ['no-cache, no-transform'],
    ['private, max-age=5'],
    ['public, max-age=5', 'no-store'],
    ['private, s-maxage=9', 'no-store'],
    ['x', 'no-store'],
  ]
  for (const [policy, expected = policy] of policies)
    t.equal(returnedHeaders({ 'cache-control': policy }, {})['cache-control'], expected, String(policy))
  for (const [type, is] of [
    ['text/event-stream', true],
    ['Text/Event-Stream; charset=utf-8', true],
    ['text/event-streams', false],
    ['', false],
  ] as const)
    t.equal(isEventStream({ 'content-type': type }), is, type)
  t.equal(isEventStream({}), false)
  t.end()
})

t.test('of a request everything passes but what is listed, and what the gate adds wins', (t) => {
  const given = { accept: 'x', 'x-a': ['1', '2'], gone: undefined, connection: 'Private', private: 'x', 'x-key': 'evil', 'x.key': 'evil' }
  t.same(forwardedHeaders(given, new Set(['x-key']), { accept: 'y' }), { accept: 'y', 'x-a': ['1', '2'] })
  t.end()
})

t.test('an origin is a scheme and a host', (t) => {
  for (const origin of ['https://a.example', 'http://localhost:3000', 'http://[::1]:80', 'vscode-webview://abc', 'app://x'])
    t.ok(isOrigin(origin), origin)
  for (const origin of [
    'null',
    '',
    'https://',
    'a.example',
    'https://a.example/',
    'https://a b',
    'https://a@b',
    'https://[',
    'https://a?b',
    'javascript:x',
  ])
    t.notOk(isOrigin(origin), origin)
  t.end()
})

t.test('every request needs the first scope that is not for certain tools only', (t) => {
  const scopes = ['a', 'b'].map((name) => ({ name, description: name }))
  t.equal(baseScope({ scopes }, []), 'a')
  t.equal(baseScope({ scopes }, [{ tool: 'x', scope: 'a' }]), 'b')
  t.equal(baseScope({ scopes }, [{ tool: '*', scope: 'a' }]), 'a')
  t.equal(baseScope({ scopes: [] }, []), undefined)
  t.end()
})

t.test('what listens ends with the token, what answers a grace time later', (t) => {
  t.equal(endOf(kindOf('GET', undefined), 100, 10), 100_000)
  t.equal(endOf(kindOf('POST', 'subscriptions/listen'), 100, 10), 100_000)
  t.equal(endOf(kindOf('POST', 'tools/call'), 100, 10), 110_000)
  t.end()
})

t.test('a protection is an address, perhaps with a path before it', (t) => {
  for (const [raw, expected] of [
    ['http://localhost:3001', { upstream: 'http://localhost:3001/' }],
    ['/a=https://b.example/c?d=e', { path: '/a', upstream: 'https://b.example/c?d=e' }],
    ['https://b.example/c?d=/e', { upstream: 'https://b.example/c?d=/e' }],
  ] as const) {
    const read = parseProtection(raw)
    t.same(read, { ok: true, value: expected }, raw)
    t.same(parseProtection(renderProtection(expected)), read)
  }
  for (const raw of ['', '/a', '/a=', 'a=http://b.example', 'http:/b', 'ftp://b', 'http://b/#', 'http://b\\c'])
    t.equal(parseProtection(raw).ok, false, raw)
  t.end()
})

t.test('a header says where its value is, and never what it is', (t) => {
  for (const [raw, prefix, reference] of [
    ['X-Key: env:KEY', '', { kind: 'env', name: 'KEY' }],
    ['x-key:file:/run/a b', '', { kind: 'file', path: '/run/a b' }],
    [' Authorization: Bearer env:KEY ', 'Bearer ', { kind: 'env', name: 'KEY' }],
  ] as const) {
    const header = parseUpstreamHeader(raw)
    t.ok(header.ok, raw)
    if (header.ok) t.same(readUpstreamHeader(header.value), { prefix, reference })
  }
  for (const raw of [
    '',
    'X-Key',
    'X-Key:',
    'X-Key: k3y',
    'X-Key: env:',
    'X-Key: env:A B',
    'X-Key: a b env:A',
    'X Key: env:A',
    'X-Key: file:',
    'Content-Length: env:A',
  ])
    t.equal(parseUpstreamHeader(raw).ok, false, raw)
  t.end()
})

t.test('without a rule every tool may be called; an id is a string or a number', (t) => {
  t.equal(deniedCall([{ id: 1, method: 'tools/call', name: 'x' }], [], []), undefined)
  t.same([idOf({ id: 'a' }), idOf({ id: 0 }), idOf({ id: {} }), idOf({})], ['a', 0, null, null])
  t.end()
})
