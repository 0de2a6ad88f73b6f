import t from 'tap'
import { NOTHING_KNOWN, clientFingerprint, decisionDigest, knownOf } from '#src/domain/authorization/consent.ts'
import type { RequestedAccess } from '#src/domain/authorization/requested-access.ts'
import { sampleClient, sampleMetadata, sampleResource } from '#test/support/records.ts'

const before = sampleMetadata({
  redirectUris: ['https://a.example/', 'https://a.example/other'],
  display: { client_name: 'A', tos_uri: 'https://a.example/terms' },
})
const client = sampleClient({ metadata: before })

t.test('a consent counts as long as a client looks the same and may receive responses at the same addresses', async (t) => {
  const { redirectUris, display } = before
  const fingerprint = clientFingerprint(client)
  const same = [
    { ...before },
    { ...before, scopes: ['openid'] },
    { ...before, display: { tos_uri: display['tos_uri']!, client_name: 'A' } },
    { ...before, redirectUris: [...redirectUris].reverse() },
  ]
  const others = [
    { ...before, redirectUris: [...redirectUris, 'https://b.example/'] },
    { ...before, redirectUris: redirectUris.slice(1) },
    { ...before, display: { ...display, client_name: 'B' } },
    { ...before, display: { ...display, 'client_name#ko': 'A' } },
    { ...before, display: {} },
  ]
  for (const metadata of same) t.equal(clientFingerprint({ metadata }), fingerprint)
  for (const metadata of others) t.not(clientFingerprint({ metadata }), fingerprint)
})

t.test('a decision counts for exactly what the page showed', async (t) => {
  const resource = sampleResource()
  const target = { identifier: resource.identifier, resource }
  const [scope] = resource.scopes
  const asked: RequestedAccess = { scopes: ['openid', scope!.name], targets: [target] }
  const digest = decisionDigest(client, 'https://a.example/', asked)
  const reworded = { ...resource, scopes: [{ ...scope!, description: 'Delete everything' }] }
  const digests = [
    decisionDigest({ ...client, id: 'another' }, 'https://a.example/', asked),
    decisionDigest({ ...client, metadata: { ...before, display: { client_name: 'B' } } }, 'https://a.example/', asked),
    decisionDigest(client, 'https://a.example/other', asked),
    decisionDigest(client, 'https://a.example/', { ...asked, scopes: ['openid'] }),
    decisionDigest(client, 'https://a.example/', { ...asked, targets: [] }),
    decisionDigest(client, 'https://a.example/', { ...asked, targets: [{ ...target, resource: { ...resource, name: 'Another' } }] }),
    decisionDigest(client, 'https://a.example/', { ...asked, targets: [{ ...target, resource: reworded }] }),
    decisionDigest(client, 'https://a.example/', {
      ...asked,
      scopes: ['openid'],
      targets: [{ ...target, resource: { ...resource, scopes: [] } }],
    }),
    decisionDigest({ ...client, origin: 'operator' }, 'https://a.example/', asked),
    decisionDigest(client, 'https://a.example/', asked, { ...NOTHING_KNOWN, caution: undefined }),
    decisionDigest(client, 'https://a.example/', asked, { ...NOTHING_KNOWN, caution: 'port' }),
    decisionDigest(client, 'https://a.example/', asked, { ...NOTHING_KNOWN, caution: undefined, fresh: ['openid'] }),
    decisionDigest(client, 'https://a.example/', asked, NOTHING_KNOWN, { options: [] }),
    decisionDigest(client, 'https://a.example/', { ...asked, claims: { idToken: { email: null }, userinfo: {} } }),
  ]
  t.equal(decisionDigest(client, 'https://a.example/', { ...asked }), digest)
  t.equal(new Set([digest, ...digests]).size, digests.length + 1)
})

t.test('an earlier consent says what is new, and whether something is odd', async (t) => {
  const target = { identifier: 'https://mcp.example.com/mcp' }
  const asked: RequestedAccess = { scopes: ['openid', 'email'], targets: [target] }
  const consent = { scopes: ['openid https://elsewhere.example/'], resources: [] }
  t.strictSame(knownOf(client, 'https://a.example/', asked, undefined), NOTHING_KNOWN)
  t.strictSame(knownOf(client, 'https://a.example/', asked, consent), {
    caution: undefined,
    fresh: ['email https://mcp.example.com/mcp', target.identifier],
    isKnown: true,
    declined: [],
  })
  const local = sampleClient({ metadata: sampleMetadata({ redirectUris: ['http://localhost/a', 'http://localhost:1/b', 'app://c'] }) })
  const table = {
    'http://localhost:2/a': undefined,
    'http://localhost:1/b': undefined,
    'http://localhost:2/b': 'port',
    'app://c': undefined,
  }
  for (const [uri, caution] of Object.entries(table)) t.equal(knownOf(local, uri, asked, consent).caution, caution, uri)
})
