import t from 'tap'
import { OAuthError } from '#src/domain/protocol/errors.ts'
import type { Client } from '#src/domain/client/client.ts'
import { responseLocation, responseParameters, signedResponseClaims, verifyRedirect } from '#src/domain/authorization/verified-redirect.ts'
import type { VerifiedRedirect } from '#src/domain/authorization/verified-redirect.ts'
import type { AuthorizationParameters } from '#src/schemas/authorization.ts'
import { sampleClient } from '#test/support/records.ts'

const ISSUER = 'https://auth.example'
const ONE = 'https://client.example/cb?tenant=1'
const one = sampleClient({ metadata: { redirectUris: [ONE] } })
const two = sampleClient({ metadata: { redirectUris: [ONE, 'http://localhost:1/cb'] } })

function verified(client: Client, parameters: object): VerifiedRedirect {
  const redirect = verifyRedirect(client, parameters)
  if (!redirect.ok) throw redirect.error
  return redirect.value
}

t.test('only a URI that the client registered becomes a redirect (T3)', async (t) => {
  t.match(verified(one, { redirect_uri: ONE }), { uri: ONE, given: true, mode: 'query', state: undefined })
  t.match(verified(one, {}), { uri: ONE, given: false }, 'the only one need not be named')
  t.match(
    verified(two, { redirect_uri: 'http://localhost:2/cb' }),
    { uri: 'http://localhost:2/cb', given: true },
    'the answer goes to the port of the request',
  )
  const refused: [Client, unknown, RegExp][] = [
    [two, undefined, /is required/],
    [one, '', /not one that this client registered/],
    [one, 'https://evil.example/', /not one that this client registered/],
    [one, `${ONE}&x`, /not one that this client registered/],
    [one, [ONE, ONE], /must not be repeated/],
    [one, [ONE, 'https://evil.example/'], /must not be repeated/],
  ]
  for (const [client, redirect_uri, description] of refused) {
    const parameters = (redirect_uri === undefined ? {} : { redirect_uri }) as AuthorizationParameters
    t.match(verifyRedirect(client, parameters), { ok: false, error: { code: 'invalid_request', description } }, String(redirect_uri))
  }
})

t.test('a request for the scope openid names its redirect URI (OpenID Connect Core section 3.1.2.1)', async (t) => {
  const refused = { ok: false, error: { code: 'invalid_request', description: 'redirect_uri is required with the scope openid' } }
  for (const scope of ['openid', 'email openid']) {
    t.match(verifyRedirect(one, { scope }), refused, scope)
    t.ok(verifyRedirect(one, { scope, redirect_uri: ONE }).ok)
  }
  for (const scope of ['', 'email', 'openid2', ['openid', 'openid']])
    t.ok(verifyRedirect(one, { scope } as AuthorizationParameters).ok, String(scope))
})

t.test('every response has the unchanged state, and iss (RFC 9207)', async (t) => {
  const redirect = verified(one, { state: 's/+= &ü"<' })
  t.strictSame(responseParameters(redirect, ISSUER, { code: 'c' }), { code: 'c', state: 's/+= &ü"<', iss: ISSUER })
  const denied = responseParameters(redirect, ISSUER, new OAuthError('access_denied', 'the "person" denied', { detail: 'secret' }))
  t.strictSame(denied, { error: 'access_denied', error_description: "the 'person' denied", state: 's/+= &ü"<', iss: ISSUER })
  t.strictSame(
    responseParameters(verified(one, { state: ['a', 'b'] }), ISSUER, { code: 'c' }),
    { code: 'c', iss: ISSUER },
    'a repeated one is none',
  )
  const location = responseLocation(redirect, responseParameters(redirect, ISSUER, { code: 'c' }))
  t.equal(location, `${ONE}&code=c&state=s%2F%2B%3D%20%26%C3%BC%22%3C&iss=https%3A%2F%2Fauth.example`)
  t.strictSame(Object.fromEntries(new URL(location).searchParams), { tenant: '1', code: 'c', state: 's/+= &ü"<', iss: ISSUER })
})

t.test('a response uses form_post only if the request asks for it', async (t) => {
  t.equal(verified(one, { response_mode: 'form_post' }).mode, 'form_post')
  for (const response_mode of ['query', 'fragment', 'web_message', ['form_post', 'form_post']])
    t.equal(verified(one, { response_mode }).mode, 'query')
})

t.test('a mode with jwt is signed, and its answer travels as that of the mode without', async (t) => {
  for (const [response_mode, mode, isSigned] of [
    [undefined, 'query', false],
    ['query', 'query', false],
    ['form_post', 'form_post', false],
    ['jwt', 'query', true],
    ['query.jwt', 'query', true],
    ['form_post.jwt', 'form_post', true],
    ['fragment.jwt', 'query', false],
    ['JWT', 'query', false],
  ] as const)
    t.match(verified(one, { ...(response_mode !== undefined && { response_mode }) }), { mode, isSigned }, String(response_mode))
})

t.test('a signed response says for whom it is, and counts for ten minutes', async (t) => {
  const parameters = responseParameters(verified(one, { state: 's' }), ISSUER, { code: 'c' })
  t.strictSame(signedResponseClaims(parameters, 'client_sample', 1_800_000_000_999), {
    code: 'c',
    state: 's',
    iss: ISSUER,
    aud: 'client_sample',
    exp: 1_800_000_600,
  })
})

t.test('a client that is held to FAPI 2.0 names its redirect URI, though it has but one', async (t) => {
  const held = sampleClient({ metadata: { redirectUris: [ONE], securityProfile: 'fapi2' } })
  t.match(verifyRedirect(held, {}), { ok: false, error: { code: 'invalid_request', description: 'redirect_uri is required' } })
  t.ok(verifyRedirect(held, { redirect_uri: ONE }).ok)
})
