import t from 'tap'
import {
  MAX_DETAILS,
  changedDetails,
  changedResourceDetails,
  fitDetails,
  refusedDetails,
  registeredDetails,
  resourceDetails,
} from '#src/domain/audit/audit-details.ts'
import { OAuthError } from '#src/domain/protocol/errors.ts'
import { sampleClient, sampleMetadata, sampleResource } from '#test/support/records.ts'

t.test('an event contains what was registered', async (t) => {
  t.same(registeredDetails(sampleMetadata({ display: { client_name: 'A' } })), {
    redirect_uris: ['https://client.example/callback'],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    client_name: 'A',
  })
})

t.test('the event of an update contains the members that changed, before and after', async (t) => {
  const before = sampleClient({
    secretHash: 'old',
    metadata: { display: { client_name: 'A', tos_uri: 'https://a.example/' }, scopes: ['openid'] },
  })
  const after = sampleClient({
    secretHash: 'old',
    metadata: { display: { client_name: 'B' }, scopes: ['openid'], contacts: ['ops@a.example'] },
  })
  t.same(changedDetails(before, after), {
    client_name: ['A', 'B'],
    tos_uri: ['https://a.example/', null],
    contacts: [null, ['ops@a.example']],
  })
  t.same(changedDetails(before, before), {})
  t.same(changedDetails(before, { ...before, secretHash: 'new' }), { client_secret: 'new' })
  t.same(changedDetails(before, { ...before, secretHash: undefined }), { client_secret: 'removed' })
})

t.test('an event shows a change deep in a long list, and never a software statement', async (t) => {
  const redirectUris = Array.from({ length: 32 }, (_, index) => `https://client.example/${'x'.repeat(100)}/${index}`)
  const before = sampleClient({ metadata: { redirectUris, softwareStatement: 'a.b.c' } })
  const after = sampleClient({
    metadata: { redirectUris: [...redirectUris.slice(0, 31), 'https://other.example/'], softwareStatement: 'd.e.f' },
  })
  t.strictSame(Object.keys(changedDetails(before, after)), ['redirect_uris'])
  t.notMatch(JSON.stringify([registeredDetails(before.metadata), changedDetails(before, after)]), /software_statement|a\.b\.c/)
})

t.test('an event stays small as a whole, whatever a stranger registers', async (t) => {
  const sizeOf = (details: object) => Buffer.byteLength(JSON.stringify(details))
  const redirectUris = Array.from({ length: 32 }, (_, index) => `https://client.example/${index}/${'x'.repeat(2000)}`)
  t.match(registeredDetails(sampleMetadata({ redirectUris }))['redirect_uris'], /^\["https:\/\/client\.example\/0\/x{400,500}…$/)
  const display = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`client_name#x-${index}`, '🪐'.repeat(200)]))
  const large = sampleMetadata({ display, redirectUris })
  const details = registeredDetails(large)
  t.match(details, { redirect_uris: /^\["https:\/\/client\.examp.*…$/, token_endpoint_auth_method: 'none', more: Number })
  t.equal(Object.keys(details).length - 1 + Number(details['more']), 94, 'it says how many are left out')
  for (const each of [details, changedDetails(sampleClient(), sampleClient({ metadata: large, secretHash: 'new' }))]) {
    t.ok(sizeOf(each) <= MAX_DETAILS, String(sizeOf(each)))
    t.ok(sizeOf(each) > MAX_DETAILS / 2, 'and says as much as fits')
    t.notMatch(JSON.stringify(each), /\\ud[89a-f]/, 'no character is cut in the middle')
  }
  t.match(changedDetails(sampleClient(), sampleClient({ metadata: large, secretHash: 'new' })), { client_secret: 'new' })
  const scopes = Array.from({ length: 300 }, (_, index) => ({ name: `a:${index}`, description: 'ü'.repeat(200) }))
  t.ok(sizeOf(resourceDetails(sampleResource({ scopes }))) <= MAX_DETAILS)
  t.ok(sizeOf(fitDetails({ text: '\u0000'.repeat(5000) })) <= MAX_DETAILS)
})

t.test('the event of a resource contains what the operator set, and no secret', async (t) => {
  const resource = sampleResource({
    identifier: 'https://a.example/',
    name: 'A',
    scopes: [{ name: 'a:read', description: 'Read A' }],
    accessTokenTtl: 900,
  })
  t.strictSame(resourceDetails(resource), { resource: 'https://a.example/', name: 'A', scopes: ['a:read=Read A'], token_ttl: 900 })
  const after = {
    ...resource,
    scopes: [],
    accessTokenTtl: undefined,
    accessTokenFormat: 'opaque',
    accessTokenAlg: 'RS256',
    secretHash: 'new',
    updatedAt: 1,
  } as const
  t.strictSame(changedResourceDetails(resource, after), {
    resource: 'https://a.example/',
    scopes: [['a:read=Read A'], []],
    token_ttl: [900, null],
    token_format: [null, 'opaque'],
    alg: [null, 'RS256'],
  })
  t.notMatch(JSON.stringify([resourceDetails(after), changedResourceDetails(resource, after)]), /secret|new/)
})

t.test('the event of a refusal contains the error of the response', async (t) => {
  const error = new OAuthError('invalid_redirect_uri', `redirect_uris: ${'x'.repeat(600)}`, { detail: 'for the log only' })
  t.match(refusedDetails('update', error), { action: 'update', error: 'invalid_redirect_uri', description: /^redirect_uris: x+…$/ })
  t.notMatch(JSON.stringify(refusedDetails('update', error)), /for the log only/)
})
