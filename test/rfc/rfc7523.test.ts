import { SignJWT } from 'jose'
import t from 'tap'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { createApp, ISSUER } from '#test/support/app.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'

const { app, clock } = await createApp(t)
const key = await makeClientKey('own', 'ES256')
const registration = {
  redirect_uris: ['https://client.example/callback'],
  token_endpoint_auth_method: 'private_key_jwt',
  jwks: { keys: [key.jwk] },
}
const { client_id: id } = (await app.inject({ method: 'POST', url: '/register', payload: registration })).json<{ client_id: string }>()

let made = 0
async function sign(change: Record<string, unknown> = {}, by = key): Promise<string> {
  const now = Math.floor(clock.now / 1000)
  const claims = { iss: id, sub: id, aud: ISSUER, exp: now + 60, jti: String(made++), ...change }
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: by.kid }).sign(by.privateKey)
}

async function send(form: Record<string, string>) {
  const payload = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'unknown', ...form }).toString()
  const response = await app.inject({
    method: 'POST',
    url: '/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload,
  })
  return { status: response.statusCode, ...response.json<{ error: string }>() }
}

const attempt = (assertion: string) => send({ client_assertion_type: ASSERTION_TYPE, client_assertion: assertion })
/** The client was let in, and only its token is unknown. */
const LET_IN = { status: 400, error: 'invalid_grant' }
const REFUSED = { status: 401, error: 'invalid_client' }

//= https://www.rfc-editor.org/rfc/rfc7523#section-2.2
//# The value of the "client_assertion_type" is "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".
t.test('an assertion of that type is taken, and of no other', async (t) => {
  t.match(await attempt(await sign()), LET_IN)
  for (const type of ['urn:ietf:params:oauth:client-assertion-type:saml2-bearer', 'jwt-bearer', '']) {
    t.match(await send({ client_assertion_type: type, client_assertion: await sign() }), REFUSED, type)
  }
})

//= https://www.rfc-editor.org/rfc/rfc7523#section-3
//# The authorization server MUST reject any JWT that does not contain its own identity as the intended audience.
t.test('a JWT for somebody else is refused', async (t) => {
  for (const aud of ['https://other.example', ['https://other.example'], undefined]) t.match(await attempt(await sign({ aud })), REFUSED)
})

//= https://www.rfc-editor.org/rfc/rfc7523#section-3
//# For client authentication, the subject MUST be the "client_id" of the OAuth client.
t.test('a JWT about another client, or none, is refused', async (t) => {
  for (const sub of ['client_other', '', undefined]) t.match(await attempt(await sign({ sub })), REFUSED)
})

//= https://www.rfc-editor.org/rfc/rfc7523#section-3
//# The authorization server MUST reject any JWT with an expiration time that has passed, subject to allowable clock skew between systems.
t.test('a JWT that is over is refused, half a minute aside', async (t) => {
  const now = Math.floor(clock.now / 1000)
  t.match(await attempt(await sign({ exp: now - 31 })), REFUSED)
  t.match(await attempt(await sign({ exp: undefined })), REFUSED)
  t.match(await attempt(await sign({ exp: now - 20 })), LET_IN)
})

//= https://www.rfc-editor.org/rfc/rfc7523#section-3
//# The authorization server MUST reject JWTs with an invalid signature or MAC.
t.test('a JWT that another key signed is refused', async (t) => {
  t.match(await attempt(await sign({}, await makeClientKey('own', 'ES256'))), REFUSED)
  const assertion = await sign()
  t.match(await attempt(`${assertion.slice(0, -6)}AAAAAA`), REFUSED)
  t.match(await attempt(assertion), LET_IN)
})

//= https://www.rfc-editor.org/rfc/rfc7523#section-3.2
//# The value of the "error" parameter MUST be the "invalid_client" error code.
t.test('whatever is wrong with a JWT, the client hears invalid_client', async (t) => {
  for (const assertion of [
    '',
    'a',
    'a.b.c',
    await sign({ jti: undefined }),
    await sign({ iss: 'other' }),
    await sign({ nbf: 9_999_999_999 }),
  ])
    t.match(await attempt(assertion), REFUSED)
})
