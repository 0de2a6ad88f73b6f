import { createHmac } from 'node:crypto'
import { decodeJwt } from 'jose'
import t from 'tap'
import { ISSUER } from '#test/support/app.ts'
import { CALLBACK, CHALLENGE, VERIFIER, basicOf } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { ath } from '#test/support/clients/dpop.ts'
import { createDpopConversation } from '#test/support/clients/dpop-conversation.ts'

const conversation = await createDpopConversation(t)
const { app, authorize, clock, exchange, key, newKey, post, prove, refresh, register, tokens, unproven, userinfo } = conversation
const other = await newKey()
const confidential = (await register({ redirect_uris: [CALLBACK] })).json<Registered>()
const invalidProof = [400, { error: 'invalid_dpop_proof' }]
const invalidGrant = [400, { error: 'invalid_grant' }]
const shown = (response: { statusCode: number; json(): unknown }) => [response.statusCode, response.json()]
const code = async () => (await authorize())['code']

//= https://www.rfc-editor.org/rfc/rfc9449#section-5
//# A token_type of DPoP MUST be included in the access token response to signal to the client that the access token was bound to its DPoP key
t.test('a client that proves a key gets an access token that is bound to it', async (t) => {
  const issued = await tokens()
  t.equal(issued.token_type, 'DPoP')
  t.match(decodeJwt(issued.access_token), { cnf: { jkt: key.jkt } })
  const refreshed = (await refresh(issued.refresh_token)).json<Tokens>()
  t.match([refreshed.token_type, decodeJwt(refreshed.access_token)], ['DPoP', { cnf: { jkt: key.jkt } }])
})

t.test('a client that proves nothing gets what it always got', async (t) => {
  const issued = await unproven.tokens()
  t.equal(issued.token_type, 'Bearer')
  t.notOk('cnf' in decodeJwt(issued.access_token))
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-5
//# If the DPoP proof is invalid, the authorization server issues an error response per Section 5.2 of [RFC6749] with invalid_dpop_proof as the value of the error parameter.
t.test('a client whose proof is none gets an error, and can use its code with another', async (t) => {
  const one = await code()
  const wrong = [{ htm: 'GET' }, { htu: `${ISSUER}/userinfo` }, { iat: 1 }, { jti: undefined }]
  for (const claims of wrong) t.match(shown(await exchange(one, key, claims)), invalidProof, JSON.stringify(claims))
  t.equal((await exchange(one)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-4.3
//# there is not more than one DPoP HTTP request header field
t.test('a request with two proofs has none', async (t) => {
  const two = `${await key.prove('POST', `${ISSUER}/token`)}, ${await key.prove('POST', `${ISSUER}/token`)}`
  t.match(
    shown(
      await post('/token', { grant_type: 'refresh_token', refresh_token: 'x', client_id: conversation.client.client_id }, { dpop: two }),
    ),
    invalidProof,
  )
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-4.3
//# the jwk JOSE header parameter does not contain a private key
//= https://www.rfc-editor.org/rfc/rfc9449#section-11.5
//# Servers accepting signed DPoP proof JWTs MUST verify that the typ field is dpop+jwt in the headers of the JWTs to ensure that adversaries cannot use JWTs created for other purposes.
t.test('what shows a private key, or was signed for another purpose, is no proof', async (t) => {
  for (const header of [{ jwk: key.privateJwk }, { typ: 'JWT' }, { typ: 'at+jwt' }]) {
    const dpop = await key.prove('POST', `${ISSUER}/token`, {}, header)
    t.match(
      shown(await post('/token', { grant_type: 'authorization_code', code: 'x', client_id: conversation.client.client_id }, { dpop })),
      invalidProof,
    )
  }
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-4.3
//# To reduce the likelihood of false negatives, servers SHOULD employ
t.test('an address counts by what it means', async (t) => {
  t.equal((await exchange(await code(), key, { htu: 'HTTP://LOCALHOST:8000/./%74oken' })).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-11.1
//# servers MUST only accept DPoP proofs for a limited time after their creation
t.test('a proof is over after five minutes', async (t) => {
  const one = await code()
  const iat = Math.floor(clock.now / 1000) - 301
  t.match(shown(await exchange(one, key, { iat })), invalidProof)
  t.equal((await exchange(one, key, { iat: iat + 2 })).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-11.1
//# HTTP requests to the same URI for which the jti value has been seen before would be declined.
t.test('a proof counts once', async (t) => {
  t.equal((await exchange(await code(), key, { jti: 'the same' })).statusCode, 200)
  const one = await code()
  t.match(shown(await exchange(one, key, { jti: 'the same' })), invalidProof)
  t.equal((await exchange(one, other, { jti: 'the same' })).statusCode, 200, 'a name of one key is free for another')
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-5
//# the refresh token MUST be bound to the respective public key.
//= https://www.rfc-editor.org/rfc/rfc9449#section-5
//# such a client MUST present a DPoP proof for the same key that was used to obtain the refresh token each time that refresh token is used to obtain a new access token.
t.test('a public client refreshes with the same key, generation after generation', async (t) => {
  const { refresh_token: first } = await tokens()
  for (const attempt of [() => unproven.refresh(first), () => refresh(first, other)]) t.match(shown(await attempt()), invalidGrant)
  const { refresh_token: second } = (await refresh(first)).json<Tokens>()
  for (const attempt of [() => unproven.refresh(second), () => refresh(second, other)]) t.match(shown(await attempt()), invalidGrant)
  t.equal((await refresh(second)).statusCode, 200)
})

t.test('a public client that begins with proofs later is bound from then on', async (t) => {
  const { refresh_token: unbound } = await unproven.tokens()
  const { refresh_token: bound } = (await refresh(unbound)).json<Tokens>()
  t.match(shown(await unproven.refresh(bound)), invalidGrant)
  t.equal((await refresh(bound)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-5
//# are not bound to the DPoP proof public key because they are already sender-constrained with a different existing mechanism.
t.test('a client that authenticates may change its key', async (t) => {
  const { refresh_token: first } = await tokens(key, confidential)
  const second = (await refresh(first, other, {}, confidential)).json<Tokens>()
  t.match(decodeJwt(second.access_token), { cnf: { jkt: other.jkt } })
  t.match((await unproven.refresh(second.refresh_token, {}, confidential)).json(), { token_type: 'Bearer' }, 'and do without')
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-5.1
//# A JSON array containing a list of the JWS alg values
t.test('the metadata says which algorithms a proof may have', async (t) => {
  const metadata = (await app.inject('/.well-known/oauth-authorization-server')).json<{ dpop_signing_alg_values_supported: string[] }>()
  t.strictSame(metadata.dpop_signing_alg_values_supported, ['ES256', 'Ed25519', 'EdDSA', 'RS256', 'PS256'])
  for (const alg of metadata.dpop_signing_alg_values_supported)
    t.match((await exchange(await code(), await newKey(alg))).json(), { token_type: 'DPoP' }, alg)
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-5.2
//# the authorization server MUST reject token requests from
t.test('a client that registered to have bound tokens only gets no others', async (t) => {
  const registered = (
    await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', dpop_bound_access_tokens: true })
  ).json<Registered>()
  t.match(registered, { dpop_bound_access_tokens: true })
  const { code: one } = await authorize({}, undefined, registered)
  t.match(shown(await unproven.exchange(one, {}, registered)), invalidProof)
  t.match((await exchange(one, key, {}, registered)).json(), { token_type: 'DPoP' })
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-6.2
//# If the token_type member is included in the introspection response, it MUST contain the value DPoP.
t.test('who may ask about a token learns the key that it is bound to', async (t) => {
  const { access_token } = await tokens(key, confidential)
  t.match((await post('/introspect', { token: access_token }, basicOf(confidential))).json(), {
    active: true,
    token_type: 'DPoP',
    cnf: { jkt: key.jkt },
  })
  const bearer = (await unproven.exchange((await authorize({}, undefined, confidential))['code'], {}, confidential)).json<Tokens>()
  const described = (await post('/introspect', { token: bearer.access_token }, basicOf(confidential))).json()
  t.match(described, { active: true, token_type: 'Bearer' })
  t.notOk('cnf' in described)
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-7.1
//# The resource server MUST NOT grant access to the resource unless all checks are successful.
t.test('UserInfo opens with the token, its scheme and a proof for just that', async (t) => {
  const { access_token } = await tokens()
  const { access_token: another } = await tokens()
  t.match((await userinfo(access_token)).json(), { preferred_username: 'admin' })
  t.equal((await userinfo(access_token, key, {}, 'dpop')).statusCode, 200, 'schemes have no case')
  const wrong = [{ htm: 'POST' }, { htu: `${ISSUER}/token` }, { ath: undefined }, ath(another), { iat: 1 }]
  for (const claims of wrong) {
    const refused = await userinfo(access_token, key, claims)
    t.match(
      [refused.statusCode, refused.json(), refused.headers['www-authenticate']],
      [401, { error: 'invalid_dpop_proof' }, /^DPoP realm="[^"]+", error="invalid_dpop_proof", .*algs="ES256 Ed25519 EdDSA RS256 PS256"$/],
      JSON.stringify(claims),
    )
  }
  t.equal((await userinfo(access_token, key, { jti: 'once' })).statusCode, 200)
  t.match((await userinfo(access_token, key, { jti: 'once' })).json(), { error: 'invalid_dpop_proof' })
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-7.1
//# check that the public key of the DPoP proof matches the public key to which the access token is bound
t.test('a proof of another key, or none, does not open UserInfo', async (t) => {
  const { access_token } = await tokens()
  for (const refused of [
    await userinfo(access_token, other),
    await app.inject({ url: '/userinfo', headers: { authorization: `DPoP ${access_token}` } }),
  ]) {
    t.match(
      [refused.statusCode, refused.json(), refused.headers['www-authenticate']],
      [401, { error: 'invalid_token' }, /^DPoP realm=.* error="invalid_token"/],
    )
  }
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-7.2
//# such a protected resource MUST reject a DPoP-bound access token received as a bearer token
t.test('a bound token is no bearer token, and a bearer token no bound one', async (t) => {
  const { access_token: bound } = await tokens()
  const { access_token: bearer } = await unproven.tokens()
  for (const refused of [
    await unproven.userinfo(bound),
    await userinfo(bound, key, {}, 'Bearer'),
    await post('/userinfo', { access_token: bound }),
    await userinfo(bearer),
  ]) {
    t.match([refused.statusCode, refused.json()], [401, { error: 'invalid_token', error_description: /bound to/ }])
  }
  t.match((await userinfo(bearer)).headers['www-authenticate'], /^DPoP/)
  t.equal((await userinfo(bearer, key, {}, 'Bearer')).statusCode, 200, 'a proof that nobody needs does no harm')
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-10
//# If they do not match, it MUST reject the request.
t.test('a code that was asked for with a key counts with that key alone', async (t) => {
  const { code: one } = await authorize({ dpop_jkt: key.jkt })
  t.match(shown(await exchange(one, other)), invalidGrant)
  t.match(shown(await unproven.exchange(one)), invalidGrant)
  t.match((await exchange(one)).json(), { token_type: 'DPoP' }, 'and is not spoilt by who has another')
  t.match(await authorize({ dpop_jkt: 'no thumbprint' }), { error: 'invalid_request', state: 'xyz' })
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-10.1
//# the authorization server MUST reject the request if the JWK Thumbprint in dpop_jkt does not match the public key in the DPoP header.
t.test('a request that is pushed with a proof, or with dpop_jkt, is for that key', async (t) => {
  const pushed = { response_type: 'code', redirect_uri: CALLBACK, code_challenge: CHALLENGE, code_challenge_method: 'S256' }
  const come = async (request_uri: string) => (await authorize({ request_uri }))['code']
  t.match(shown(await prove('/par', { ...pushed, dpop_jkt: other.jkt })), [400, { error: 'invalid_request' }])
  t.match(shown(await prove('/par', pushed, key, { htu: `${ISSUER}/token` })), invalidProof)
  const answers = [
    await prove('/par', pushed),
    await prove('/par', { ...pushed, dpop_jkt: key.jkt }),
    await unproven.send('/par', { ...pushed, dpop_jkt: key.jkt }),
  ]
  for (const answer of answers) {
    const one = await come(answer.json<{ request_uri: string }>().request_uri)
    for (const attempt of [() => unproven.exchange(one), () => exchange(one, other)]) t.match(shown(await attempt()), invalidGrant)
    t.match((await exchange(one)).json(), { token_type: 'DPoP' })
  }
})

const nonces = await createDpopConversation(t, { env: { DPOP_NONCE: 'on' } })
const nonceOf = ({ headers }: { headers: Record<string, unknown> }) => String(headers['dpop-nonce'])

//= https://www.rfc-editor.org/rfc/rfc9449#section-8
//# the authorization server MUST reject the request.
//= https://www.rfc-editor.org/rfc/rfc9449#section-11.3
//# A server MUST NOT accept any DPoP proofs without the nonce claim when a DPoP nonce has been provided to the client.
t.test('where nonces are demanded, a client gets one, and no tokens without it', async (t) => {
  const { code: one } = await nonces.authorize()
  const asked = await nonces.exchange(one)
  t.match(shown(asked), [400, { error: 'use_dpop_nonce' }])
  for (const nonce of ['x', `${nonceOf(asked)}x`])
    t.match(shown(await nonces.exchange(one, nonces.key, { nonce })), [400, { error: 'use_dpop_nonce' }])
  const issued = await nonces.exchange(one, nonces.key, { nonce: nonceOf(asked) })
  t.match(shown(issued), [200, { token_type: 'DPoP' }])
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-8.2
//# Responses that include the DPoP-Nonce HTTP header should be uncacheable
//= https://www.rfc-editor.org/rfc/rfc9449#section-9
//# Resource servers use an HTTP 401 (Unauthorized) error code with an accompanying WWW-Authenticate: DPoP value and DPoP-Nonce value to accomplish this.
t.test('a new nonce comes with the answer, and UserInfo asks for it by a challenge', async (t) => {
  const { code: one } = await nonces.authorize()
  const issued = await nonces.exchange(one, nonces.key, { nonce: nonceOf(await nonces.exchange(one)) })
  const { access_token } = issued.json<Tokens>()
  nonces.clock.now += 10 * 60_000
  const asked = await nonces.userinfo(access_token, nonces.key, { nonce: nonceOf(issued) })
  t.match(
    [asked.statusCode, asked.json(), asked.headers],
    [
      401,
      { error: 'use_dpop_nonce' },
      { 'www-authenticate': /^DPoP .*error="use_dpop_nonce"/, 'cache-control': 'no-store', 'access-control-expose-headers': /DPoP-Nonce/ },
    ],
  )
  t.not(nonceOf(asked), nonceOf(issued), 'the earlier one is over')
  const told = await nonces.userinfo(access_token, nonces.key, { nonce: nonceOf(asked) })
  t.match([told.statusCode, told.headers], [200, { 'cache-control': 'no-store', 'dpop-nonce': nonceOf(asked) }])
  t.equal(issued.headers['cache-control'], 'no-store')
})

t.test('who proves nothing hears of no nonce', async (t) => {
  const response = await nonces.unproven.exchange((await nonces.authorize())['code'])
  t.match(response.json(), { token_type: 'Bearer' })
  t.notOk('dpop-nonce' in response.headers)
})

//= https://www.rfc-editor.org/rfc/rfc9449#section-4.3
//# The server makes sure that a proof is one well-formed JWT with all required claims, signed with the key in its header, for this method and address, fresh, and with ath where a token comes along.
//= https://www.rfc-editor.org/rfc/rfc9449#section-11.6
//# Proofs are signed with secure asymmetric algorithms only, and never with none.
t.test('a proof that fails one check of many gets nobody a token', async (t) => {
  const url = `${ISSUER}/token`
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const good = await key.prove('POST', url)
  const [head = '', body = '', signature = ''] = good.split('.')
  const claims = { htm: 'POST', htu: url, iat: Math.floor(clock.now / 1000), jti: 'by hand' }
  const hmac = (input: string) => `${input}.${createHmac('sha256', JSON.stringify(key.jwk)).update(input).digest('base64url')}`
  const proofs: Record<string, string> = {
    'not a JWT': 'proof',
    empty: '',
    'a part too many': `${good}.x`,
    'no signature': `${head}.${body}.`,
    'other claims': `${head}.${part(claims)}.${signature}`,
    'the key of another': `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk: other.jwk })}.${body}.${signature}`,
    'no key': await key.prove('POST', url, {}, { jwk: undefined }),
    none: `${part({ typ: 'dpop+jwt', alg: 'none', jwk: key.jwk })}.${part(claims)}.`,
    HS256: hmac(`${part({ typ: 'dpop+jwt', alg: 'HS256', jwk: key.jwk })}.${part(claims)}`),
    'no jti': await key.prove('POST', url, { jti: undefined }),
    'no htm': await key.prove('POST', url, { htm: undefined }),
    'no htu': await key.prove('POST', url, { htu: undefined }),
    'no iat': await key.prove('POST', url, { iat: undefined }),
    'of tomorrow': await key.prove('POST', url, { iat: claims.iat + 86_400 }),
  }
  const one = await code()
  for (const [about, dpop] of Object.entries(proofs)) {
    const form = {
      grant_type: 'authorization_code',
      code: one,
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
      client_id: conversation.client.client_id,
    }
    t.match(shown(await post('/token', form, { dpop })), invalidProof, about)
  }
  t.equal((await exchange(one)).statusCode, 200, 'the code is not spoiled')
})
