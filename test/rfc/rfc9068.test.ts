import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import t from 'tap'
import { ISSUER } from '../support/app.ts'
import { RESOURCE, createConversation } from '../support/conversation.ts'
import type { Registered, Tokens } from '../support/conversation.ts'
import { handOut } from '../support/initial-access.ts'

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
  const { payload } = await jwtVerify((await tokens({ resource: RESOURCE })).access_token, createLocalJWKSet(jwks), { issuer: ISSUER, audience: RESOURCE, typ: 'at+jwt', algorithms: ['ES256'] })
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
t.test('an access token holds every required claim, and its scope', async (t) => {
  const issued = await tokens({ scope: 'openid email' })
  const claims = decodeJwt(issued.access_token)
  t.match(claims, { iss: ISSUER, exp: Number, aud: String, sub: String, client_id: client.client_id, iat: Number, jti: String, scope: 'openid email', auth_time: Number })
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
  const machine = (await app.inject({ method: 'POST', url: '/register', headers, payload: { grant_types: ['client_credentials'] } })).json<Registered>()
  const { access_token } = (await conversation.send('/token', { grant_type: 'client_credentials' }, machine)).json<Tokens>()
  t.match(decodeJwt(access_token), { sub: machine.client_id, client_id: machine.client_id, aud: ISSUER })
})
