// POST /register against whatever somebody may send: never a 5xx, never a body of the framework, nothing kept that isn't told, and what
// was told comes back equal by RFC 7592.
import { Value } from '@sinclair/typebox/value'
import fc from 'fast-check'
import t from 'tap'
import { renderClientMetadata } from '#src/domain/client/client-information.ts'
import { RegistrationRequest, RegistrationResponse } from '#src/schemas/registration.ts'
import { createApi } from '#test/support/api.ts'
import type { ApiResponse } from '#test/support/api.ts'

const { app, storage } = await createApi(t, { RATE_LIMIT_REGISTER: 'off', MAX_CLIENTS: 'off' })

const post = (payload: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  app.inject({ method: 'POST', url: '/register', headers, payload })

const CODES = ['invalid_redirect_uri', 'invalid_client_metadata']

/** What is wrong with an answer; `undefined` if it is what an answer may be. */
async function problemWith(response: ApiResponse, before: number): Promise<string | undefined> {
  const kept = (await storage.clients.count()) - before
  let body: Record<string, unknown>
  try {
    body = response.json()
  } catch {
    return `no JSON: ${response.body}`
  }
  if (response.statusCode !== 201) {
    if (![400, 413].includes(response.statusCode)) return `status ${response.statusCode}`
    if (Object.keys(body).join() !== 'error,error_description') return `a body of somebody else: ${response.body}`
    if (!CODES.includes(body['error'] as string)) return `error ${String(body['error'])}`
    return kept === 0 ? undefined : 'a client was kept, although the registration was refused'
  }
  if (kept !== 1) return `${kept} clients were kept`
  if (Object.values(body).includes(null) || !Value.Check(RegistrationResponse, body)) return `not as the schema says: ${response.body}`
  const client = await storage.clients.find(body.client_id)
  if (client === undefined) return 'the client is not kept'
  const told = metadataOf(body)
  if (sorted(renderClientMetadata(client.metadata)) !== sorted(told))
    return `kept ${JSON.stringify(client.metadata)}, told ${response.body}`
  return (await problemWithSame('GET', body)) ?? problemWithSame('PUT', body)
}

/** The members that the client chose, or would have. */
const metadataOf = (body: object) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !/^(client_(id|secret)|registration_)/.test(name)))
const sorted = (members: object) => JSON.stringify(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Reads a registration, or replaces it by itself: either way nothing may change. */
async function problemWithSame(method: 'GET' | 'PUT', registered: RegistrationResponse): Promise<string | undefined> {
  const { client_id, registration_access_token: token } = registered
  const payload = method === 'PUT' ? { payload: { ...metadataOf(registered), client_id } } : {}
  const response = await app.inject({ method, url: `/register/${client_id}`, headers: { authorization: `Bearer ${token}` }, ...payload })
  const same = response.statusCode === 200 && sorted(metadataOf(response.json())) === sorted(metadataOf(registered))
  return same ? undefined : `${method} ${JSON.stringify(registered)} brought ${response.body}`
}

/** Runs one request after the other, so that what is kept can be counted. */
async function answersWell(
  t: { ok(value: boolean, message: string): unknown },
  request: fc.Arbitrary<readonly [payload: string, headers?: Record<string, string>]>,
  numRuns: number,
): Promise<void> {
  const property = fc.asyncProperty(request, async ([payload, headers]) => {
    const before = await storage.clients.count()
    const problem = await problemWith(await post(payload, headers), before)
    if (problem !== undefined) throw new Error(problem)
  })
  const outcome = await fc.check(property, { numRuns, interruptAfterTimeLimit: 15_000 })
  t.ok(
    !outcome.failed,
    JSON.stringify(fc.defaultReportMessage(outcome) ?? `held for ${outcome.numRuns} cases`).replace(/[^\x20-\x7E]/g, '?'),
  )
}

const scheme = fc.constantFrom(
  'https',
  'http',
  'HTTPS',
  'javascript',
  'JaVaScRiPt',
  'data',
  'vbscript',
  'file',
  'blob',
  'about',
  'filesystem',
  'ws',
  'ftp',
  'jar',
  'app',
  'com.example.app',
  '',
  ' https',
)
const host = fc.constantFrom(
  'client.example',
  'localhost',
  '127.0.0.1',
  '[::1]',
  '169.254.169.254',
  '2130706433',
  'localhost.evil.example',
  'bücher.example',
  'u:p@client.example',
  '%6cocalhost',
  '',
)
const rest = fc.oneof(
  fc.constantFrom(
    '',
    '/',
    '/cb',
    '/cb?code=x',
    '/cb?%63ode=1',
    '/#',
    '/cb#x',
    '\\@evil.example',
    '/%00',
    '/\u202e',
    '/a b',
    '/\t',
    `/${'x'.repeat(3000)}`,
    '?state',
    '/<script>',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
)
const uri = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(scheme, fc.constantFrom('://', ':', ':/', ':///', '//'), host, rest).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
)
const good = fc.constantFrom('https://client.example/cb', 'http://127.0.0.1:1/', 'cursor://cb', 'https://vscode.dev/redirect')
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  uri,
  fc.constantFrom(
    '',
    '\u0000',
    '\u202Ename',
    '\uD800',
    'x'.repeat(5000),
    'none',
    'private_key_jwt',
    'code',
    'pairwise',
    'native',
    'web',
    'RS256',
  ),
)
const value = fc.oneof(
  { weight: 4, arbitrary: text },
  { weight: 2, arbitrary: fc.array(text, { maxLength: 70 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, 0, -1, 1e300, true) },
)
// A sector_identifier_uri makes the server look up names, which isn't this test's business: pairwise.test.ts is about it.
const members = [
  ...Object.keys(RegistrationRequest.properties).filter((name) => name !== 'sector_identifier_uri'),
  'client_name#ko',
  'logo_uri#en-GB',
  'tos_uri#',
  'client_id',
  'client_secret',
  'registration_access_token',
  '__proto__',
  'constructor',
]

const metadata = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: uri }), { maxLength: 4 }),
    fc.uniqueArray(fc.tuple(fc.constantFrom(...members), value), { selector: ([name]) => name, maxLength: 5 }),
  )
  .map(([redirect_uris, others]) => ({ redirect_uris, ...Object.fromEntries(others) }))

t.test('property: whatever metadata is sent is refused by its code, or kept just as it is told', async (t) => {
  await answersWell(
    t,
    metadata.map((body) => [JSON.stringify(body)] as const),
    300,
  )
})

t.test('property: metadata that is mostly right is kept just as it is told', async (t) => {
  const plain = fc.record(
    {
      redirect_uris: fc.array(good, { minLength: 1, maxLength: 3 }),
      client_name: fc.string({ unit: 'binary', maxLength: 300 }),
      'client_name#ko': fc.string({ unit: 'binary' }),
      scope: fc.string(),
      contacts: fc.array(fc.string({ unit: 'binary' }), { maxLength: 5 }),
      grant_types: fc.subarray(['authorization_code', 'refresh_token', 'implicit']),
      token_endpoint_auth_method: fc.constantFrom('none', 'client_secret_post', 'tls_client_auth'),
      application_type: fc.constantFrom('web', 'native', 'toaster'),
      default_max_age: fc.nat(),
      require_auth_time: fc.boolean(),
      dpop_bound_access_tokens: fc.boolean(),
      default_acr_values: fc.array(fc.string(), { maxLength: 3 }),
      post_logout_redirect_uris: fc.array(good, { maxLength: 3 }),
    },
    { requiredKeys: ['redirect_uris'] },
  )
  await answersWell(
    t,
    plain.map((body) => [JSON.stringify(body)] as const),
    100,
  )
})

t.test('property: JSON that was cut, spliced or never was any is answered in our own words', async (t) => {
  const mutated = fc
    .tuple(
      metadata.map((body) => JSON.stringify(body)),
      fc.nat(),
      fc.nat(20),
      fc.string({ unit: 'binary', maxLength: 5 }),
    )
    .map(([body, at, length, inserted]) => {
      const start = at % (body.length + 1)
      return body.slice(0, start) + inserted + body.slice(start + length)
    })
  const type = fc.constantFrom(
    'application/json',
    'application/json; charset=utf-8',
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/json, text/plain',
    'x',
  )
  await answersWell(
    t,
    fc.tuple(mutated, type).map(([payload, contentType]) => [payload, { 'content-type': contentType }] as const),
    100,
  )
})
