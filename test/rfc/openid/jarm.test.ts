/** JWT Secured Authorization Response Mode (JARM). */
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { isOAuthError } from '#test/support/api.ts'
import { pageOf } from '#test/support/authorization.ts'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'
import { createPerson, wayBackOf } from '#test/support/people/person.ts'

const { app, authorize, authorizeUrl, client, clock, exchange, person, register } = await createConversation(t)
const id = client.client_id
await authorize()

/** The claims of a response, verified as its client would. */
async function opened(response: string | undefined, audience = id, alg = 'RS256') {
  const keys = createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>())
  const options = { issuer: ISSUER, audience, algorithms: [alg], currentDate: new Date(clock.now) }
  return (await jwtVerify(response ?? '', keys, options)).payload
}

//= https://openid.net/specs/oauth-v2-jarm-final.html#section-2.3.1
//# In query.jwt, the redirect URI carries the parameter response with the JWT in its query.
//= https://openid.net/specs/oauth-v2-jarm-final.html#section-2.3.4
//# The mode jwt is the default encoding of the response type: query.jwt for code.
//= https://openid.net/specs/oauth-v2-jarm-final.html#section-2.1
//# The JWT holds iss, aud and exp, which should be at most 10 minutes ahead, and all parameters of the response, errors included.
t.test('a client that asks for it gets its answer as one signed parameter, and nothing beside it', async (t) => {
  for (const response_mode of ['jwt', 'query.jwt']) {
    const answer = await authorize({ response_mode })
    t.strictSame(Object.keys(answer), ['response'], response_mode)
    const claims = await opened(answer['response'])
    t.strictSame(Object.keys(claims).sort(), ['aud', 'code', 'exp', 'iss', 'state'])
    t.match(claims, { iss: ISSUER, aud: id, state: 'xyz', exp: Math.floor(clock.now / 1000) + 600 })
    t.equal((await exchange(claims['code'] as string)).statusCode, 200)
  }
})

t.test('errors are signed as well: the silent ones, a refusal of the person, and those of the request', async (t) => {
  const stranger = createPerson(ISSUER, injectFetch(app))
  const silent = (await stranger.open(authorizeUrl({ response_mode: 'jwt', prompt: 'none' }))).away!
  t.match(await opened(silent.searchParams.get('response')!), { error: 'login_required', error_description: /./, state: 'xyz' })
  t.match(await opened((await authorize({ response_mode: 'jwt', response_type: 'token' }))['response']), {
    error: 'unsupported_response_type',
  })
  const consent = pageOf(await person.open(authorizeUrl({ response_mode: 'query.jwt', prompt: 'consent' })))
  const denied = (await person.submit(consent, { decision: 'deny' })).away!
  t.match(await opened(denied.searchParams.get('response')!), { error: 'access_denied', iss: ISSUER, aud: id })
})

t.test('the way back from an error page is signed, too', async (t) => {
  const stranger = createPerson(ISSUER, injectFetch(app))
  const page = pageOf(await stranger.open(authorizeUrl({ response_mode: 'jwt', response_type: 'token' })))
  const back = wayBackOf(page)!
  t.strictSame([...back.searchParams.keys()], ['response'])
  t.match(await opened(back.searchParams.get('response')!), { error: 'unsupported_response_type', state: 'xyz' })
})

//= https://openid.net/specs/oauth-v2-jarm-final.html#section-2.3.3
//# In form_post.jwt, the JWT is posted to the redirect URI as the parameter response.
t.test('a form carries the signed answer', async (t) => {
  const { form } = pageOf(await person.open(authorizeUrl({ response_mode: 'form_post.jwt' })))
  t.equal(form?.action, CALLBACK)
  t.strictSame(Object.keys(form!.fields), ['response'])
  t.match(await opened(form!.fields['response']), { code: /./, state: 'xyz' })
})

t.test('fragment.jwt is not there, as fragment is not', async (t) => {
  t.match(await authorize({ response_mode: 'fragment.jwt' }), { error: 'invalid_request', error_description: /response_mode must be/ })
})

//= https://openid.net/specs/oauth-v2-jarm-final.html#section-3
//# authorization_signed_response_alg is the algorithm that the client wants, RS256 if it is omitted; none is not allowed.
t.test('a client registers the algorithm, reads it back, and gets it', async (t) => {
  for (const alg of ['ES256', 'PS256', 'EdDSA']) {
    const body = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', authorization_signed_response_alg: alg }
    const registered = (await register(body)).json<Registered>()
    t.match(registered, { authorization_signed_response_alg: alg })
    const answer = await authorize({ response_mode: 'jwt' }, person, registered)
    t.match(await opened(answer['response'], registered.client_id, alg), { code: /./ }, alg)
  }
  for (const alg of ['none', 'HS256'])
    isOAuthError(
      t,
      await register({ redirect_uris: [CALLBACK], authorization_signed_response_alg: alg }),
      400,
      'invalid_client_metadata',
      /^authorization_signed_response_alg must be one of/,
    )
})

t.test('a client that wants its answers encrypted is refused, instead of waiting for what never comes', async (t) => {
  const body = { redirect_uris: [CALLBACK], authorization_encrypted_response_alg: 'RSA-OAEP-256' }
  isOAuthError(t, await register(body), 400, 'invalid_client_metadata', /^authorization_encrypted_response_alg is not supported/)
})

//= https://openid.net/specs/oauth-v2-jarm-final.html#section-4
//# The server announces the algorithms in authorization_signing_alg_values_supported, and the modes in response_modes_supported.
t.test('the metadata names modes and algorithms', async (t) => {
  const document = (await app.inject('/.well-known/openid-configuration')).json<Record<string, unknown>>()
  t.strictSame(document['response_modes_supported'], ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'])
  t.strictSame(document['authorization_signing_alg_values_supported'], ['RS256', 'ES256', 'PS256', 'EdDSA'])
  t.notOk('authorization_encryption_alg_values_supported' in document)
})

//= https://openid.net/specs/oauth-v2-jarm-final.html#section-2.4
//# The client refuses a response that is for another client, from another issuer, over, or not signed by the issuer.
t.test("another client's answer, or one of yesterday, does not pass for one's own", async (t) => {
  const other = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<Registered>()
  const { response } = await authorize({ response_mode: 'jwt' }, person, other)
  await t.rejects(opened(response), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' })
  t.match(await opened(response, other.client_id), { aud: other.client_id })
  const mine = (await authorize({ response_mode: 'jwt' }))['response']
  clock.now += 601_000
  await t.rejects(opened(mine), { code: 'ERR_JWT_EXPIRED' })
})

t.test('a signed answer is no other JWT of ours: not an id_token_hint, not an access token', async (t) => {
  const { response = '' } = await authorize({ response_mode: 'jwt' })
  t.notOk('sub' in decodeJwt(response))
  t.match(await authorize({ id_token_hint: response }), { error: 'invalid_request', error_description: /id_token_hint/ })
  t.equal((await app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${response}` } })).statusCode, 401)
})
