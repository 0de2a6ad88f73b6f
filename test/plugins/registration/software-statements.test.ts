// Software statements (RFC 7591 sections 2.3 and 3.1.1; threat-model.md T2, T11).
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import type { JWTPayload } from 'jose'
import t from 'tap'
import { ISSUER, createApp } from '#test/support/app.ts'
import { isOAuthError } from '#test/support/api.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import type { ClientKey } from '#test/support/clients/client-documents.ts'
import { json, serveHosts } from '#test/support/network/tls-server.ts'

const VENDOR = 'https://vendor.example'
const OFFICE = 'https://office.example/registry'
const JWKS_URI = 'https://vendor.example/jwks.json'
const own = {
  redirect_uris: ['https://client.example/callback'],
  client_name: 'Anybody',
  'client_name#ko': '아무나',
  token_endpoint_auth_method: 'none',
}

const key = await makeClientKey('one', 'ES256')
const stranger = await makeClientKey('one', 'ES256')
const server = await serveHosts(t, ['vendor.example'])
server.answers.set(JWKS_URI, json({ keys: [key.jwk] }))
const file = join(t.testdir({ 'office.json': JSON.stringify({ keys: [key.jwk] }) }), 'office.json')
const env = { SOFTWARE_STATEMENT_ISSUERS: `${VENDOR}=${JWKS_URI},${OFFICE}=${file}`, RATE_LIMIT_REGISTER: 'off' }
const { app, storage, clock } = await createApp(t, env, undefined, { safeFetch: server })

const register = (body: object) => app.inject({ method: 'POST', url: '/register', payload: { ...own, ...body } })

const sign = (claims: JWTPayload, by: ClientKey = key, header: object = {}) =>
  new SignJWT({ iss: VENDOR, ...claims }).setProtectedHeader({ alg: by.jwk.alg!, kid: by.kid, ...header }).sign(by.privateKey)

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# If a software statement was used as part of the registration, its value MUST be returned unmodified in the response along with other metadata using the member name "software_statement".
t.test('what a trusted issuer says of a client holds, whatever the client says itself', async (t) => {
  const claims = {
    client_name: 'Comet by Vendor',
    software_id: 'comet',
    redirect_uris: ['https://vendor.example/callback'],
    exp: Math.floor(clock.now / 1000) + 60,
    aud: ISSUER,
  }
  for (const iss of [VENDOR, OFFICE]) {
    const statement = await sign({ ...claims, iss })
    const response = await register({ software_statement: statement, software_id: 'evil', scope: 'openid' })
    t.equal(response.statusCode, 201, response.body)
    const body = response.json<Record<string, unknown>>()
    t.match(body, {
      client_name: 'Comet by Vendor',
      software_id: 'comet',
      redirect_uris: claims.redirect_uris,
      scope: 'openid',
      software_statement: statement,
    })
    t.notOk('client_name#ko' in body, 'nor in another language')
    t.notOk('iss' in body || 'exp' in body, 'claims about the statement are no metadata')
    const { softwareStatement, redirectUris } = (await storage.clients.find(body['client_id'] as string))!.metadata
    t.strictSame([softwareStatement, redirectUris], [statement, claims.redirect_uris])
  }
  t.strictSame(new Set(server.asked), new Set([JWKS_URI]), 'keys of a file are not fetched, and nothing else is')
})

t.test('what a statement says is checked like everything else', async (t) => {
  isOAuthError(
    t,
    await register({ software_statement: await sign({ redirect_uris: ['javascript:alert(1)'] }) }),
    400,
    'invalid_redirect_uri',
    /scheme javascript/,
  )
  isOAuthError(
    t,
    await register({ software_statement: await sign({ 'logo_uri#ko': 'data:text/html,x' }) }),
    400,
    'invalid_client_metadata',
    'logo_uri#ko must be an https URL',
  )
  isOAuthError(
    t,
    await register({ software_statement: await sign({ client_name: 7 }) }),
    400,
    'invalid_software_statement',
    'software_statement has a claim client_name of the wrong type or size',
  )
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The software statement presented is invalid.
t.test('a statement that is forged, over, or no statement at all is refused (T11)', async (t) => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const payload = encode({ iss: VENDOR, client_name: 'Forged' })
  const none = `${encode({ alg: 'none' })}.${payload}.`
  const hmacInput = `${encode({ alg: 'HS256', kid: 'one' })}.${payload}`
  const confused = `${hmacInput}.${createHmac('sha256', JSON.stringify(key.jwk)).update(hmacInput).digest('base64url')}`
  const rs256 = await makeClientKey('one', 'RS256')
  const unsigned = 'software_statement is not signed by a key of its issuer'
  const noJwt = 'software_statement is not a JWT with an iss'
  const past = Math.floor(clock.now / 1000) - 60
  const table: [about: string, statement: string, description: string][] = [
    ['text', 'statement', noJwt],
    ['three dots', 'a.b.c', noJwt],
    ['no iss', await sign({ iss: undefined as never }), noJwt],
    ['alg none', none, unsigned],
    ['HS256 with the public key', confused, unsigned],
    ["a stranger's key", await sign({}, stranger), unsigned],
    ["a stranger's key in the header", await sign({}, stranger, { jwk: stranger.jwk, jku: 'https://evil.example/' }), unsigned],
    ['a key of another type', await sign({}, rs256), unsigned],
    ['a changed claim', (await sign({ client_name: 'a' })).replace(/\.[\w-]+\./, `.${payload}.`), unsigned],
    ['over', await sign({ exp: past }), 'software_statement has expired'],
    ['not yet', await sign({ nbf: past + 600 }), 'software_statement is not valid yet (nbf)'],
    ['for another server', await sign({ aud: 'https://other.example' }), 'software_statement is meant for another server (aud)'],
  ]
  for (const [about, statement, description] of table)
    isOAuthError(t, await register({ software_statement: statement }), 400, 'invalid_software_statement', description, about)
  isOAuthError(t, await register({ software_statement: 7 }), 400, 'invalid_client_metadata', 'software_statement has the wrong type')
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The software statement presented is not approved for use by this authorization server.
t.test('a statement of an issuer that nobody configured is not approved, and its keys are not looked for', async (t) => {
  const before = server.asked.length
  for (const iss of ['https://other.example', `${VENDOR}/`, 'https://VENDOR.example']) {
    isOAuthError(
      t,
      await register({ software_statement: await sign({ iss }) }),
      400,
      'unapproved_software_statement',
      'software_statement is from an issuer that is not trusted here',
      iss,
    )
  }
  t.equal(server.asked.length, before)
})

t.test('a new key of an issuer is found at its address', async (t) => {
  const next = await makeClientKey('two', 'ES256')
  clock.now += 31_000
  isOAuthError(t, await register({ software_statement: await sign({}, next) }), 400, 'invalid_software_statement')
  server.answers.set(JWKS_URI, json({ keys: [key.jwk, next.jwk] }))
  clock.now += 31_000
  t.equal((await register({ software_statement: await sign({}, next) })).statusCode, 201)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.1.1
//# The authorization server MAY ignore the software statement if it does not support this feature.
t.test('a server that trusts no issuer ignores statements', async (t) => {
  const { app: plain } = await createApp(t)
  const response = await plain.inject({
    method: 'POST',
    url: '/register',
    payload: { ...own, software_statement: await sign({ client_name: 'Comet' }) },
  })
  t.match([response.statusCode, response.json()], [201, { client_name: 'Anybody' }])
  t.notOk('software_statement' in response.json<object>())
})

t.test('a client whose statement can not be checked now is not told that it is wrong', async (t) => {
  const away = await serveHosts(t, ['vendor.example'])
  away.answers.set(JWKS_URI, (_request, response) => response.writeHead(503).end())
  const made = await createApp(t, env, undefined, { safeFetch: away })
  const payload = { ...own, software_statement: await sign({ client_name: 'Comet by Vendor' }) }
  const send = () => made.app.inject({ method: 'POST', url: '/register', payload })
  const description = 'the keys of the issuer of software_statement could not be fetched: try again later'
  isOAuthError(t, await send(), 503, 'temporarily_unavailable', description)
  away.answers.set(JWKS_URI, json({ keys: [key.jwk] }))
  made.clock.now += 5000
  t.equal((await send()).statusCode, 201)
})
