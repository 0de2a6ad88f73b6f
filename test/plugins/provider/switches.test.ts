// A provider that does something wrong, or in its own way: each switch by itself, over a login that is fine without it.
import t from 'tap'
import type { Person } from '#test/support/people/person.ts'
import { signedWithSecret, unsigned } from '#test/support/providers/provider.ts'
import type { Switches, TestProvider } from '#test/support/providers/provider.ts'
import { startProviderFlow } from '#test/support/providers/provider-flow.ts'

const { provider, person, leave, storage, clock } = await startProviderFlow(t, { ADMIT: '@acme.example', RATE_LIMIT_LOGIN: 'off' })

let count = 0
/** Somebody new at each test. */
const somebody = () => ({ sub: `somebody-${++count}`, email: `somebody-${count}@acme.example`, email_verified: true })

/** Logs in with a switch; what the browser sees. */
async function comeWith(switches: Switches, claims: Record<string, unknown> = somebody(), browser: Person = person()) {
  provider.switches = switches
  const left = await leave(browser)
  return browser.open(provider.visit(left, claims))
}

const isIn = ({ page }: Awaited<ReturnType<typeof comeWith>>) => /page-consent/.test(page?.html ?? '')

t.test('without a switch somebody new comes in', async (t) => {
  t.ok(isIn(await comeWith({})))
  t.match(await storage.users.findByUsername(`somebody-${count}@acme.example`), {
    origin: 'provider',
    emailVerified: true,
    passwordHash: undefined,
  })
})

const seconds = () => Math.floor(clock.now / 1000)
/** What can't be believed: nobody comes in, and the page says that the set-up is at fault. */
const BROKEN: Record<string, Switches | ((provider: TestProvider) => Switches)> = {
  'another iss in the id_token': { claims: { iss: 'https://evil.example' } },
  'an iss with a slash more': { claims: { iss: 'https://id.example.com/' } },
  'another aud': { claims: { aud: 'another client' } },
  'several aud without azp': { claims: { aud: ['solar', 'another client'] } },
  'an azp that is another client': { claims: { aud: ['solar', 'another client'], azp: 'another client' } },
  'an at_hash of another access token': { claims: { at_hash: 'another' } },
  'an at_hash that is no text': { claims: { at_hash: 7 } },
  'another nonce': { claims: { nonce: 'another' } },
  'no nonce': { claims: { nonce: undefined } },
  'no sub': { claims: { sub: undefined } },
  'an empty sub': { claims: { sub: '' } },
  'a sub of 256 characters': { claims: { sub: 's'.repeat(256) } },
  'a sub that is a number': { claims: { sub: 7 } },
  'no exp': { claims: { exp: undefined } },
  'an id_token of yesterday': { claims: { exp: seconds() - 86_400, iat: seconds() - 87_000 } },
  'a clock that is an hour behind': { ahead: -3_600_000 },
  'an id_token that is not valid yet': { claims: { nbf: seconds() + 3600 } },
  'another sub in UserInfo': { userinfo: { sub: 'somebody else' } },
  'UserInfo without a sub': { userinfo: { sub: undefined } },
  'alg none': { sign: unsigned },
  'HS256 with the client secret': { sign: signedWithSecret },
  'an unknown kid': (provider) => ({ sign: (claims) => provider.sign(claims, { kid: 'unknown' }) }),
  'a signature that was cut': (provider) => ({ sign: async (claims) => (await provider.sign(claims)).slice(0, -4) }),
  'claims that were changed after signing': (provider) => ({
    async sign(claims) {
      const [header, , signature] = (await provider.sign(claims)).split('.')
      return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url'), signature].join('.')
    },
  }),
  'no id_token': { tokens: { id_token: undefined } },
  'an id_token that is no JWT': { tokens: { id_token: 'no JWT' } },
  'no access token': { tokens: { access_token: undefined } },
  'another iss in the callback (mix-up)': { callback: { iss: 'https://evil.example' } },
  'no iss in the callback, although it is announced': { callback: { iss: undefined } },
  'a code that is not its own': { callback: { code: 'of somebody else' } },
  'no code': { callback: { code: undefined } },
  'an id_token in the callback': { callback: { id_token: 'a.b.c' } },
}
for (const [name, given] of Object.entries(BROKEN)) {
  t.test(`nobody comes in by a provider with ${name}`, async (t) => {
    const switches = typeof given === 'function' ? given(provider) : given
    const claims = somebody()
    const { page } = await comeWith(switches, claims)
    t.match(page, { status: 502, html: /Tell the people who run this server/ })
    t.same(await storage.users.findByEmail(claims.email), [])
  })
}

const METADATA: Record<string, Record<string, unknown>> = {
  'of another issuer': { issuer: 'https://evil.example' },
  'without a token endpoint': { token_endpoint: undefined },
  'with a token endpoint in the clear': { token_endpoint: 'http://id.example.com/token' },
}
for (const [name, metadata] of Object.entries(METADATA)) {
  t.test(`nobody comes in by metadata ${name}`, async (t) => {
    clock.now += 2 * 60 * 60_000
    provider.switches = { metadata }
    const browser = person()
    const outcome = await leave(browser).then(
      (left) => browser.open(provider.visit(left, somebody())),
      (error: Error) => ({ page: { html: error.message } }),
    )
    t.notMatch(outcome.page!.html, /page-consent/)
  })
}

const at = (path: string, response: () => Response): Switches => ({
  answer: ({ url }) => (new URL(url).pathname === path ? response() : undefined),
})
const DOWN: Record<string, () => Response> = {
  'answers 500': () => new Response('broken', { status: 500 }),
  'answers 503': () => new Response('', { status: 503 }),
  'answers 429': () => new Response('', { status: 429 }),
  redirects: () => new Response(null, { status: 302, headers: { location: 'https://evil.example/' } }),
  'answers more than it may': () => new Response('x'.repeat(300_000), { headers: { 'content-type': 'application/json' } }),
  'is down': () => {
    throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })
  },
  'is too slow': () => {
    throw Object.assign(new Error('slow'), { name: 'TimeoutError' })
  },
}
for (const [name, answer] of Object.entries(DOWN)) {
  t.test(`a provider that ${name} is said not to answer, and nothing is audited`, async (t) => {
    const { page } = await comeWith(at('/token', answer))
    t.match(page, { status: 502, html: /answer at the moment/ })
  })
}

t.test('a provider that answers HTML instead of JSON is not believed', async (t) => {
  const html = () => new Response('<html>', { headers: { 'content-type': 'text/html' } })
  t.match((await comeWith(at('/token', html))).page, { status: 502, html: /Tell the people/ })
})

t.test('keys that the provider rotated are found', async (t) => {
  clock.now += 2 * 60 * 60_000
  await provider.rotateKey()
  t.ok(isIn(await comeWith({})))
})

t.test('a clock that goes half a minute wrong, either way, keeps nobody out', async (t) => {
  for (const ahead of [-30_000, 30_000]) t.ok(isIn(await comeWith({ ahead })))
})

t.test('errors in the callback are read on our page, without their markup', async (t) => {
  const markup = '<script>alert(1)</script>'
  const denied = await comeWith({ callback: { code: undefined, error: 'access_denied', error_description: markup } })
  t.match(denied.page, { status: 403, html: /did not sign you in/ })
  t.notMatch(denied.page!.html, 'alert(1)')
  const refused = await comeWith({ callback: { code: undefined, error: markup } })
  t.match(refused.page, { status: 502, html: /Tell the people/ })
  t.notMatch(refused.page!.html, 'alert(1)')
})

t.test('without an address, a rule about addresses admits nobody', async (t) => {
  const { page } = await comeWith({ claims: { email: undefined, email_verified: undefined } })
  t.match(page, { status: 403, html: /has no access here/ })
})

t.test('an address in upper case is the same one; without verification it admits nobody', async (t) => {
  const upper = { ...somebody(), email: 'UPPER@ACME.Example' }
  t.ok(isIn(await comeWith({}, upper)))
  t.match(await storage.users.findByUsername('upper@acme.example'), { email: 'upper@acme.example' })
  for (const email_verified of [false, undefined, 'true', 1]) {
    const { page } = await comeWith({}, { ...somebody(), email_verified })
    t.match(page, { status: 403, html: /has no access here/ }, String(email_verified))
  }
  t.match((await comeWith({}, { ...somebody(), email: undefined })).page, { status: 403 })
  t.match((await comeWith({}, { ...somebody(), email: 'evil@acme.example.evil.example' })).page, { status: 403 })
})

t.test('an address that was given to somebody else at the provider opens nobody else’s account', async (t) => {
  const first = somebody()
  t.ok(isIn(await comeWith({}, first)))
  const { page } = await comeWith({}, { ...somebody(), email: first.email })
  t.match(page, { status: 403, html: /already has the email address/ })
})

t.test('names, pictures and verified addresses follow; an address of somebody else does not', async (t) => {
  const [one, other] = [somebody(), somebody()]
  await comeWith({}, { ...one, name: 'One', picture: 'https://acme.example/1.png' })
  await comeWith({}, other)
  const before = (await storage.users.findByEmail(one.email))[0]!
  t.match(before.profile, { name: 'One', picture: 'https://acme.example/1.png' })
  await comeWith({}, { ...one, name: 'Two\u202e', email: 'renamed@acme.example', picture: 'javascript:alert(1)' })
  const after = (await storage.users.find(before.id))!
  t.match(after, {
    username: before.username,
    email: 'renamed@acme.example',
    profile: { name: 'Two', picture: 'https://acme.example/1.png' },
  })
  await comeWith({}, { ...one, email: other.email })
  t.equal((await storage.users.find(before.id))!.email, 'renamed@acme.example')
})

t.test('somebody whom no rule admits any more is turned away at the next login', async (t) => {
  const claims = somebody()
  t.ok(isIn(await comeWith({}, claims)))
  t.match((await comeWith({}, { ...claims, email: 'somebody@elsewhere.example' })).page, { status: 403, html: /has no access here/ })
})

t.test('a user who is disabled stays out', async (t) => {
  const claims = somebody()
  await comeWith({}, claims)
  const [user] = await storage.users.findByEmail(claims.email)
  await storage.users.disable(user!.id, clock.now)
  t.match((await comeWith({}, claims)).page, { status: 403, html: /has no access here/ })
})
