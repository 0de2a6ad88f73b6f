// threat-model.md T13: a secret is looked up by the hash of all of it, so that no part or variant of it opens anything.
import { createHash } from 'node:crypto'
import t from 'tap'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { REDIRECT_URI, createApi, credentials, isOAuthError } from '#test/support/api.ts'
import { createPerson } from '#test/support/people/person.ts'

const api = await createApi(t)
const client = await api.register()
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** What decodes to the same bytes, or looks alike, but is another text. */
function variants(secret: string): string[] {
  const last = ALPHABET.indexOf(secret.at(-1)!)
  const unusedBits = [1, 2, 3].map((bits) => secret.slice(0, -1) + ALPHABET[last ^ bits]!)
  const parts = [secret.slice(0, -1), secret.slice(1), secret.slice(0, 16), secret.slice(0, 22)]
  return [
    ...unusedBits,
    ...parts,
    `${secret}=`,
    `${secret} `,
    ` ${secret}`,
    `${secret}\u0000`,
    `${secret}.`,
    secret.replaceAll('-', '+').replaceAll('_', '/') + '=',
    secret.toLowerCase(),
    createHash('sha256').update(secret).digest('base64url'),
  ]
}

t.test('T13: no part or variant of a code, a refresh token or a client secret works', async (t) => {
  const code = await api.code(client)
  for (const variant of variants(code)) {
    isOAuthError(
      t,
      await api.post('/token', { grant_type: 'authorization_code', code: variant, redirect_uri: REDIRECT_URI, ...credentials(client) }),
      400,
      'invalid_grant',
      'the code is unknown',
      variant,
    )
  }
  const { refresh_token = '' } = await api.tokens(client)
  for (const variant of variants(refresh_token)) {
    isOAuthError(
      t,
      await api.post('/token', { grant_type: 'refresh_token', refresh_token: variant, ...credentials(client) }),
      400,
      'invalid_grant',
      'the refresh token is unknown',
      variant,
    )
    t.strictSame((await api.post('/introspect', { token: variant, ...credentials(client) })).json(), { active: false })
    t.equal((await api.post('/revoke', { token: variant, ...credentials(client) })).statusCode, 200)
  }
  for (const variant of variants(client.client_secret!)) {
    isOAuthError(t, await api.post('/token', { client_id: client.client_id, client_secret: variant }), 401, 'invalid_client')
  }
  const still = [
    { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI },
    { grant_type: 'refresh_token', refresh_token },
  ]
  for (const form of still)
    t.equal((await api.post('/token', { ...form, ...credentials(client) })).statusCode, 200, 'the whole one still does')
})

t.test('T13: no part or variant of a session cookie is a session', async (t) => {
  const person = createPerson(ISSUER, injectFetch(api.app))
  const query = new URLSearchParams({ client_id: client.client_id, response_type: 'code' }).toString()
  const { page } = await person.open(`${ISSUER}/authorize?${query}`)
  await person.submit(page!, ADMIN)
  const name = 'solar-session'
  const loggedIn = async (cookie: string) =>
    /name="token"/.test((await api.app.inject({ url: '/logout', headers: { cookie: `${name}=${cookie}` } })).body)
  const session = person.cookies.get(name)!
  t.ok(await loggedIn(session))
  // White space around a cookie is not part of it (RFC 6265 section 5.2).
  for (const variant of variants(session).filter((each) => each.trim() === each && !each.includes('\u0000')))
    t.notOk(await loggedIn(variant), variant)
})

t.test('T13: an access token that was verified before vouches for no other that shares a part of it', async (t) => {
  const { access_token } = await api.tokens(client)
  const ask = async (token: string) =>
    (await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })).statusCode
  t.equal(await ask(access_token), 200, 'remembered from now on')
  const [head, payload, signature] = access_token.split('.') as [string, string, string]
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const richer = Buffer.from(JSON.stringify({ ...claims, scope: 'openid profile email admin' })).toString('base64url')
  const flipped = signature.slice(0, 10) + (signature[10] === 'A' ? 'B' : 'A') + signature.slice(11)
  for (const token of [
    ...[
      `${head}.${richer}.${signature}`,
      `${head}.${payload}.${flipped}`,
      `${head}.${payload}.`,
      `${head}.${payload}`,
      `${head}.${payload}.${signature}.x`,
    ],
    ...[access_token.slice(0, -1), access_token.slice(1), access_token.slice(0, 100), `x${access_token}`],
  ]) {
    t.equal(await ask(token), 401, token)
  }
})

t.test('T13: an access token that is revoked is revoked in every spelling', async (t) => {
  const { access_token: token } = await api.tokens(client)
  const last = ALPHABET.indexOf(token.at(-1)!)
  const spellings = [0, 1, 2, 3].map((bits) => token.slice(0, -1) + ALPHABET[(last & ~3) | bits]!)
  const ask = async (each: string) => (await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${each}` } })).statusCode
  for (const each of spellings) await ask(each)
  await api.post('/revoke', { token, ...credentials(client) })
  for (const each of spellings) t.equal(await ask(each), 401)
})
