import t from 'tap'
import { createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'

const { app, client, register, refresh, send, post, tokens, userinfo } = await createConversation(t, {
  metadata: { token_endpoint_auth_method: 'client_secret_post' },
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2
//# Implementations MUST support the revocation of refresh tokens and SHOULD support the revocation of access tokens (see Implementation Note).
//= https://www.rfc-editor.org/rfc/rfc7009#section-2.1
//# The invalidation takes place immediately, and the token cannot be used again after the revocation.
t.test('an access token is revoked alone', async (t) => {
  const issued = await tokens()
  t.equal((await userinfo(issued.access_token)).statusCode, 200)
  t.equal((await send('/revoke', { token: issued.access_token })).statusCode, 200)
  t.equal((await userinfo(issued.access_token)).statusCode, 401)
  t.match((await send('/introspect', { token: issued.access_token })).json(), { active: false })
  t.equal((await refresh(issued.refresh_token)).statusCode, 200, 'its refresh token goes on')
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.1
//# If the particular token is a refresh token and the authorization server supports the revocation of access tokens, then the authorization server SHOULD also invalidate all access tokens based on the same authorization grant (see Implementation Note).
t.test('a refresh token takes along all that hangs on its grant', async (t) => {
  const issued = await tokens()
  const next = (await refresh(issued.refresh_token)).json<typeof issued>()
  t.equal((await send('/revoke', { token: next.refresh_token })).statusCode, 200)
  for (const token of [issued.access_token, next.access_token]) t.equal((await userinfo(token)).statusCode, 401)
  for (const token of [issued.refresh_token, next.refresh_token]) t.match((await refresh(token)).json(), { error: 'invalid_grant' })
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.1
//# If the server is unable to locate the token using the given hint, it MUST extend its search across all of its supported token types.
t.test('a wrong or unknown hint does no harm', async (t) => {
  const issued = await tokens()
  t.equal((await send('/revoke', { token: issued.access_token, token_type_hint: 'refresh_token' })).statusCode, 200)
  t.equal((await userinfo(issued.access_token)).statusCode, 401)
  t.equal((await send('/revoke', { token: issued.refresh_token, token_type_hint: 'access_token' })).statusCode, 200)
  t.match((await refresh(issued.refresh_token)).json(), { error: 'invalid_grant' })
  t.equal((await send('/revoke', { token: (await tokens()).refresh_token, token_type_hint: 'pigeon' })).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.1
//# The authorization server first validates the client credentials (in case of a confidential client) and then verifies whether the token was issued to the client making the revocation request.
t.test('another client, or nobody, cannot revoke a token', async (t) => {
  const issued = await tokens()
  const other = (await register({ redirect_uris: ['https://other.example/'], token_endpoint_auth_method: 'none' })).json<Registered>()
  for (const token of [issued.access_token, issued.refresh_token]) {
    t.match((await send('/revoke', { token }, other)).statusCode, 400)
    t.equal((await post('/revoke', { token })).statusCode, 401)
    t.equal((await post('/revoke', { token, client_id: client.client_id, client_secret: 'wrong' })).statusCode, 401)
    t.equal((await post('/revoke', { token, client_id: client.client_id })).statusCode, 401, 'the id alone is not enough')
  }
  t.equal((await userinfo(issued.access_token)).statusCode, 200)
  t.equal((await refresh(issued.refresh_token)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.2
//# The authorization server responds with HTTP status code 200 if the token has been revoked successfully or if the client submitted an invalid token.
t.test('a token that is unknown, spent, or revoked already counts as revoked', async (t) => {
  const issued = await tokens()
  for (const token of ['unknown', 'a.b.c', issued.id_token, issued.refresh_token, issued.refresh_token, issued.access_token])
    t.equal((await send('/revoke', { token })).statusCode, 200)
  t.equal((await post('/revoke', { client_id: client.client_id, client_secret: client.client_secret })).statusCode, 400, 'no token at all')
})

//= https://www.rfc-editor.org/rfc/rfc7009#section-2.1
//# The client constructs the request by including the following parameters using the "application/x-www-form-urlencoded" format in the HTTP request entity-body
//= https://www.rfc-editor.org/rfc/rfc7009#section-2
//# The client requests the revocation of a particular token by making an HTTP POST request to the token revocation endpoint URL.
t.test('a public client revokes by its id, from a form and from nothing else', async (t) => {
  const conversation = await createConversation(t)
  const issued = await conversation.tokens()
  const url = `/revoke?token=${issued.refresh_token}&client_id=${conversation.client.client_id}`
  t.not((await conversation.app.inject({ method: 'POST', url })).statusCode, 200, 'no token in a URL')
  t.equal((await app.inject({ url })).statusCode, 405)
  t.equal((await conversation.send('/revoke', { token: issued.refresh_token })).statusCode, 200)
  t.match((await conversation.refresh(issued.refresh_token)).json(), { error: 'invalid_grant' })
})
