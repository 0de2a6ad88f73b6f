import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { ISSUER } from '#test/support/app.ts'
import { RESOURCE, createConversation } from '#test/support/conversation.ts'
import type { Parameters, Registered, Tokens } from '#test/support/conversation.ts'
import { handOut } from '#test/support/initial-access.ts'
import { sampleResource } from '#test/support/records.ts'

const conversation = await createConversation(t)
const { app, client, tokens } = conversation

//= https://www.rfc-editor.org/rfc/rfc9068#section-2.1
//# JWT access tokens MUST include this media type in the "typ" header parameter to explicitly declare that the JWT represents an access token complying with this profile.
t.test('an access token says that it is one', async (t) => {
  t.equal(decodeProtectedHeader((await tokens()).access_token).typ, 'at+jwt')
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-2.1
//# JWT access tokens MUST be signed.
t.test('an access token verifies by the published keys', async (t) => {
  const jwks = (await app.inject('/jwks')).json<JSONWebKeySet>()
  const { payload } = await jwtVerify((await tokens({ resource: RESOURCE })).access_token, createLocalJWKSet(jwks), {
    issuer: ISSUER,
    audience: RESOURCE,
    typ: 'at+jwt',
    algorithms: ['ES256'],
  })
  t.equal(payload['client_id'], client.client_id)
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-2.1
//# Authorization servers and resource servers conforming to this specification MUST include RS256 (as defined in [RFC7518]) among their supported signature algorithms.
t.test('RS256 is one setting away', async (t) => {
  const conversation = await createConversation(t, { env: { ACCESS_TOKEN_ALG: 'RS256' } })
  const issued = await conversation.tokens()
  t.equal(decodeProtectedHeader(issued.access_token).alg, 'RS256')
  t.equal((await conversation.userinfo(issued.access_token)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-2.2
//# The following claims are used in the JWT access token data structure.
//= https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3
//# If an authorization request includes a scope parameter, the corresponding issued JWT access token SHOULD include a "scope" claim as defined in Section 4.2 of [RFC8693].
t.test('an access token holds every required claim, and its scope', async (t) => {
  const issued = await tokens({ scope: 'openid email' })
  const claims = decodeJwt(issued.access_token)
  t.match(claims, {
    iss: ISSUER,
    exp: Number,
    aud: String,
    sub: String,
    client_id: client.client_id,
    iat: Number,
    jti: String,
    scope: 'openid email',
    auth_time: Number,
  })
  t.equal(claims.exp! - claims.iat!, issued.expires_in)
  t.not(claims.jti, decodeJwt((await tokens()).access_token).jti)
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-3
//# If the request includes a "resource" parameter (as defined in [RFC8707]), the resulting JWT access token "aud" claim SHOULD have the same value as the "resource" parameter in the request.
t.test('the audience is the resource', async (t) => {
  t.equal(decodeJwt((await tokens({ resource: RESOURCE })).access_token).aud, RESOURCE)
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-3
//# If the request does not include a "resource" parameter, the authorization server MUST use a default resource indicator in the "aud" claim.
t.test('without a resource the audience is the issuer', async (t) => {
  t.equal(decodeJwt((await tokens()).access_token).aud, ISSUER)
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-2.2
//# In cases of access tokens obtained through grants where no resource owner is involved, such as the client credentials grant, the value of "sub" SHOULD correspond to an identifier the authorization server uses to indicate the client application.
t.test('a token that a client got for itself is about the client', async (t) => {
  const headers = await handOut(conversation, { name: 'machine', policy: { grantTypes: ['client_credentials'] } })
  const machine = (
    await app.inject({ method: 'POST', url: '/register', headers, payload: { grant_types: ['client_credentials'] } })
  ).json<Registered>()
  const { access_token } = (await conversation.send('/token', { grant_type: 'client_credentials' }, machine)).json<Tokens>()
  t.match(decodeJwt(access_token), { sub: machine.client_id, client_id: machine.client_id, aud: ISSUER })
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3
//# All the individual scope strings in the "scope" claim MUST have meaning for the resources indicated in the "aud" claim.
//= https://www.rfc-editor.org/rfc/rfc9068#section-3
//# If a "scope" parameter is present in the request, the authorization server SHOULD use it to infer the value of the default resource indicator to be used in the "aud" claim.
//= https://www.rfc-editor.org/rfc/rfc9068#section-5
//# To prevent cross-JWT confusion, authorization servers MUST use a distinct identifier as an "aud" claim value to uniquely identify access tokens issued by the same issuer for distinct resources.
t.test('a token is for the resource whose scopes are asked for, with those scopes and no others', async (t) => {
  const { storage, clock } = conversation
  await storage.resources.insert(
    sampleResource({ id: 'resource_one', identifier: 'https://one.example/mcp', scopes: [{ name: 'one:read', description: 'Read one' }] }),
  )
  await storage.resources.insert(
    sampleResource({ id: 'resource_two', identifier: 'https://two.example/mcp', scopes: [{ name: 'two:read', description: 'Read two' }] }),
  )
  clock.now += FRESH_MS
  const claimsOf = async (parameters: Parameters) => decodeJwt((await tokens(parameters)).access_token)
  t.match(await claimsOf({ scope: 'openid one:read' }), { aud: 'https://one.example/mcp', scope: 'openid one:read' })
  t.match(await claimsOf({ scope: 'openid one:read two:read', resource: 'https://two.example/mcp' }), {
    aud: 'https://two.example/mcp',
    scope: 'openid two:read',
  })
  t.match(
    await claimsOf({ scope: 'openid one:read two:read' }),
    { aud: ISSUER, scope: 'openid' },
    'of two resources at once it is for neither',
  )
})

//= https://www.rfc-editor.org/rfc/rfc9068#section-3
//= type=exception
//= reason=Scopes that no resource of the request has are dropped, as everywhere (RFC 6749 section 3.3), and `scope` in the answer says what is left: ChatGPT asks for every scope that is advertised.
//# If the values in the "scope" parameter refer to different default resource indicator values, the authorization server SHOULD reject the request with "invalid_scope" as described in Section 4.1.2.1 of [RFC6749].
