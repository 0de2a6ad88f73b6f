import { decodeJwt } from 'jose'
import t from 'tap'
import { createConversation } from '#test/support/conversation.ts'

const { authorize, clock, tokens, userinfo } = await createConversation(t)
const { access_token: accessToken, id_token: idToken } = await tokens()

//= https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
//# Its value MUST be a number containing a NumericDate value.
//= https://www.rfc-editor.org/rfc/rfc7519#section-4.1.6
//# Its value MUST be a number containing a NumericDate value.
t.test('instants are whole seconds', async (t) => {
  for (const claims of [decodeJwt(accessToken), decodeJwt(idToken)]) {
    for (const instant of [claims.exp!, claims.iat!])
      t.ok(Number.isInteger(instant) && Math.abs(instant - clock.now / 1000) < 86_400, `${instant}`)
  }
})

//= https://www.rfc-editor.org/rfc/rfc7519#section-4.1.7
//# The identifier value MUST be assigned in a manner that ensures that there is a negligible probability that the same value will be accidentally assigned to a different data object
t.test('no two access tokens share their jti', async (t) => {
  const jti = async () => decodeJwt((await tokens()).access_token).jti!
  const ids = [await jti(), await jti(), decodeJwt(accessToken).jti!]
  t.equal(new Set(ids).size, 3)
  for (const id of ids) t.ok(Buffer.from(id, 'base64url').length >= 16, '128 random bits')
})

//= https://www.rfc-editor.org/rfc/rfc7519#section-7.2
//# If any of the listed steps fail, then the JWT MUST be rejected -- that is, treated by the application as an invalid input.
t.test('what is not quite a JWT is none, wherever one is taken', async (t) => {
  const [header, payload, signature] = accessToken.split('.')
  const encode = (text: string | Buffer) => Buffer.from(text).toString('base64url')
  const broken = {
    'two parts': `${header}.${payload}`,
    'four parts': `${accessToken}.x`,
    'five parts, as an encrypted one has': `${accessToken}.x.x`,
    'a header that is no JSON': `${encode('{')}.${payload}.${signature}`,
    'a header that is an array': `${encode('[]')}.${payload}.${signature}`,
    'a header that is not UTF-8': `${encode(Buffer.from([0x7b, 0xff, 0x7d]))}.${payload}.${signature}`,
    'claims that are no JSON': `${header}.${encode('x')}.${signature}`,
    padding: `${header}=.${payload}.${signature}`,
    'white space': `${header}.${payload} .${signature}`,
  }
  for (const [name, token] of Object.entries(broken)) {
    t.equal((await userinfo(token)).statusCode, 401, name)
    t.match(await authorize({ id_token_hint: token }), { error: 'invalid_request' }, `${name}, as a hint`)
  }
})

//= https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4
//# The processing of the "exp" claim requires that the current date/time MUST be before the expiration date/time listed in the "exp" claim.
t.test('a token is good until its exp, and not a moment longer', async (t) => {
  const token = (await tokens()).access_token
  const before = clock.now
  clock.now = decodeJwt(token).exp! * 1000 - 1
  t.equal((await userinfo(token)).statusCode, 200)
  clock.now += 1
  t.equal((await userinfo(token)).statusCode, 401)
  clock.now = before
})

//= https://www.rfc-editor.org/rfc/rfc7519#section-8
//= type=exception
//= reason=Neither is signed nor believed here. A shared secret makes every verifier a signer, and `none` has no signer at all (RFC 8725 sections 2.1 and 3.2).
//# Of the signature and MAC algorithms specified in JSON Web Algorithms [JWA], only HMAC SHA-256 ("HS256") and "none" MUST be implemented by conforming JWT implementations.
