import t from 'tap'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { injectFetch } from '#test/support/app.ts'
import { isOAuthError } from '#test/support/api.ts'
import { answerOf, pageOf } from '#test/support/authorization.ts'
import type { Registered } from '#test/support/conversation.ts'
import { createPerson } from '#test/support/people/person.ts'
import { REQUEST, createPushing, signWith, unsigned } from '#test/support/clients/pushed.ts'
import type { Pushed } from '#test/support/clients/pushed.ts'

const CALLBACK = REQUEST.redirect_uri
const made = await createPushing(t)
const { app, client, clock, come, config, exchange, key, person, post, push, pushed, register, send, sign, storage } = made
const confidential = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'client_secret_basic' })).json<Registered>()
const stranger = () => createPerson(config.issuer, injectFetch(app))

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.2
//# If the verification is successful, the server MUST generate a request URI and provide it in the response with a 201 HTTP status code.
t.test('a client pushes a request, sends the person with its name, and gets a code for just that request', async (t) => {
  const response = await push({ scope: 'openid email', state: 'the state' })
  t.equal(response.statusCode, 201)
  t.match(response.headers, { 'content-type': /^application\/json/, 'cache-control': 'no-store', 'access-control-allow-origin': '*' })
  t.match(response.json(), { request_uri: /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/, expires_in: 90 })
  t.strictSame(Object.keys(response.json()), ['request_uri', 'expires_in'])
  const answer = await come({ request_uri: response.json<Pushed>().request_uri })
  t.match(answer, { code: /./, state: 'the state', iss: config.issuer })
  t.match((await exchange(answer['code'])).json(), { access_token: /./, scope: 'openid email' })
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2
//# Authorization servers supporting PAR SHOULD include the URL of their pushed authorization request endpoint in their authorization server metadata document [RFC8414] using the pushed_authorization_request_endpoint parameter as defined in Section 5.
t.test('a client finds the endpoint', async (t) => {
  const document = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()
  t.match(document, { pushed_authorization_request_endpoint: `${config.issuer}/par`, require_pushed_authorization_requests: false })
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2
//# The rules for client authentication as defined in [RFC6749] for token endpoint requests, including the applicable authentication methods, apply for the PAR endpoint as well.
t.test('a client authenticates as at the token endpoint, and first of all', async (t) => {
  const { client_id, client_secret } = confidential
  t.equal((await push({}, confidential)).statusCode, 201)
  t.equal((await post('/par', { ...REQUEST, client_id, client_secret })).statusCode, 201, 'by the form')
  for (const wrong of [{ client_id, client_secret: 'wrong' }, { client_id }, { client_id: 'client_unknown' }]) {
    isOAuthError(t, await push({ state: ['a', 'b'] }, wrong), 401, 'invalid_client')
  }
  isOAuthError(t, await post('/par', REQUEST), 401, 'invalid_client')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2
//# In order to facilitate interoperability, the authorization server MUST accept its issuer identifier, token endpoint URL, or pushed authorization request endpoint URL as values that identify it as an intended audience.
t.test('an assertion may name the issuer, the token endpoint or this endpoint as its audience', async (t) => {
  const { client_id } = (
    await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } })
  ).json<Registered>()
  const now = Math.floor(clock.now / 1000)
  const pushBy = async (aud: string | string[], jti: string) => {
    const client_assertion = await signWith(key, { iss: client_id, sub: client_id, aud, exp: now + 60, iat: now, jti })
    return post('/par', { ...REQUEST, client_assertion_type: ASSERTION_TYPE, client_assertion })
  }
  for (const path of ['', '/token', '/par']) t.equal((await pushBy(config.issuer + path, `jti of ${path}`)).statusCode, 201, path)
  for (const aud of [`${config.issuer}/authorize`, `${config.issuer}/par/`, [`${config.issuer}/par`, config.issuer]])
    isOAuthError(t, await pushBy(aud, `jti of ${String(aud)}`), 401, 'invalid_client')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.1
//# The request_uri authorization request parameter is one exception, and it MUST NOT be provided.
t.test('a request_uri is not pushed', async (t) => {
  isOAuthError(t, await push({ request_uri: (await pushed()).request_uri }), 400, 'invalid_request', /request_uri/)
  isOAuthError(t, await push({ request_uri: 'https://client.example/request' }), 400, 'invalid_request', /request_uri/)
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.1
//# Validate the pushed request as it would an authorization request sent to the authorization endpoint.
t.test('what would be refused at /authorize is refused here, in JSON', async (t) => {
  const cases: [Parameters<typeof push>[0], string, RegExp][] = [
    [{ redirect_uri: 'https://evil.example/callback' }, 'invalid_request', /redirect_uri/],
    [{ response_type: 'token' }, 'unsupported_response_type', /code/],
    [{ response_type: undefined }, 'invalid_request', /response_type is required/],
    [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request', /code_challenge is required/],
    [{ prompt: 'none login' }, 'invalid_request', /prompt/],
    [{ resource: 'no URI' }, 'invalid_target', /absolute URI/],
    [{ id_token_hint: 'x' }, 'invalid_request', /id_token_hint/],
    [{ state: ['a', 'b'] }, 'invalid_request', /state must not be repeated/],
    [{ nonce: 'n'.repeat(5000) }, 'invalid_request', /nonce is too long/],
  ]
  for (const [changes, error, description] of cases)
    isOAuthError(t, await push(changes), 400, error, description, JSON.stringify(changes).slice(0, 80))
  const machine = (
    await register({
      redirect_uris: [CALLBACK],
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    })
  ).json<Registered>()
  isOAuthError(t, await push({}, machine), 400, 'unauthorized_client')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.1
//# When present in a pushed authorization request, they are relied upon only for client authentication and are not germane to the authorization request itself.
t.test('credentials are not kept with the request, nor is what is unknown', async (t) => {
  const { request_uri } = await pushed(
    { client_id: confidential.client_id, client_secret: confidential.client_secret, unknown: 'x', nonce: '' },
    { client_id: confidential.client_id },
  )
  const kept = await storage.pushedRequests.find(sha256(request_uri), clock.now)
  t.strictSame(kept?.parameters, { ...REQUEST, client_id: confidential.client_id })
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.2
//# The format of the request_uri value is at the discretion of the authorization server, but it MUST contain some part generated using a cryptographically strong pseudorandom algorithm such that it is computationally infeasible to predict or guess a valid value
t.test('a request_uri has 256 random bits, and is not kept as it is', async (t) => {
  const [one, other] = [await pushed(), await pushed()]
  t.not(one.request_uri, other.request_uri)
  t.equal(Buffer.from(one.request_uri.split(':').at(-1)!, 'base64url').length, 32)
  t.equal(await storage.pushedRequests.find(one.request_uri, clock.now), undefined)
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.2
//# The request_uri value MUST be bound to the client that posted the authorization request.
t.test("another client's request_uri counts as none", async (t) => {
  const { request_uri } = await pushed()
  t.match(await come({ request_uri }, person, confidential), { error: 'invalid_request_uri', code: undefined, iss: config.issuer })
  t.match(await come({ request_uri }), { code: /./ }, 'and is not spoiled by that')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.3
//# The authorization server returns an error response with the same format as is specified for error responses from the token endpoint in Section 5.2 of [RFC6749]
t.test('every refusal is JSON, whatever the request prefers', async (t) => {
  const browser = await app.inject({
    method: 'POST',
    url: '/par',
    headers: { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded' },
    payload: `client_id=${client.client_id}`,
  })
  isOAuthError(t, browser, 400, 'invalid_request')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.3
//# If the request did not use the POST method, the authorization server responds with an HTTP 405 (Method Not Allowed) status code.
t.test('only POST pushes', async (t) => {
  for (const method of ['GET', 'PUT', 'DELETE'] as const)
    isOAuthError(t, await app.inject({ method, url: '/par' }), 405, 'invalid_request', 'this address answers POST only')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.3
//# If the request size was beyond the upper bound that the authorization server allows, the authorization server responds with an HTTP 413 (Payload Too Large) status code.
t.test('what is too large for the pages that carry it on is refused', async (t) => {
  isOAuthError(
    t,
    await push({ scope: 'n'.repeat(4000), claims: 'c'.repeat(4000), login_hint: 'l'.repeat(200) }),
    413,
    'invalid_request',
    /longer than 8192 characters/,
  )
  isOAuthError(t, await push({ state: 's'.repeat(70_000) }), 413, 'invalid_request')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-3
//# Clients MAY use the request parameter as defined in JAR [RFC9101] to push a Request Object JWT to the authorization server.
t.test('a signed request object is pushed, and parameters beside it count for nothing', async (t) => {
  const { request_uri } = (
    await send('/par', { request: await sign({ state: 'inside' }), state: 'outside', redirect_uri: 'https://evil.example/' })
  ).json<Pushed>()
  t.match(await come({ request_uri }), { code: /./, state: 'inside' })
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-3
//# Validate the Request Object signature as specified in JAR [RFC9101], Section 6.2.
t.test('a pushed object that the client did not sign is refused', async (t) => {
  const forged = `${(await sign()).slice(0, -8)}AAAAAAAA`
  for (const request of [forged, unsigned(made.claims(), { alg: 'ES256' })])
    isOAuthError(t, await send('/par', { request }), 400, 'invalid_request_object')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-3
//# If the client has authentication credentials established with the authorization server, reject the request if the authenticated client_id does not match the client_id claim in the Request Object.
t.test("a pushed object is the authenticated client's own", async (t) => {
  isOAuthError(t, await send('/par', { request: await sign() }, confidential), 400, 'invalid_request_object', /client_id/)
  isOAuthError(t, await post('/par', { request: await sign() }), 401, 'invalid_client')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-4
//# Authorization servers SHOULD treat request_uri values as one-time use but MAY allow for duplicate requests due to a user reloading/refreshing their user agent.
t.test('a person reloads the page as often as they like, and the request brings one code', async (t) => {
  const { request_uri } = await pushed()
  const somebody = stranger()
  const url = made.addressOf({ request_uri })
  for (let reload = 0; reload < 3; reload++) t.match(pageOf(await somebody.open(url)).html, /type="password"/)
  t.ok((await somebody.authorize(url)).searchParams.get('code'))
  t.match(answerOf(await somebody.open(url)), { error: 'invalid_request_uri', error_description: /already used/, code: undefined })
})

t.test('a request that a browser sends twice brings one code, and the other answer finds its way back to the client', async (t) => {
  const somebody = stranger()
  await somebody.authorize(made.addressOf({ request_uri: (await pushed()).request_uri }))
  const { request_uri } = await pushed({ state: 'twice', redirect_uri: CALLBACK })
  const url = made.addressOf({ request_uri })
  const answers = (await Promise.all([somebody.open(url), somebody.open(url), somebody.open(url)])).map(answerOf)
  t.equal(answers.filter(({ code }) => code !== undefined).length, 1)
  for (const answer of [...answers, answerOf(await somebody.open(url))]) t.match(answer, { state: 'twice', iss: config.issuer })
  for (const answer of answers.filter(({ code }) => code === undefined))
    t.match(answer, { error: 'invalid_request_uri', error_description: 'request_uri was already used' })
  const foreign = answerOf(await stranger().open(made.addressOf({ request_uri }, confidential)))
  t.match(foreign, { error: 'invalid_request_uri', state: undefined }, 'another client learns nothing of it')
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-4
//# An expired request_uri MUST be rejected as invalid.
t.test('a person who comes too late is sent back; one who takes long to log in is not', async (t) => {
  const [late, slow] = [await pushed(), await pushed({ prompt: 'consent' })]
  const somebody = stranger()
  const login = pageOf(await somebody.open(made.addressOf({ request_uri: slow.request_uri })))
  clock.now += 90_000
  t.match(await come({ request_uri: late.request_uri }), { error: 'invalid_request_uri', error_description: /expired/ })
  const consent = pageOf(await somebody.submit(login, { username: 'admin', password: 'admin123' }))
  clock.now += 50 * 60_000
  t.ok(answerOf(await somebody.submit(consent, { decision: 'allow' }))['code'])
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-4
//# The authorization server MUST validate authorization requests arising from a pushed request as it would any other authorization request.
t.test('a request is checked again when the person comes, by what holds then', async (t) => {
  const changing = (await register({ redirect_uris: [CALLBACK, 'https://client.example/other'], token_endpoint_auth_method: 'none' })).json<
    Registered & { registration_access_token: string }
  >()
  const { request_uri } = await pushed({}, changing)
  const { client_id, registration_access_token } = changing
  const updated = await app.inject({
    method: 'PUT',
    url: `/register/${client_id}`,
    headers: { authorization: `Bearer ${registration_access_token}` },
    payload: { client_id, redirect_uris: ['https://client.example/other'], token_endpoint_auth_method: 'none' },
  })
  t.equal(updated.statusCode, 200)
  const { page } = await stranger().open(made.addressOf({ request_uri }, changing))
  t.equal(page?.status, 400)
  t.match(page?.html, /redirect_uri is not one that this client registered/)
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-4
//# In this case, the authorization server will refuse, using the invalid_request error code, to process any request to the authorization endpoint that does not have a request_uri parameter with a value obtained from the PAR endpoint.
t.test('a client that registered that it pushes can do nothing else', async (t) => {
  const response = await register({
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'none',
    require_pushed_authorization_requests: true,
    request_uris: ['https://client.example/request'],
    jwks: { keys: [key.jwk] },
  })
  const strict = response.json<Registered>()
  t.match(response.json(), { require_pushed_authorization_requests: true })
  const request = await signWith(key, made.claims({}, strict))
  for (const parameters of [REQUEST, { ...REQUEST, request }, { ...REQUEST, request_uri: 'https://client.example/request' }]) {
    t.match(await come(parameters, person, strict), { error: 'invalid_request', error_description: /has to push/, state: 'xyz' })
  }
  t.match(await come({ request_uri: (await pushed({}, strict)).request_uri }, person, strict), { code: /./ })
  t.match(await come({ request_uri: (await send('/par', { request }, strict)).json<Pushed>().request_uri }, person, strict), { code: /./ })
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-5
//# Boolean parameter indicating whether the authorization server accepts authorization request data only via PAR.
t.test('a server takes pushed requests only, if it is told to', async (t) => {
  const strict = await createPushing(t, { env: { REQUIRE_PAR: 'true' } })
  t.match((await strict.app.inject('/.well-known/openid-configuration')).json(), { require_pushed_authorization_requests: true })
  t.match(await strict.come(REQUEST), { error: 'invalid_request', error_description: /has to push/ })
  t.match(await strict.come({ request: await strict.sign() }), { error: 'invalid_request' })
  t.match(await strict.come({ request_uri: (await strict.pushed()).request_uri }), { code: /./ })
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-7.2
//# The authorization server MUST only accept new redirect URIs in the pushed authorization request from authenticated clients.
t.test('nobody brings a new redirect URI, authenticated or not', async (t) => {
  for (const as of [client, confidential])
    isOAuthError(
      t,
      await push({ redirect_uri: 'https://client.example/new' }, as),
      400,
      'invalid_request',
      /not one that this client registered/,
    )
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-7.3
//# In order to cope with such attacks, the authorization server SHOULD make the request URIs one-time use.
t.test('of two tabs with one request, the second to be allowed gets no code', async (t) => {
  const { request_uri } = await pushed({ prompt: 'consent' })
  const tabs = [await person.open(made.addressOf({ request_uri })), await person.open(made.addressOf({ request_uri }))]
  const answers = await Promise.all(tabs.map(async (tab) => answerOf(await person.submit(pageOf(tab), { decision: 'allow' }))))
  t.equal(answers.filter(({ code }) => code !== undefined).length, 1)
  t.match(
    answers.find(({ code }) => code === undefined),
    { error: 'invalid_request_uri', state: 'xyz', iss: config.issuer },
  )
})

//= https://www.rfc-editor.org/rfc/rfc9126#section-2.2
//# expires_in is the lifetime of the request_uri in seconds, a positive integer, typically between 5 and 600.
//= https://www.rfc-editor.org/rfc/rfc9126#section-2.3
//# A client that sends too many requests gets 429.
t.test('a client that pushes too much is told to wait', async (t) => {
  const limited = await createPushing(t, { env: { RATE_LIMIT_TOKEN: '2/1m' } })
  for (let request = 0; request < 2; request++) {
    const { expires_in } = await limited.pushed()
    t.ok(Number.isInteger(expires_in) && expires_in >= 5 && expires_in <= 600)
  }
  const response = await limited.push()
  isOAuthError(t, response, 429, 'temporarily_unavailable')
  t.match(response.headers['retry-after'], /^\d+$/)
})
