import fc from 'fast-check'
import t from 'tap'
import { isResource, narrowResources } from '../../src/domain/resource.ts'
import { holds } from '../support/property.ts'

t.test('a resource is an absolute URI without a fragment (RFC 8707 section 2)', async (t) => {
  for (const raw of ['https://mcp.example.com', 'https://mcp.example.com/mcp?tenant=1', 'http://localhost:3000/mcp', 'urn:example:api']) t.ok(isResource(raw), raw)
  const relative = ['', '/mcp', 'mcp.example.com', 'https://mcp.example.com/ü', 'https://a b/', `https://mcp.example.com/${'a'.repeat(2048)}`]
  for (const raw of [...relative, 'https://mcp.example.com/#', 'https://mcp.example.com/mcp#a']) t.notOk(isResource(raw), raw.slice(0, 60))
})

t.test('a token is for the resources that were granted, spelled as they were granted', async (t) => {
  const granted = ['https://a.example', 'https://b.example/mcp', 'https://c.example/']
  const table: [string[], string[] | undefined, string][] = [
    [[], granted, 'none named: all'],
    [['https://b.example/mcp'], ['https://b.example/mcp'], 'one of them'],
    [['https://a.example/'], ['https://a.example'], 'a slash on an empty path'],
    [['https://c.example'], ['https://c.example/'], 'a missing slash on an empty path'],
    [['https://a.example', 'https://a.example/'], ['https://a.example'], 'twice the same'],
    [['https://c.example', 'https://a.example'], ['https://c.example/', 'https://a.example'], 'several'],
    [['https://b.example/mcp/'], undefined, 'a slash behind a path is another resource'],
    [['https://b.example'], undefined, 'a parent'],
    [['https://A.example'], undefined, 'another spelling of the host'],
    [['https://a.example/?'], undefined, 'an empty query'],
    [['https://a.example', 'https://evil.example'], undefined, 'one granted, one not'],
    [['not a URI'], undefined, 'no URI'],
  ]
  for (const [requested, narrowed, why] of table) t.strictSame(narrowResources(granted, requested), narrowed, why)
  t.equal(narrowResources([], ['https://a.example']), undefined, 'nothing was granted')
  t.strictSame(narrowResources([], []), [])
})

t.test('property: whatever is asked, the answer lies within what was granted', async (t) => {
  const resources = fc.array(fc.oneof(fc.webUrl(), fc.string(), fc.constantFrom('https://a.example', 'https://a.example/', 'urn:x')))
  holds(t, fc.property(resources, resources, (granted, requested) => (narrowResources(granted, requested) ?? []).every((resource) => granted.includes(resource))))
})
