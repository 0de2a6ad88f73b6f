// threat-model.md T17: no secret in a log, an error or an address.
import { createHash } from 'node:crypto'
import t from 'tap'
import { ADMIN, ISSUER, injectFetch } from '#test/support/app.ts'
import { REDIRECT_URI, basic, createApi } from '#test/support/api.ts'
import { captureLog } from '#test/support/log.ts'
import { createPerson } from '#test/support/people/person.ts'
import { stub } from '#test/support/stub.ts'

t.test('T17: a reader of the whole log of a whole flow, errors included, learns no secret', async (t) => {
  const log = captureLog()
  const api = await createApi(t, { RATE_LIMIT_LOGIN: '3/15m' }, log.logger)
  const { app } = api
  const secrets = new Map<string, string>()
  const note = (name: string, value: unknown) => secrets.set(name, String(value))
  note('password', ADMIN.password)
  note('wrong password', 'correct horse')

  const client = await api.register()
  const { client_id, client_secret = '' } = client
  note('client_secret', client_secret)
  const header = basic(client_id, client_secret)
  note('Authorization', header.authorization.slice(6))
  const verifier = 'a-code-verifier-that-nobody-but-the-client-has-seen'
  note('code_verifier', verifier)
  note('state', 'the-state-of-the-client')
  note('nonce', 'the-nonce-of-the-client')
  const query = new URLSearchParams({
    client_id,
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    state: 'the-state-of-the-client',
    nonce: 'the-nonce-of-the-client',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const person = createPerson(ISSUER, injectFetch(app))
  const login = await person.open(`${ISSUER}/authorize?${query.toString()}`)
  note('login transaction', login.page!.form!.fields['transaction'])
  await person.submit(login.page!, { username: 'admin', password: 'correct horse' })
  const consent = await person.submit(login.page!, ADMIN)
  note('consent transaction', consent.page!.form!.fields['transaction'])
  const { away } = await person.submit(consent.page!, { decision: 'allow' })
  for (const [name, value] of person.cookies) note(`cookie ${name}`, value)
  const code = away!.searchParams.get('code')!
  note('code', code)

  const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier }
  const tokens = (await api.post('/token', exchange, header)).json()
  for (const name of ['access_token', 'refresh_token', 'id_token']) note(name, tokens[name])
  const refreshed = (await api.post('/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, header)).json()
  for (const name of ['access_token', 'refresh_token']) note(`second ${name}`, refreshed[name])

  // Everything that can go wrong with them, in the address too.
  const bearer = { authorization: `Bearer ${refreshed.access_token}` }
  await app.inject({ url: `/userinfo?access_token=${refreshed.access_token}`, headers: bearer })
  await app.inject({
    method: 'DELETE',
    url: `/userinfo?access_token=${refreshed.access_token}`,
    headers: { ...bearer, cookie: `solar-session=${person.cookies.get('solar-session')}` },
  })
  await app.inject(`/nothing/${code}?code=${code}#access_token=${refreshed.access_token}`)
  await api.post('/introspect', { token: refreshed.refresh_token }, header)
  await api.post('/token', exchange, header)
  await api.post('/token', { ...exchange, client_secret }, header)
  await api.post('/revoke', { token: [refreshed.refresh_token, code] }, header)
  await api.post('/revoke', { token: refreshed.refresh_token }, header)
  for (let i = 0; i < 4; i++) await person.submit(login.page!, { username: 'admin', password: 'correct horse' })
  await app.inject({ url: '/logout', headers: { cookie: `solar-session=${person.cookies.get('solar-session')}` } })

  t.ok(log.lines().length > 15, 'there is a log')
  t.ok(secrets.size >= 16)
  for (const [name, secret] of secrets) {
    t.ok(secret.length > 7, name)
    for (const form of [secret, encodeURIComponent(secret), createHash('sha256').update(secret).digest('base64url')])
      t.notOk(log.text().includes(form), name)
  }
})

t.test('T17: a defect whose words hold secrets shows them to nobody, in no answer and in no log', async (t) => {
  const log = captureLog()
  const api = await createApi(t, {}, log.logger)
  const client = await api.register()
  const code = await api.code(client)
  const hash = createHash('sha256').update(code).digest('base64url')
  const percent = 'p%C3%A4ss wörd'
  const cookie = 'short-cookie'
  const words = `insert failed: ${code} ${hash} ${client.client_secret} ${percent} ${cookie} hunter2x $argon2id$v=19$m=1$c2FsdA$aGFzaA Bearer abcdef postgres://u:hunter3@db/x`
  const defect = Object.assign(new Error(words, { cause: new Error(`caused by ${code}`) }), {
    detail: `Key (code_hash)=(${hash})`,
    parameters: [code],
    query: words,
  })
  stub(api.storage.grants, { findCode: () => Promise.reject(defect) })
  const form = {
    grant_type: 'authorization_code',
    code,
    client_id: client.client_id,
    client_secret: client.client_secret!,
    password: percent,
    token: 'hunter2x',
  }
  const response = await api.post('/token', form, { cookie: `solar-session=${cookie}` })
  t.equal(response.statusCode, 500)
  t.strictSame(response.json(), { error: 'server_error', error_description: 'something went wrong on this server' })

  t.match(log.text(), 'insert failed: ', 'the operator reads what failed')
  t.match(log.text(), 't17-secrets.test.ts', 'and where')
  for (const secret of [code, hash, client.client_secret!, percent, cookie, 'hunter2x', 'hunter3', '$argon2id', 'abcdef']) {
    t.notOk(log.text().includes(secret), secret)
    t.notOk(response.body.includes(secret), secret)
  }
})

t.test('T17: members that are secrets by their name are never written, no matter what logs them', async (t) => {
  const log = captureLog()
  const { app } = await createApi(t, {}, log.logger)
  const names = [
    'authorization',
    'cookie',
    'set-cookie',
    'password',
    'secret',
    'client_secret',
    'code',
    'code_verifier',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'transaction',
    'state',
    'nonce',
  ]
  for (const name of names) {
    app.log.info(
      { [name]: 'opensesame', body: { [name]: ['opensesame'] }, calls: [{ request: { headers: { [name]: 'opensesame' } } }] },
      name,
    )
  }
  t.equal(log.lines().length, names.length)
  t.notMatch(log.text(), 'opensesame')
})
