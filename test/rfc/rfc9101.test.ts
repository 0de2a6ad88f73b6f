import t from 'tap'
import { injectFetch } from '#test/support/app.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import type { Registered } from '#test/support/conversation.ts'
import { createPerson } from '#test/support/people/person.ts'
import { REQUEST, createPushing, signWith, unsigned } from '#test/support/clients/pushed.ts'
import { serveHosts } from '#test/support/network/tls-server.ts'

const CALLBACK = REQUEST.redirect_uri
const OBJECT = 'https://client.example/request.jwt'
const hosts = await serveHosts(t, ['client.example'])
const made = await createPushing(t, { safeFetch: hosts, metadata: { request_uris: [OBJECT] } })
const { app, claims, client, come, config, exchange, key, person, register, sign } = made

/** Publishes an object at the client's address, from now on. */
const publish = (body: string, type = 'application/oauth-authz-req+jwt') =>
  hosts.answers.set(OBJECT, (_request, response) => response.writeHead(200, { 'content-type': type }).end(body))
const registerWith = async (metadata: object) =>
  (
    await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', jwks: { keys: [key.jwk] }, ...metadata })
  ).json<Registered>()

//= https://www.rfc-editor.org/rfc/rfc9101#section-5.1
//# The client sends the authorization request as a Request Object to the authorization endpoint as the request parameter value.
t.test('a client sends its request as a signed object, and gets a code for it', async (t) => {
  const answer = await come({ request: await sign({ scope: 'openid email', state: 'signed', max_age: 86_400 }) })
  t.match(answer, { code: /./, state: 'signed', iss: config.issuer })
  t.match((await exchange(answer['code'])).json(), { scope: 'openid email' })
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-5
//# However, the authorization server supporting this specification MUST only use the parameters included in the Request Object.
t.test('parameters beside the object count for nothing', async (t) => {
  const beside = {
    state: 'outside',
    redirect_uri: 'https://evil.example/',
    scope: 'email',
    nonce: 'outside',
    prompt: 'none',
    response_mode: 'form_post',
    response_type: 'token',
    code_challenge: 'x',
  }
  const answer = await come({ ...beside, request: await sign() }, createPerson(config.issuer, injectFetch(app)))
  t.match(answer, { code: /./, state: 'xyz' })
  const tokens = (await exchange(answer['code'])).json<{ id_token: string; scope: string }>()
  t.equal(tokens.scope, 'openid')
  t.notOk('nonce' in (JSON.parse(Buffer.from(tokens.id_token.split('.')[1]!, 'base64url').toString()) as object))
})

t.test('what is missing in the object is missing, though it is sent beside it', async (t) => {
  t.match(await come({ ...REQUEST, request: await sign({ code_challenge: undefined, code_challenge_method: undefined }) }), {
    error: 'invalid_request',
    error_description: /code_challenge is required/,
  })
  t.notOk('state' in (await come({ ...REQUEST, request: await sign({ state: undefined }) })))
})

//= https://openid.net/specs/openid-connect-core-1_0.html#RequestObject
//# So that the request is a valid OAuth 2.0 Authorization Request, values for the response_type and client_id parameters MUST be included using the OAuth 2.0 request syntax
t.test('an OpenID client leaves response_type beside the object', async (t) => {
  t.match(await come({ response_type: 'code', scope: 'openid', request: await sign({ response_type: undefined }) }), { code: /./ })
  t.match(await come({ request: await sign({ response_type: undefined }) }), {
    error: 'invalid_request',
    error_description: /response_type is required/,
  })
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-6.3
//# The client ID values in the client_id request parameter and in the Request Object client_id claim MUST be identical.
t.test('an object of another client, or of nobody, is refused', async (t) => {
  for (const client_id of ['client_other', undefined, [client.client_id]])
    t.match(
      await come({ request: await sign({ client_id }) }),
      { error: 'invalid_request_object', error_description: /client_id/ },
      String(client_id),
    )
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-4
//# If signed, the Authorization Request Object SHOULD contain the Claims iss (issuer) and aud (audience) as members with their semantics being the same as defined in the JWT [RFC7519] specification.
t.test('an object without iss and aud is taken, one with those of others is not', async (t) => {
  t.match(await come({ request: await sign({ iss: undefined, aud: undefined }) }), { code: /./ })
  for (const change of [
    { iss: 'client_other' },
    { aud: 'https://other.example' },
    { exp: Math.floor(made.clock.now / 1000) - 60 },
    { nbf: Math.floor(made.clock.now / 1000) + 60 },
  ]) {
    t.match(await come({ request: await sign(change) }), { error: 'invalid_request_object', iss: config.issuer }, JSON.stringify(change))
  }
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-4
//# request and request_uri parameters MUST NOT be included in Request Objects.
t.test('an object holds no other', async (t) => {
  for (const change of [{ request: await sign() }, { request_uri: OBJECT }])
    t.match(await come({ request: await sign(change) }), { error: 'invalid_request_object', error_description: /must not hold/ })
  t.same(hosts.asked, [])
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-5
//# If this parameter is present in the authorization request, request_uri MUST NOT be present.
t.test('a request comes by value or by reference, not both ways', async (t) => {
  const request = await sign()
  for (const request_uri of [OBJECT, (await made.pushed()).request_uri])
    t.match(await come({ ...REQUEST, request, request_uri }), {
      error: 'invalid_request',
      error_description: /must not both/,
      state: 'xyz',
    })
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-6.2
//# If the key is not associated with the client or if signature validation fails, the authorization server MUST return an invalid_request_object error to the client in response to the authorization request.
t.test('an object that the client did not sign is refused', async (t) => {
  const stranger = await makeClientKey('own', 'ES256')
  const good = await sign()
  const forged = {
    changed: `${good.slice(0, -8)}AAAAAAAA`,
    'of a stranger': await signWith(stranger, claims()),
    'with a signature that was cut off': `${good.split('.').slice(0, 2).join('.')}.`,
    'unsigned, with a signature': `${unsigned(claims())}${good.split('.')[2]}`,
    'no JWT': 'x',
    encrypted: 'eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d',
  }
  for (const [title, request] of Object.entries(forged))
    t.match(await come({ ...REQUEST, request }), { error: 'invalid_request_object', state: 'xyz', iss: config.issuer }, title)
})

t.test('an object whose signature can not be checked now is sent back as a passing trouble', async (t) => {
  const away = await registerWith({ jwks: undefined, jwks_uri: 'https://client.example/keys' })
  hosts.answers.set('https://client.example/keys', (_request, response) => response.writeHead(503).end())
  t.match(await come({ ...REQUEST, request: await signWith(key, claims({}, away)) }, person, away), {
    error: 'temporarily_unavailable',
    error_description: 'the keys at jwks_uri could not be fetched: try again later',
    state: 'xyz',
  })
  hosts.answers.delete('https://client.example/keys')
  made.clock.now += 5000
  t.match(await come({ ...REQUEST, request: await signWith(key, claims({}, away)) }, person, away), { error: 'invalid_request_object' })
  hosts.asked.length = 0
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-6.2
//# If a kid Header Parameter is present, the key identified MUST be the key used and MUST be a key associated with the client.
t.test('a kid names the key', async (t) => {
  const second = await makeClientKey('second', 'ES256')
  const both = await registerWith({ jwks: { keys: [key.jwk, second.jwk] } })
  const request = (kid: string | undefined) => signWith(second, claims({}, both), { kid: kid! })
  t.match(await come({ request: await request('second') }, person, both), { code: /./ })
  for (const kid of ['own', 'third'])
    t.match(await come({ request: await request(kid) }, person, both), { error: 'invalid_request_object' }, kid)
})

//= https://openid.net/specs/openid-connect-core-1_0.html#SignedRequestObject
//# the alg Header Parameter in the JOSE Header MUST match the value of the request_object_signing_alg set during Client Registration
t.test('only the algorithm that the client registered counts, also if that is none', async (t) => {
  const rsa = await makeClientKey('rsa', 'RS256')
  const keys = { jwks: { keys: [key.jwk, rsa.jwk] } }
  const byRsa = await registerWith({ ...keys, request_object_signing_alg: 'RS256' })
  t.match(await come({ request: await signWith(rsa, claims({}, byRsa)) }, person, byRsa), { code: /./ })
  for (const request of [await signWith(key, claims({}, byRsa)), unsigned(claims({}, byRsa))])
    t.match(await come({ request }, person, byRsa), { error: 'invalid_request_object' })

  const open = await registerWith({ request_object_signing_alg: 'none' })
  t.match(await come({ request: unsigned(claims({ state: 'inside' }, open)), state: 'outside' }, person, open), {
    code: /./,
    state: 'inside',
  })
  for (const request of [await signWith(key, claims({}, open)), unsigned(claims({}, open), { alg: 'RS256' })])
    t.match(await come({ request }, person, open), { error: 'invalid_request_object', error_description: /must be unsigned/ })
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# The default, if omitted, is that any algorithm supported by the OP and the RP MAY be used.
t.test('a client that registered no algorithm sends signed objects and unsigned ones, in every way', async (t) => {
  const request = unsigned(claims({ state: 'inside', redirect_uri: CALLBACK }))
  t.match(await come({ request, state: 'outside', redirect_uri: 'https://evil.example/' }), { code: /./, state: 'inside' })
  publish(request)
  t.match(await come({ request_uri: OBJECT }), { code: /./, state: 'inside' })
  t.same(hosts.asked.splice(0), [OBJECT])
  const { request_uri } = await made.pushed({ request })
  t.match(await come({ request_uri }), { code: /./, state: 'inside' })
  const keyless = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<Registered>()
  t.match(await come({ request: unsigned(claims({}, keyless)) }, person, keyless), { code: /./ }, 'it needs no key for that')
})

t.test('what makes a plain request faulty makes an unsigned object faulty, too', async (t) => {
  for (const change of [{ client_id: 'client_other' }, { iss: 'client_other' }, { exp: 1 }, { request_uri: OBJECT }])
    t.match(await come({ ...REQUEST, request: unsigned(claims(change)) }), { error: 'invalid_request_object' }, JSON.stringify(change))
  t.match(await come({ request: unsigned(claims({ code_challenge: undefined, code_challenge_method: undefined })) }), {
    error: 'invalid_request',
    error_description: /code_challenge is required/,
  })
})

t.test('each advertised algorithm signs an object', async (t) => {
  const { request_object_signing_alg_values_supported: algs } = (await app.inject('/.well-known/openid-configuration')).json<
    Record<string, string[]>
  >()
  t.same(algs, ['none', 'RS256', 'PS256', 'ES256', 'EdDSA'])
  for (const alg of algs!.slice(1)) {
    const own = await makeClientKey(alg, alg)
    const signer = await registerWith({ jwks: { keys: [own.jwk] }, request_object_signing_alg: alg })
    t.match(await come({ request: await signWith(own, claims({}, signer)) }, person, signer), { code: /./ }, alg)
  }
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-5.2.3
//# Upon receipt of the Request, the authorization server MUST send an HTTP GET request to the request_uri to retrieve the referenced Request Object
t.test('a client keeps its object at an address that it registered', async (t) => {
  for (const type of ['application/oauth-authz-req+jwt', 'application/jwt']) {
    publish(`${await sign({ state: 'fetched' })}\n`, type)
    t.match(await come({ request_uri: OBJECT }), { code: /./, state: 'fetched' }, type)
  }
  t.same(hosts.asked, [OBJECT, OBJECT], 'once for each request, however many pages it needs')
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-7
//# The request_uri in the authorization request returns an error or contains invalid data.
t.test('an address that is not registered, or has no object, is refused, and says nothing of what is there', async (t) => {
  const asked = hosts.asked.length
  for (const request_uri of [
    'https://client.example/other',
    'https://other.example/request.jwt',
    'http://client.example/request.jwt',
    'urn:ietf:params:oauth:request_uri:unknown',
    'x',
  ]) {
    t.match(await come({ ...REQUEST, request_uri }), { error: 'invalid_request_uri', state: 'xyz' }, request_uri)
  }
  t.equal(hosts.asked.length, asked, 'nothing was fetched')
  hosts.answers.delete(OBJECT)
  t.match(await come({ ...REQUEST, request_uri: OBJECT }), {
    error: 'invalid_request_uri',
    error_description: 'request_uri could not be fetched',
  })
  made.clock.now += 5000
  for (const [body, type] of [
    [await sign(), 'text/html'],
    ['x'.repeat(33_000), undefined],
  ] as const) {
    publish(body, type)
    t.match(await come({ ...REQUEST, request_uri: OBJECT }), {
      error: 'invalid_request_uri',
      error_description: 'request_uri could not be fetched',
    })
    made.clock.now += 5000
  }
  for (const body of ['x', unsigned(claims(), { alg: 'RS256' }), await sign({ state: 's'.repeat(4096), nonce: 'n'.repeat(4096) })]) {
    publish(body)
    t.match(await come({ ...REQUEST, request_uri: OBJECT }), { error: 'invalid_request_object', state: 'xyz' })
  }
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-10.4.1
//# A set of malicious clients can launch a DoS attack to the authorization server by pointing the request_uri to a URI that returns extremely large content or is extremely slow to respond.
t.test('nobody makes the server fetch more than a bounded number of objects (T18)', async (t) => {
  const bounded = await createPushing(t, { safeFetch: hosts, metadata: { request_uris: [OBJECT] }, env: { RATE_LIMIT_REGISTER: '2/1m' } })
  publish(await bounded.sign())
  for (const answer of [{ code: /./ }, { code: /./ }, { error: 'temporarily_unavailable', error_description: /too many/ }])
    t.match(await bounded.come({ request_uri: OBJECT }), answer)
  t.match(await bounded.come({ request: await bounded.sign() }), { code: /./ }, 'what needs no fetch goes on')
})

//= https://openid.net/specs/openid-connect-core-1_0.html#RequestUriParameter
//# If the fragment value used for a URI changes, that signals the server that any cached value for that URI with the old fragment value is no longer valid.
t.test('a fragment names a version: whatever it is, the object is the one that is there now', async (t) => {
  for (const fragment of ['', '#v1', '#v2', `#${'x'.repeat(43)}`]) {
    publish(await sign({ state: `fetched${fragment}` }))
    const asked = hosts.asked.length
    t.match(await come({ request_uri: `${OBJECT}${fragment}` }), { code: /./, state: `fetched${fragment}` })
    t.same(hosts.asked.slice(asked), [OBJECT], 'and it is not sent')
  }
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-10.5
//# When the value of it as client metadata is true, then the server MUST reject the authorization request from the client that does not conform to this specification.
t.test('a client that registered that it signs can do nothing else', async (t) => {
  const strict = await registerWith({ require_signed_request_object: true })
  const request = await signWith(key, claims({}, strict))
  t.match(await come(REQUEST, person, strict), { error: 'invalid_request', error_description: /signed objects/ })
  t.match(await come({ ...REQUEST, request: unsigned(claims({}, strict)) }, person, strict), { error: 'invalid_request_object' })
  t.match(await made.pushed({}, strict), { error: 'invalid_request' })
  t.match(await come({ request }, person, strict), { code: /./ })
  t.match((await register({ redirect_uris: [CALLBACK], require_signed_request_object: true, request_object_signing_alg: 'none' })).json(), {
    error: 'invalid_client_metadata',
    error_description: /does not go with/,
  })
})

//= https://www.rfc-editor.org/rfc/rfc9101#section-10.8
//# A simple way to prevent this is to never use the client ID as the sub value in a Request Object.
t.test('a JWT of the client that is for something else is no object, and an object is no assertion', async (t) => {
  for (const request of [await sign({ sub: client.client_id }), await sign({}, { typ: 'dpop+jwt' }), await sign({}, { typ: 'at+jwt' })])
    t.match(await come({ ...REQUEST, request }), { error: 'invalid_request_object' })
  for (const typ of ['oauth-authz-req+jwt', 'JWT']) t.match(await come({ request: await sign({}, { typ }) }), { code: /./ }, typ)
})

t.test('metadata says what holds', async (t) => {
  const document = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()
  t.match(document, { request_parameter_supported: true, request_uri_parameter_supported: true, require_request_uri_registration: true })
  const told = { request_object_signing_alg: 'ES256', require_signed_request_object: true, require_pushed_authorization_requests: false }
  t.match((await register({ redirect_uris: [CALLBACK], ...told })).json(), told)
  const other = (await register({ redirect_uris: [CALLBACK], request_object_signing_alg: 'HS256' })).json<Record<string, unknown>>()
  t.notOk('request_object_signing_alg' in other, 'an algorithm that is not supported is not registered')
})
