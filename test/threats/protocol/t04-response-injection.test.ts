// threat-model.md T4: nobody can slip parameters of a response, or a second value of a parameter, past the server.
import t from 'tap'
import { answerOf, wayBackOf } from '#test/support/authorization.ts'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { REDIRECT_URI, createApi, isOAuthError } from '#test/support/api.ts'
import { createPerson } from '#test/support/people/person.ts'
import { createPushing } from '#test/support/clients/pushed.ts'

const api = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })

t.test('T4: no registered redirect URI holds a parameter of our own responses, however it is spelled', async (t) => {
  for (const name of ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response', 'id_token', 'access_token']) {
    for (const query of [`${name}=x`, `a=b&${name}=x`, name, `${name}=`, `%${name.charCodeAt(0).toString(16)}${name.slice(1)}=x`]) {
      const payload = { redirect_uris: [`https://client.example/cb?${query}`] }
      isOAuthError(
        t,
        await api.app.inject({ method: 'POST', url: '/register', payload }),
        400,
        'invalid_redirect_uri',
        `redirect_uris: https://client.example/cb?${query} must not hold the parameter ${name} in its query`,
        query,
      )
    }
  }
})

t.test('T4: no registered redirect URI holds a fragment or user information', async (t) => {
  for (const uri of [
    'https://c.example/cb#',
    'https://c.example/cb#code=x',
    'http://localhost/cb#x',
    'app.example:/cb#x',
    'https://user@c.example/',
    'https://user:pass@c.example/',
    'https://@c.example/',
    'http://a@localhost/',
  ]) {
    isOAuthError(
      t,
      await api.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [uri] } }),
      400,
      'invalid_redirect_uri',
      undefined,
      uri,
    )
  }
})

t.test('T4: a query of its own stays in front of the response, which comes once', async (t) => {
  const uri = 'https://client.example/cb?tenant=1&x=%2F'
  const { client_id } = await api.register({ token_endpoint_auth_method: 'none', redirect_uris: [uri] })
  const query = new URLSearchParams({
    client_id,
    redirect_uri: uri,
    response_type: 'code',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    state: 'a&code=evil&iss=evil#x',
  })
  const away = await createPerson(ISSUER, injectFetch(api.app)).authorize(`${ISSUER}/authorize?${query.toString()}`)
  t.ok(away.href.startsWith(`${uri}&code=`))
  t.strictSame([...away.searchParams.keys()], ['tenant', 'x', 'code', 'state', 'iss'])
  t.equal(away.searchParams.get('state'), 'a&code=evil&iss=evil#x')
  t.equal(away.hash, '')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.1
//# Request and response parameters MUST NOT be included more than once.
t.test('T4: a repeated parameter of an authorization request is an error, except resource', async (t) => {
  const { client_id } = await api.register({ token_endpoint_auth_method: 'none' })
  const good = {
    client_id,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope: 'openid',
    state: 's',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    prompt: 'none',
    resource: 'https://r.example/',
    nonce: 'n',
    response_mode: 'query',
    max_age: '1',
  }
  const ask = (name?: string, value = 'other') => {
    const query = new URLSearchParams(good)
    if (name !== undefined) query.append(name, value)
    return api.app.inject({ url: `/authorize?${query.toString()}`, headers: { accept: 'text/html' } })
  }
  for (const name of ['client_id', 'redirect_uri']) {
    const response = await ask(name, good[name as 'client_id'])
    t.equal(response.statusCode, 400, name)
    t.notOk('location' in response.headers, `${name}: nowhere to go`)
    t.match(response.body, `${name} must not be repeated`)
  }
  for (const name of [
    'response_type',
    'scope',
    'state',
    'code_challenge',
    'code_challenge_method',
    'prompt',
    'nonce',
    'response_mode',
    'max_age',
  ]) {
    const { searchParams } = wayBackOf({ html: (await ask(name)).body })!
    t.match(
      Object.fromEntries(searchParams),
      { error: 'invalid_request', error_description: `${name} must not be repeated`, iss: ISSUER },
      name,
    )
    t.equal(searchParams.get('state'), name === 'state' ? null : 's', 'one of two states is nobody’s')
  }
  const { searchParams } = new URL((await ask('resource', 'https://r2.example')).headers.location!)
  t.equal(searchParams.get('error'), 'login_required', 'more than one resource is fine (RFC 8707)')
})

//= https://www.rfc-editor.org/rfc/rfc6749#section-3.2
//# Request and response parameters MUST NOT be included more than once.
t.test('T4: a repeated parameter of a token request is an error, except resource', async (t) => {
  const client = await api.register({ token_endpoint_auth_method: 'none' })
  const resources = ['https://a.example/', 'https://b.example/']
  const form = {
    grant_type: 'authorization_code',
    redirect_uri: REDIRECT_URI,
    client_id: client.client_id,
    code: await api.code(client, { resources }),
  }
  for (const [name, value] of Object.entries({ ...form, code_verifier: 'v' })) {
    if (name === 'client_id') isOAuthError(t, await api.post('/token', { ...form, client_id: [value, value] }), 401, 'invalid_client')
    else
      isOAuthError(t, await api.post('/token', { ...form, [name]: [value, value] }), 400, 'invalid_request', `${name} must not be repeated`)
  }
  isOAuthError(t, await api.post('/token', { ...form, resource: resources }), 400, 'invalid_target') // a token has one audience
  t.equal((await api.post('/token', { ...form, resource: resources[1]! })).statusCode, 200)
})

t.test('T4: nobody adds to a signed or a pushed request on its way, nor takes from it', async (t) => {
  const { come, exchange, pushed, sign } = await createPushing(t)
  const added = {
    state: 'evil',
    nonce: 'evil',
    scope: 'openid email',
    resource: 'https://evil.example/',
    redirect_uri: 'https://evil.example/',
    response_mode: 'form_post',
    prompt: 'none',
    code_challenge: 'e'.repeat(43),
    id_token_hint: 'evil',
    claims: '{}',
  }
  for (const carried of [{ request: await sign() }, { request_uri: (await pushed()).request_uri }]) {
    const answer = await come({ ...added, ...carried })
    t.match(answer, { code: /./, state: 'xyz' })
    const tokens = (await exchange(answer['code'])).json<{ scope: string; id_token: string; access_token: string }>()
    t.equal(tokens.scope, 'openid')
    const [told, aud] = [tokens.id_token, tokens.access_token].map(
      (token) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { nonce?: string; aud: string },
    )
    t.equal(told?.nonce, undefined)
    t.not(aud?.aud, 'https://evil.example/')
  }
})

t.test('T4: a repeated parameter is an error beside a request object, and at the endpoint that takes pushed requests', async (t) => {
  const { addressOf, person, push, sign } = await createPushing(t)
  const request = await sign()
  for (const name of ['request', 'request_uri', 'state']) {
    const answer = answerOf(await person.open(`${addressOf({ request, [name]: request })}&${name}=other`))
    t.match(answer['error_description'], `${name} must not be repeated`)
  }
  for (const name of ['redirect_uri', 'scope', 'state', 'request', 'code_challenge'])
    isOAuthError(t, await push({ [name]: ['a', 'b'] }), 400, 'invalid_request', `${name} must not be repeated`)
})
