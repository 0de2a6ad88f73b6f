import { Value } from '@sinclair/typebox/value'
import { decodeJwt } from 'jose'
import t from 'tap'
import { ServerMetadata } from '#src/schemas/metadata.ts'
import { REDIRECT_URI, basic, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import { FULL_PROFILE } from '#test/support/records.ts'
import { createPerson } from '#test/support/people/person.ts'
import { injectFetch } from '#test/support/app.ts'

const OAUTH = '/.well-known/oauth-authorization-server'
const OPENID = '/.well-known/openid-configuration'

t.test('a client finds both documents, alike, as JSON that it may keep and that its script may read', async (t) => {
  const { app } = await createApi(t)
  for (const url of [OAUTH, OPENID]) {
    const response = await app.inject({ url, headers: { origin: 'https://inspector.example' } })
    t.equal(response.statusCode, 200)
    t.match(response.headers, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'public, max-age=300',
      'access-control-allow-origin': '*',
    })
    t.ok(Value.Check(ServerMetadata, response.json()), [...Value.Errors(ServerMetadata, response.json())].join())
    t.strictSame(Object.keys(response.json()).sort(), Object.keys(ServerMetadata.properties).sort())
    t.notMatch(response.body, 'null')
    const head = await app.inject({ method: 'HEAD', url })
    t.equal(head.statusCode, 200)
    t.equal(head.body, '')
    t.equal(head.headers['content-length'], String(Buffer.byteLength(response.body)))
  }
  t.equal((await app.inject(OAUTH)).body, (await app.inject(OPENID)).body)
})

t.test('a script asks before it sends MCP-Protocol-Version, and is allowed', async (t) => {
  const { app } = await createApi(t)
  for (const url of [OAUTH, OPENID, `${OAUTH}/no/such`]) {
    const headers = {
      origin: 'http://localhost:6274',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'mcp-protocol-version',
    }
    const response = await app.inject({ method: 'OPTIONS', url, headers })
    t.equal(response.statusCode, 204, url)
    t.match(response.headers, {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': /\bGET\b/,
      'access-control-allow-headers': 'mcp-protocol-version',
      'access-control-max-age': '86400',
    })
    t.notOk('access-control-allow-credentials' in response.headers)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-3
//# the well-known URI string is inserted between the host component and the path component
t.test('a client of an issuer with a path finds the documents wherever a standard looks, and nowhere else', async (t) => {
  const issuer = 'http://localhost:8000/tenant/a'
  const { app } = await createApi(t, { ISSUER: issuer })
  for (const url of [`${OAUTH}/tenant/a`, `${OPENID}/tenant/a`, `/tenant/a${OPENID}`, `/tenant/a${OAUTH}`]) {
    const response = await app.inject(url)
    t.equal(response.statusCode, 200, url)
    t.equal(response.json().issuer, issuer)
    t.equal(response.json().token_endpoint, `${issuer}/token`)
  }
  const others = [
    OAUTH,
    OPENID,
    `${OAUTH}/tenant`,
    `${OAUTH}/tenant/b`,
    `${OAUTH}/tenant/a/`,
    `${OAUTH}/tenant/aa`,
    `${OPENID}/tenant/a/b`,
    `/tenant${OPENID}`,
  ]
  for (const url of others) {
    const response = await app.inject({ url, headers: { accept: 'application/json' } })
    if (url.startsWith('/.well-known/')) isOAuthError(t, response, 404, 'invalid_request', 'there is nothing at this address', url)
    else t.equal(response.statusCode, 404, url)
  }
})

t.test('a client that tries an address with some other suffix is told so in JSON, and tries the next', async (t) => {
  const { app } = await createApi(t)
  const others = ['/', '/mcp', '/tenant/a', '/..', '?x=1/../y'].map((suffix) => OAUTH + suffix)
  for (const url of [
    ...others.slice(0, 4),
    '/.well-known/oauth-protected-resource',
    '/.well-known/',
    '/.well-known/webfinger?resource=x',
  ]) {
    for (const accept of ['application/json', 'text/html', '*/*']) {
      isOAuthError(
        t,
        await app.inject({ url, headers: { accept } }),
        404,
        'invalid_request',
        'there is nothing at this address',
        `${url} ${accept}`,
      )
    }
  }
  t.equal((await app.inject(others[4]!)).statusCode, 200, 'a query is no suffix')
  const response = await app.inject({ method: 'POST', url: OAUTH, payload: {} })
  isOAuthError(t, response, 405, 'invalid_request', 'this address answers GET only')
  t.equal(response.headers.allow, 'GET, HEAD, OPTIONS')
})

t.test('a client finds the settings in what the document says', async (t) => {
  const { app } = await createApi(t, { CODE_CHALLENGE_METHODS: 'S256', ISSUER: 'https://auth.example', ADMIN_PASSWORD: 'not the default' })
  t.match((await app.inject(OAUTH)).json(), {
    issuer: 'https://auth.example',
    code_challenge_methods_supported: ['S256'],
    jwks_uri: 'https://auth.example/jwks',
  })
})

t.test('everything that the document advertises works', async (t) => {
  const api = await createApi(t)
  const { app } = api
  // Somebody of whom everything is known: nobody is asked for an address or a phone number that isn't there.
  const { id: adminId } = (await api.storage.users.findAdministrator())!
  await api.storage.users.update(
    { id: adminId, username: 'admin', profile: FULL_PROFILE, email: 'a@b.example', emailVerified: true },
    api.clock.now,
  )
  const as = (await app.inject(OAUTH)).json() as ServerMetadata
  t.strictSame(as.code_challenge_methods_supported, ['S256', 'plain'])
  const at = (url: string) => url.slice(as.issuer.length)

  t.test('each endpoint is there', async (t) => {
    const endpoints = Object.entries(as).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri') as [string, string][]
    t.equal(endpoints.length, 10)
    for (const [name, url] of endpoints) {
      t.ok(url.startsWith(`${as.issuer}/`), name)
      for (const method of ['GET', 'POST'] as const) {
        const response = await app.inject({ method, url: at(url) })
        t.not(response.statusCode, 404, `${method} ${name}`)
        t.ok(response.statusCode < 500, `${method} ${name}`)
      }
    }
  })

  t.test('each way to authenticate, at each endpoint that names it', async (t) => {
    for (const [endpoint, methods] of [
      ['/token', as.token_endpoint_auth_methods_supported],
      ['/revoke', as.revocation_endpoint_auth_methods_supported],
      ['/introspect', as.introspection_endpoint_auth_methods_supported],
    ] as const) {
      // private-key-jwt.test.ts goes the whole way with each algorithm.
      for (const token_endpoint_auth_method of methods.filter((method) => method !== 'private_key_jwt')) {
        const client = await api.register({ token_endpoint_auth_method })
        const { refresh_token: token = '' } = await api.tokens(client)
        const form = endpoint === '/token' ? { grant_type: 'refresh_token', refresh_token: token } : { token }
        const byHeader = token_endpoint_auth_method === 'client_secret_basic'
        const response = byHeader
          ? await api.post(endpoint, form, basic(client.client_id, client.client_secret!))
          : await api.post(endpoint, { ...form, ...credentials(client) })
        t.equal(response.statusCode, 200, `${endpoint} ${token_endpoint_auth_method}`)
      }
    }
  })

  t.test('each scope is granted, each response mode and challenge method is taken, each grant type exchanged', async (t) => {
    const client = await api.register({ token_endpoint_auth_method: 'none', grant_types: as.grant_types_supported })
    const person = createPerson(as.issuer, injectFetch(app))
    const verifier = 'v'.repeat(43)
    const challenges: Record<string, string> = {
      plain: verifier,
      S256: (await import('node:crypto')).createHash('sha256').update(verifier).digest('base64url'),
    }
    for (const response_mode of as.response_modes_supported) {
      for (const code_challenge_method of as.code_challenge_methods_supported) {
        const query = {
          client_id: client.client_id,
          response_type: as.response_types_supported[0]!,
          redirect_uri: REDIRECT_URI,
          scope: as.scopes_supported.join(' '),
          state: 's',
          response_mode,
          code_challenge_method,
          code_challenge: challenges[code_challenge_method]!,
        }
        const url = `${as.authorization_endpoint}?${new URLSearchParams(query).toString()}`
        let answer: Record<string, unknown>
        if (response_mode.startsWith('form_post')) {
          const { page } = await person.open(url) // logged in by now, and consented for this https redirect
          t.equal(page?.form?.action, REDIRECT_URI)
          answer = page!.form!.fields
        } else answer = Object.fromEntries((await person.authorize(url)).searchParams)
        if (response_mode.endsWith('jwt')) {
          t.strictSame(Object.keys(answer), ['response'])
          answer = decodeJwt(answer['response'] as string)
        }
        t.match(answer, { state: 's', iss: as.issuer })
        const exchange = {
          grant_type: 'authorization_code',
          code: answer['code'] as string,
          redirect_uri: REDIRECT_URI,
          client_id: client.client_id,
          code_verifier: verifier,
        }
        const response = await api.post('/token', exchange)
        t.equal(response.json().scope, as.scopes_supported.join(' '), `${response_mode} ${code_challenge_method}`)
        t.match(response.json(), { access_token: String, refresh_token: String, id_token: String, token_type: 'Bearer' })
      }
    }
  })

  t.test('each algorithm signs an id_token', async (t) => {
    for (const alg of as.id_token_signing_alg_values_supported) {
      const { id_token = '' } = await api.tokens(await api.register({ id_token_signed_response_alg: alg }))
      t.equal(JSON.parse(Buffer.from(id_token.split('.')[0]!, 'base64url').toString()).alg, alg)
    }
  })

  t.test('each algorithm signs UserInfo', async (t) => {
    for (const alg of as.userinfo_signing_alg_values_supported) {
      const { access_token } = await api.tokens(await api.register({ userinfo_signed_response_alg: alg }))
      const { body } = await app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access_token}` } })
      t.equal(JSON.parse(Buffer.from(body.split('.')[0]!, 'base64url').toString()).alg, alg)
    }
  })

  t.test('each display and each language of pages is there, and every prompt is known', async (t) => {
    const { client_id } = await api.register({ token_endpoint_auth_method: 'client_secret_basic' })
    const open = (changes: Record<string, string>) =>
      app.inject({
        url: `/authorize?${new URLSearchParams({ client_id, response_type: 'code', ...changes }).toString()}`,
        headers: { accept: 'text/html' },
      })
    for (const display of as.display_values_supported)
      t.match((await open({ display })).body, `<body class="page-login display-${display}">`)
    for (const ui_locales of as.ui_locales_supported) t.equal((await open({ ui_locales })).headers['content-language'], ui_locales)
    for (const prompt of as.prompt_values_supported) t.match((await open({ prompt })).statusCode, prompt === 'none' ? 303 : 200, prompt)
  })

  t.test('each claim is told, in the id_token or by UserInfo', async (t) => {
    const { access_token, id_token = '' } = await api.tokens(await api.register(), { nonce: 'n', scopes: as.scopes_supported })
    const idToken = JSON.parse(Buffer.from(id_token.split('.')[1]!, 'base64url').toString())
    const info = (await app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${access_token}` } })).json()
    for (const claim of as.claims_supported) t.ok(claim in idToken || claim in info, claim)
  })
})
