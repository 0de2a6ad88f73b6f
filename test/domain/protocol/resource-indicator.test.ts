import fc from 'fast-check'
import t from 'tap'
import { isResource, isResourceIdentifier, resourceKey } from '#src/domain/protocol/resource-indicator.ts'
import { isResourceId, resourceId } from '#src/domain/resource/resource.ts'
import { holds } from '#test/support/property.ts'

t.test('a resource is an absolute URI without a fragment (RFC 8707 section 2)', async (t) => {
  for (const raw of ['https://mcp.example.com', 'https://mcp.example.com/mcp?tenant=1', 'http://localhost:3000/mcp', 'urn:example:api'])
    t.ok(isResource(raw), raw)
  const relative = [
    '',
    '/mcp',
    'mcp.example.com',
    'https://mcp.example.com/ü',
    'https://a b/',
    `https://mcp.example.com/${'a'.repeat(2048)}`,
  ]
  for (const raw of [...relative, 'https://mcp.example.com/#', 'https://mcp.example.com/mcp#a']) t.notOk(isResource(raw), raw.slice(0, 60))
})

t.test('only https resources, and http resources on loopback, can be registered', async (t) => {
  for (const raw of ['https://mcp.example.com', 'https://mcp.example.com/mcp?tenant=1', 'http://localhost:3000/mcp', 'http://[::1]/'])
    t.ok(isResourceIdentifier(raw), raw)
  for (const raw of [
    'http://mcp.example.com',
    'urn:example:api',
    'https://a@mcp.example.com',
    'https:mcp.example.com',
    'https://mcp.example.com/#a',
    '',
  ])
    t.notOk(isResourceIdentifier(raw), raw)
})

t.test('a resource has the same key with and without the slash of an empty path, and in no other spelling', async (t) => {
  const table: [string, string, boolean][] = [
    ['https://a.example', 'https://a.example/', true],
    ['https://a.example:8443/', 'https://a.example:8443', true],
    ['https://a.example/mcp', 'https://a.example/mcp/', false],
    ['https://a.example', 'https://A.example', false],
    ['https://a.example', 'https://a.example:443', false],
    ['https://a.example/?', 'https://a.example', false],
    ['https://a.example/?a=/', 'https://a.example/?a=', false],
    ['urn:x', 'urn:x/', false],
    ['no URI', 'no URI/', false],
  ]
  for (const [one, other, same] of table) t.equal(resourceKey(one) === resourceKey(other), same, `${one} ${other}`)
})

t.test('a resource id never looks like a client id', async (t) => {
  t.ok(isResourceId(resourceId('x')))
  for (const id of ['client_x', 'https://client.example/resource_', '']) t.notOk(isResourceId(id), id)
})

t.test('property: the key of a key is itself', async (t) => {
  holds(
    t,
    fc.property(
      fc.oneof(fc.webUrl({ withQueryParameters: true }), fc.string()),
      (raw) => resourceKey(resourceKey(raw)) === resourceKey(raw),
    ),
  )
})
