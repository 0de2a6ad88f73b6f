import t from 'tap'
import { parseTokenHandle } from '#src/domain/token/token-handle.ts'
import { CHALLENGE, VERIFIER, createConversation } from '#test/support/conversation.ts'

//= https://www.rfc-editor.org/rfc/rfc7636#section-4.4
//# When the server issues the authorization code in the authorization response, it MUST associate the "code_challenge" and "code_challenge_method" values with the authorization code so it can be verified later.
t.test('the challenge of the request decides which verifier redeems the code', async (t) => {
  const { authorize, exchange } = await createConversation(t)
  const { code } = await authorize()
  t.equal((await exchange(code)).statusCode, 200)
  const plain = await authorize({ code_challenge: VERIFIER, code_challenge_method: 'plain' })
  t.equal((await exchange(plain['code'])).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc7636#section-4.3
//# OPTIONAL, defaults to "plain" if not present in the request.
t.test('a challenge without a method is plain', async (t) => {
  const { authorize, exchange } = await createConversation(t)
  const { code } = await authorize({ code_challenge: VERIFIER, code_challenge_method: undefined })
  t.equal((await exchange(code)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc7636#section-4.6
//# If the values are not equal, an error response indicating "invalid_grant" as described in Section 5.2 of [RFC6749] MUST be returned.
t.test('a wrong, missing or unasked-for verifier is invalid_grant (T9)', async (t) => {
  const { authorize, exchange } = await createConversation(t)
  const { code } = await authorize()
  for (const code_verifier of ['w'.repeat(43), CHALLENGE, undefined, '']) {
    const response = await exchange(code, { code_verifier })
    t.equal(response.statusCode, 400)
    t.match(response.json(), { error: 'invalid_grant' })
  }
  t.equal((await exchange(code)).statusCode, 200, 'who guesses does not spoil the code')
})

t.test('a verifier for a code whose request held no challenge is refused (T9, RFC 9700 section 2.1.1)', async (t) => {
  const { authorize, exchange } = await createConversation(t, { metadata: { token_endpoint_auth_method: 'client_secret_basic' } })
  const { code } = await authorize({ code_challenge: undefined, code_challenge_method: undefined })
  t.match((await exchange(code)).json(), { error: 'invalid_grant' })
  t.equal((await exchange(code, { code_verifier: undefined })).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc7636#section-4.4.1
//# If the server requires Proof Key for Code Exchange (PKCE) by OAuth public clients and the client does not send the "code_challenge" in the request, the authorization endpoint MUST return the authorization error response with the "error" value set to "invalid_request".
t.test('a public client without a challenge is sent back', async (t) => {
  const { authorize } = await createConversation(t)
  for (const code_challenge of [undefined, ''])
    t.match(await authorize({ code_challenge, code_challenge_method: undefined }), { error: 'invalid_request', state: 'xyz' })
})

t.test('so is a confidential one where PKCE is required of all', async (t) => {
  const { authorize } = await createConversation(t, {
    metadata: { token_endpoint_auth_method: 'client_secret_basic' },
    env: { REQUIRE_PKCE: 'true' },
  })
  t.match(await authorize({ code_challenge: undefined, code_challenge_method: undefined }), { error: 'invalid_request' })
})

//= https://www.rfc-editor.org/rfc/rfc7636#section-4.4.1
//# If the server supporting PKCE does not support the requested transformation, the authorization endpoint MUST return the authorization error response with "error" value set to "invalid_request".
t.test('an unknown method, or one switched off, is sent back', async (t) => {
  const { authorize } = await createConversation(t, { env: { CODE_CHALLENGE_METHODS: 'S256' } })
  for (const code_challenge_method of ['S512', 's256', 'plain', undefined])
    t.match(await authorize({ code_challenge_method }), { error: 'invalid_request' })
})

//= https://www.rfc-editor.org/rfc/rfc7636#section-4.2
//# "S256" is Mandatory To Implement (MTI) on the server.
t.test('the metadata offers S256, whatever the settings', async (t) => {
  for (const methods of ['S256', 'S256,plain']) {
    const { app } = await createConversation(t, { env: { CODE_CHALLENGE_METHODS: methods } })
    const document = (await app.inject('/.well-known/oauth-authorization-server')).json<{ code_challenge_methods_supported: string[] }>()
    t.strictSame(document.code_challenge_methods_supported, methods.split(','))
  }
})

//= https://www.rfc-editor.org/rfc/rfc7636#section-4.4
//# The server MUST NOT include the "code_challenge" value in client requests in a form that other entities can extract.
t.test('nobody reads the challenge out of an answer', async (t) => {
  const { authorize, storage } = await createConversation(t)
  const answer = await authorize()
  t.strictSame(Object.keys(answer).sort(), ['code', 'iss', 'state'])
  const code = answer['code']!
  const { grantId, hash } = parseTokenHandle(code)!
  const bytes = Buffer.from(code.slice(grantId.length), 'base64url')
  for (const text of [code, bytes.toString('latin1'), bytes.toString('base64url')]) t.notOk(text.includes(CHALLENGE))
  t.ok(await storage.grants.findCode(grantId, hash), 'the id of the grant')
  t.equal(bytes.length, 32, 'and random bytes, and nothing else')
})

//= https://www.rfc-editor.org/rfc/rfc7636#section-7.2
//= type=exception
//= reason=Old clients know nothing else; every MCP client uses `S256`. `CODE_CHALLENGE_METHODS=S256` allows nothing else.
//# The "plain" method SHOULD NOT be used in new implementations, unless they cannot support "S256" for some technical reason.
