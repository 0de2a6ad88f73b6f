import t from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { breaking, json, startFixture, withMembers } from './fixture-server.ts'
import { runVerify } from './run-verify.ts'

t.test('verify passes a correct server, asks what a client asks, and leaves nothing behind', async (t) => {
  const { issuer, asked, clients } = await startFixture(t)
  const report = await runVerify(issuer)
  t.equal(report.ok, true, report.text)
  t.equal(report.titles.passed.length, 21)
  t.strictSame(
    asked.map(([route]) => route),
    ['oauth', 'jwks', 'register', 'authorize', 'login', 'token', 'token', 'client'],
  )
  t.equal(clients.size, 0)
  t.equal(report.lines[0], `Verifying ${issuer}`)
  t.equal(report.lines.at(-1), '21 passed, 0 failed, 0 skipped, 0 notes')
  const parameters = asked[3]?.[1].url.searchParams
  t.match(parameters?.get('code_challenge'), /^[\w-]{43}$/)
  t.equal(parameters?.get('resource'), issuer)
  t.equal(asked[5]?.[1].headers.origin, 'http://localhost:6274')
})

t.test('verify tolerates a trailing slash in the given address', async (t) => {
  const { issuer } = await startFixture(t)
  t.equal((await runVerify(` ${issuer}/ `)).ok, true)
})

t.test('verify finds an issuer with a path', async (t) => {
  const { issuer } = await startFixture(t, undefined, { path: '/tenant' })
  const report = await runVerify(issuer)
  t.equal(report.ok, true, report.text)
  t.match(report.text, '/.well-known/oauth-authorization-server/tenant')
})

t.test('verify finds the OpenID Connect document of an issuer with a path last', async (t) => {
  const { issuer, asked } = await startFixture(
    t,
    breaking('oauth', () => json(404, {})),
    { path: '/tenant' },
  )
  const report = await runVerify(issuer)
  t.equal(report.ok, true, report.text)
  t.strictSame(report.titles.note, ['The metadata is found'])
  t.match(report.text, 'only the OpenID Connect document is there')
  t.strictSame(
    asked.slice(0, 3).map(([, { url }]) => url.pathname),
    [
      '/.well-known/oauth-authorization-server/tenant',
      '/.well-known/openid-configuration/tenant',
      '/tenant/.well-known/openid-configuration',
    ],
  )
})

for (const [method, named, supported] of [
  ['client_secret_basic', true, undefined],
  ['client_secret_post', true, undefined],
  ['none', true, undefined],
  ['client_secret_basic', false, undefined],
  ['client_secret_basic', false, ['client_secret_post', 'client_secret_basic']],
  ['client_secret_basic', false, ['private_key_jwt']],
  ['client_secret_post', false, ['client_secret_post', 'none']],
  ['none', false, ['client_secret_basic']],
] as const) {
  t.test(`verify authenticates by ${method}${named ? '' : ` where only the metadata says so (${supported})`}`, async (t) => {
    const unnamed = withMembers('register', named ? {} : { token_endpoint_auth_method: undefined })
    const announced = withMembers('oauth', { token_endpoint_auth_methods_supported: supported })
    const { issuer } = await startFixture(t, (route, ...rest) => (route === 'oauth' ? announced : unnamed)(route, ...rest), { method })
    const report = await runVerify(issuer)
    t.equal(report.ok, true, report.text)
    t.ok(report.titles.passed.includes('The token endpoint refuses a made-up code'))
  })
}

t.test('verify asks for a resource that the server names', async (t) => {
  const { issuer, asked } = await startFixture(t, withMembers('oauth', { protected_resources: ['https://mcp.example/'] }))
  t.equal((await runVerify(issuer)).ok, true)
  t.equal(asked.find(([route]) => route === 'authorize')?.[1].url.searchParams.get('resource'), 'https://mcp.example/')
})

t.test("verify keeps the authorization endpoint's own query", async (t) => {
  const { issuer, asked } = await startFixture(
    t,
    withMembers('oauth', (url) => ({ authorization_endpoint: `${url}/authorize?tenant=1&state=old` })),
  )
  t.equal((await runVerify(issuer)).ok, true)
  const parameters = asked.find(([route]) => route === 'authorize')?.[1].url.searchParams
  t.equal(parameters?.get('tenant'), '1')
  t.equal(parameters?.getAll('state').length, 1, 'no parameter is repeated (RFC 6749 section 3.1)')
})

t.test('verify names a redirect of the metadata', async (t) => {
  const { issuer } = await startFixture(t, (route, answer, { url }, issuer) => {
    return route === 'oauth' && !url.search
      ? { status: 308, headers: { location: `${issuer}/.well-known/oauth-authorization-server?again` }, body: '' }
      : answer
  })
  const report = await runVerify(issuer)
  t.equal(report.ok, true, report.text)
  t.match(report.text, /redirects to .*\?again; not every client follows/)
})

t.test('verify says in a sentence that nothing listens, and skips the rest visibly', async (t) => {
  const port = await freePort('127.0.0.1')
  const report = await runVerify(`http://127.0.0.1:${port}`)
  t.equal(report.ok, false)
  t.match(report.text, `Nothing listens at 127.0.0.1:${port} (connection refused).`)
  t.match(report.text, 'Start the server')
  t.equal(report.titles.failed.length, 1)
  t.equal(report.titles.skipped.length, 20)
  t.notMatch(report.text, /status|TypeError/)
})

t.test('verify says in a sentence that a plain http server was asked by https', async (t) => {
  const { issuer } = await startFixture(t)
  const report = await runVerify(issuer.replace('http:', 'https:'))
  t.match(report.text, /The TLS connection to 127\.0\.0\.1:\d+ failed/)
})

t.test("verify doesn't follow a redirect to the client, even where the server has the client's address", async (t) => {
  const callback = 'http://localhost:33418/callback?error=access_denied'
  const { issuer } = await startFixture(t, (route, answer) => {
    if (route === 'authorize') return { status: 302, headers: { location: callback }, body: '' }
    return { ...answer, body: answer.body.replaceAll(issuer, 'http://localhost:33418') }
  })
  const moved: typeof fetch = (input, init) => fetch(String(input).replace('http://localhost:33418', issuer), init)
  const report = await runVerify('http://localhost:33418', { fetch: moved })
  t.match(report.text, 'a redirect to the client with error "access_denied"')
})

t.test('verify requires https endpoints of an https issuer', async (t) => {
  const { issuer } = await startFixture(t, (route, answer, _, issuer) => {
    if (route !== 'oauth') return answer
    return { ...answer, body: answer.body.replaceAll(issuer, 'http://auth.example').replace('http:', 'https:') }
  })
  const port = new URL(issuer).port
  const behindProxy: typeof fetch = (input, init) => fetch(String(input).replace('https://auth.example', `http://127.0.0.1:${port}`), init)
  const report = await runVerify('https://auth.example', { fetch: behindProxy })
  t.strictSame(report.titles.failed, [
    'registration_endpoint is published',
    'authorization_endpoint is published',
    'token_endpoint is published',
    'The signing keys can be read',
  ])
  t.match(report.text, /is plain http, though the issuer is https/)
})

for (const [typed, sentence] of [
  ['localhost:8000', 'is not an http or https address'],
  ['ftp://localhost', 'is not an http or https address'],
  ['http://', 'is not an http or https address'],
  ['', 'is not an http or https address'],
  ['http://me:secret@localhost', 'must not hold a user name or a password'],
  ['http://me@localhost', 'must not hold a user name or a password'],
  ['http://:secret@localhost', 'must not hold a user name or a password'],
  ['http://localhost?x=1', 'has a query or a fragment'],
  ['http://localhost/#x', 'has a query or a fragment'],
  ['http://localhost/.well-known/openid-configuration', 'Give the issuer'],
] as const) {
  t.test(`verify refuses "${typed}" with a sentence`, async (t) => {
    const report = await runVerify(typed, { fetch: () => t.fail('asked') as never })
    t.equal(report.ok, false)
    t.equal(report.lines.length, 1)
    t.match(report.text, sentence)
  })
}
