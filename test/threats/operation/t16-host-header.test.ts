// threat-model.md T16: who the server is, is configured; who the visitor is, only a configured proxy may say.
import t from 'tap'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { REDIRECT_URI, createApi, credentials } from '#test/support/api.ts'
import { createPerson } from '#test/support/people/person.ts'

const LIES: Record<string, string> = {
  host: 'evil.example',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '444',
  'x-forwarded-prefix': '/evil',
  'x-forwarded-for': '198.51.100.66',
  'x-forwarded-server': 'evil.example',
  'x-original-host': 'evil.example',
  'x-host': 'evil.example',
  'x-real-ip': '198.51.100.66',
  'x-original-url': '/evil',
  'x-rewrite-url': '/evil',
  forwarded: 'for=198.51.100.66;host=evil.example;proto=https',
}

for (const [about, env] of Object.entries<{ TRUST_PROXY?: string }>({
  'without a proxy': {},
  'with a trusted proxy': { TRUST_PROXY: '127.0.0.1' },
  'with a trusted hop': { TRUST_PROXY: '1' },
})) {
  t.test(`T16: ${about}, no header changes what the server calls itself`, async (t) => {
    const api = await createApi(t, env)
    const { app } = api
    const told = { url: '/x', method: 'GET' as const, headers: { accept: 'text/html' } }
    for (const path of [
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/',
      '/jwks',
      '/nothing',
      '/logout',
      '/authorize',
    ]) {
      const honest = await app.inject({ ...told, url: path })
      const lie = (url: string) => app.inject({ ...told, url, headers: { ...told.headers, ...LIES } })
      const first = await lie(path)
      t.notMatch(first.body + JSON.stringify(first.headers), /evil|:444/, path)
      // A browser that comes by another name is led to the configured one, once.
      const isLed = env.TRUST_PROXY !== undefined && ['/', '/logout', '/authorize'].includes(path)
      t.equal(first.headers.location, isLed ? `${ISSUER}${path}?own_host=1` : undefined, path)
      const lied = isLed ? await lie(`${path}?own_host=1`) : first
      t.equal(lied.statusCode, honest.statusCode, path)
      t.notMatch(lied.body + JSON.stringify(lied.headers), /evil|:444/, path)
      if (!/reference|error/.test(honest.body)) t.equal(lied.body, honest.body, path)
    }

    const client = await api.register({ token_endpoint_auth_method: 'none' })
    const send: typeof fetch = (input, init) =>
      injectFetch(app)(input, { ...init, headers: { ...(init?.headers as Record<string, string>), ...LIES } })
    const person = createPerson(ISSUER, send)
    const query = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'plain',
    })
    const login = await person.open(`${ISSUER}/authorize?${query.toString()}`)
    t.equal(login.page!.form!.action, '/login', 'links have no host')
    t.notMatch(login.page!.html, 'evil')
    for (const cookie of login.page!.headers.getSetCookie()) {
      t.notMatch(cookie, /domain|secure|__Host-/i, 'cookies follow the issuer, which is http here')
    }
    const consent = await person.submit(login.page!, ADMIN)
    const { away } = await person.submit(consent.page!, { decision: 'allow' })
    t.equal(away!.searchParams.get('iss'), ISSUER)
    const response = await api.post(
      '/token',
      {
        grant_type: 'authorization_code',
        code: away!.searchParams.get('code')!,
        redirect_uri: REDIRECT_URI,
        code_verifier: 'c'.repeat(43),
        ...credentials(client),
      },
      LIES,
    )
    const { access_token, id_token } = response.json()
    for (const token of [access_token, id_token])
      t.match(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()), { iss: ISSUER })
    const refused = await api.post('/token', {}, LIES)
    t.match(refused.headers['www-authenticate'], `realm="${ISSUER}"`)
  })
}

t.test('T16: a server that is https by its configuration sets secure cookies, whatever the proxy says', async (t) => {
  const { app } = await createApi(t, { ISSUER: 'https://auth.example', ADMIN_PASSWORD: 'not the default', TRUST_PROXY: '1' })
  const registered = await app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI] } })
  const url = `/authorize?client_id=${registered.json().client_id}&response_type=code&own_host=1`
  const response = await app.inject({ url, headers: { ...LIES, 'x-forwarded-proto': 'http' } })
  t.match(response.headers['set-cookie'], /^__Host-solar-browser=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  t.match(response.headers['strict-transport-security'], 'max-age')
})

t.test('T16: a caller that claims to be another does not get around a limit, unless a configured proxy says so', async (t) => {
  const cases: [about: string, env: Record<string, string>, from: string, forwarded: string[], statuses: number[]][] = [
    ['no proxy', {}, '192.0.2.1', ['1.1.1.1', '2.2.2.2', '3.3.3.3'], [401, 429, 429]],
    ['a proxy elsewhere', { TRUST_PROXY: '10.0.0.0/8' }, '192.0.2.1', ['1.1.1.1', '2.2.2.2', '3.3.3.3'], [401, 429, 429]],
    ['our proxy', { TRUST_PROXY: '10.0.0.0/8' }, '10.1.2.3', ['1.1.1.1', '2.2.2.2', '1.1.1.1'], [401, 401, 429]],
    ['one hop', { TRUST_PROXY: '1' }, '10.1.2.3', ['1.1.1.1', '2.2.2.2', '1.1.1.1'], [401, 401, 429]],
    [
      'one hop, and what the visitor wrote before it',
      { TRUST_PROXY: '1' },
      '10.1.2.3',
      ['6.6.6.1, 1.1.1.1', '6.6.6.2, 1.1.1.1', '6.6.6.3,1.1.1.1'],
      [401, 429, 429],
    ],
    [
      'our proxy, and what the visitor wrote before it',
      { TRUST_PROXY: '10.0.0.0/8' },
      '10.1.2.3',
      ['10.9.9.9, 1.1.1.1', '6.6.6.2, 1.1.1.1', '6.6.6.3,1.1.1.1'],
      [401, 429, 429],
    ],
    [
      'two hops',
      { TRUST_PROXY: '2' },
      '10.1.2.3',
      ['1.1.1.1, 10.9.9.9', '1.1.1.2, 10.9.9.9', '6.6.6.6, 1.1.1.1, 10.9.9.9'],
      [401, 401, 429],
    ],
  ]
  for (const [about, env, remoteAddress, forwarded, statuses] of cases) {
    const { app } = await createApi(t, { RATE_LIMIT_TOKEN: '1/1m', ...env })
    const found: number[] = []
    for (const address of forwarded) {
      const headers = { 'x-forwarded-for': address, 'x-real-ip': address, forwarded: `for=${address}` }
      found.push((await app.inject({ method: 'POST', url: '/token', remoteAddress, headers })).statusCode)
    }
    t.strictSame(found, statuses, about)
  }
})
