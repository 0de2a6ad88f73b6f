// SECRET is replaced between two starts: nobody logs in again, no form is lost, no token ends, no client sees another subject.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ADMIN, ISSUER, SECRET, createApp, injectFetch } from '#test/support/app.ts'
import { HTTPS, VERIFIER, authorizeUrl, registerClient, whereabouts } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'

const NEW = 'the secret that replaces it, as long as that'

t.test('what was begun under the secret before is finished under the new one', async (t) => {
  const folder = t.testdir()
  const DATABASE_URL = `sqlite:${join(folder, 'any.db')}`
  let node = await createApp(t, { DATABASE_URL, SECRET })
  const send: typeof fetch = (input, init) => injectFetch(node.app)(input, init)
  const post = async (path: string, form: Record<string, string>) => {
    const response = await send(ISSUER + path, { method: 'POST', body: new URLSearchParams(form) })
    return (await response.json()) as Record<'access_token' | 'refresh_token' | 'id_token', string>
  }
  const clientId = await registerClient(send, ISSUER, { subject_type: 'pairwise' })
  const url = authorizeUrl(ISSUER, clientId, { scope: 'openid offline_access' })
  const exchange = (away: URL) =>
    post('/token', {
      grant_type: 'authorization_code',
      client_id: clientId,
      code: away.searchParams.get('code')!,
      redirect_uri: HTTPS,
      code_verifier: VERIFIER,
    })
  const infoOf = async (token: string) =>
    (await send(`${ISSUER}/userinfo`, { headers: { authorization: `Bearer ${token}` } })).json() as Promise<{ sub: string }>

  const person = createPerson(ISSUER, send)
  const before = await exchange(await person.authorize(url, ADMIN))
  const { sub } = await infoOf(before.access_token)
  t.match(sub, /^[\w-]{43}$/)
  const late = createPerson(ISSUER, send)
  const loginPage = (await late.open(url)).page!
  const logoutPage = (await person.open(`${ISSUER}/logout`)).page!
  const kids = (await node.storage.keys.list()).map(({ kid }) => kid)

  await node.app.close()
  node = await createApp(t, { DATABASE_URL, SECRET: NEW, SECRET_PREVIOUS: SECRET })

  t.strictSame(
    (await node.storage.keys.list()).map(({ kid }) => kid),
    kids,
  )
  t.equal((await infoOf(before.access_token)).sub, sub, 'the token, and the subject')
  const refreshed = await post('/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: before.refresh_token })
  t.equal((await infoOf(refreshed.access_token)).sub, sub)
  t.equal(whereabouts(await late.submit(loginPage, ADMIN)), 'client', 'the login page that was open leads on')
  t.match((await exchange(await person.authorize(url, ADMIN))).id_token, /^ey/, 'the session goes on')
  t.match((await person.submit(logoutPage, {})).page, { status: 200 }, 'the logout page that was open is good')

  await node.app.close()
  node = await createApp(t, { DATABASE_URL, SECRET: NEW })
  t.equal((await infoOf(refreshed.access_token)).sub, sub, 'without the secret before, too')
  t.equal((await late.submit(loginPage, ADMIN)).page?.status, 400, 'but its forms are over')

  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  t.ok(files.some((text) => text.includes('"crv":"P-256"')))
  t.notOk(
    files.some((text) => /"(d|dp|qi)":"/.test(text)),
    'no private part is ever written in clear',
  )
})
