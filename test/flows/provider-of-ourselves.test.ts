// One installation of this server as the identity provider of another: from the client to a token, then changes and a logout there.
import t from 'tap'
import { decodeJwt } from 'jose'
import { createApp, injectFetch } from '#test/support/app.ts'
import { HTTPS, VERIFIER, addUser, startFlow } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { pressProvider } from '#test/support/providers/provider-flow.ts'
import { serveHosts } from '#test/support/network/tls-server.ts'

const HOME = 'https://home.example'
const GATE = 'https://gate.example'
const LOGOUT = `${GATE}/login/home/backchannel-logout`

t.test('somebody logs in at home, gets a token here, and a logout at home ends the session here', async (t) => {
  const network = await serveHosts(t, ['gate.example'])
  const password = 'the password of tests'
  const home = await createApp(t, { ISSUER: HOME, ADMIN_PASSWORD: password }, undefined, { safeFetch: network })
  const atHome = injectFetch(home.app)
  await addUser(home, 'ada', 'engine')
  const registered = await atHome(`${HOME}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      client_name: 'The gate',
      redirect_uris: [`${GATE}/login/home/callback`],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic',
      scope: 'openid profile email offline_access',
      backchannel_logout_uri: LOGOUT,
    }),
  })
  const client = (await registered.json()) as { client_id: string; client_secret: string }
  const env = {
    ISSUER: GATE,
    ADMIN_PASSWORD: password,
    OIDC_ISSUER: HOME,
    OIDC_CLIENT_ID: client.client_id,
    OIDC_CLIENT_SECRET: client.client_secret,
    OIDC_NAME: 'Home',
    ADMIT: 'home:claim=/preferred_username=ada',
  }
  const gate = await startFlow(t, env, {}, undefined, { now: home.clock.now, providerFetch: { fetch: atHome } })
  network.answers.set(LOGOUT, (request, response) => {
    let payload = ''
    request.on('data', (chunk) => (payload += String(chunk)))
    request.on('end', () => {
      const sent = {
        method: 'POST' as const,
        url: '/login/home/backchannel-logout',
        headers: { host: 'gate.example', ...request.headers },
        payload,
      }
      void gate.app.inject(sent).then(({ statusCode }) => response.writeHead(statusCode).end())
    })
  })

  const browser = gate.person()
  const browserAtHome = createPerson(HOME, atHome)
  const { page: login } = await browser.open(gate.url({ scope: 'openid offline_access' }))
  const { away } = await pressProvider(browser, login!, 'home')
  t.equal(away!.origin, HOME)
  const back = await browserAtHome.authorize(away!, { username: 'ada', password: 'engine' })
  t.equal(back.origin + back.pathname, `${GATE}/login/home/callback`)
  const { page: consent } = await browser.open(back)
  t.match(consent?.html, /page-consent/, 'our own consent is asked, whatever was allowed at home')
  const answer = await browser.submit(consent!, { decision: 'allow' })
  const exchanged = await gate.send(`${GATE}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.away!.searchParams.get('code')!,
      redirect_uri: HTTPS,
      client_id: gate.clientId,
      code_verifier: VERIFIER,
    }),
  })
  const tokens = (await exchanged.json()) as { access_token: string; refresh_token: string }
  t.equal(decodeJwt(tokens.access_token).iss, GATE)
  const [user] = (await gate.storage.users.list()).filter(({ origin }) => origin === 'provider')
  const identity = (await gate.storage.identities.listOf(user!.id))[0]!
  t.match(identity, { issuer: HOME, managed: true, encryptedRefreshToken: String })

  // Asked again, with a refresh token that rotates at home.
  gate.clock.now += 10 * 60_000
  home.clock.now = gate.clock.now
  await gate.app.checkIdentities()
  const asked = (await gate.storage.identities.listOf(user!.id))[0]!
  t.equal(asked.lastCheckedAt, gate.clock.now)
  t.not(asked.encryptedRefreshToken, identity.encryptedRefreshToken)

  const live = () => gate.storage.sessions.list({ userId: user!.id, now: gate.clock.now, idleSince: 0, limit: 9 })
  t.equal((await live()).length, 1)
  const { page: logout } = await browserAtHome.open(`${HOME}/logout`)
  await browserAtHome.submit(logout!, {})
  while ((await home.app.sendBackchannelLogouts()) > 0);
  t.equal((await live()).length, 0)
  t.match((await browser.open(gate.url())).page?.html, /page-login/)

  // Switched off at home: what is used here is asked about within a minute, and then nothing is left.
  let { refresh_token: token } = tokens
  const refresh = async () => {
    const form = { grant_type: 'refresh_token', refresh_token: token, client_id: gate.clientId }
    const response = await gate.send(`${GATE}/token`, { method: 'POST', body: new URLSearchParams(form) })
    token = ((await response.json()) as { refresh_token: string }).refresh_token
    return response.status
  }
  await home.storage.users.disable((await home.storage.users.findByUsername('ada'))!.id, home.clock.now)
  t.equal(await refresh(), 200, 'a refresh waits for nobody')
  gate.clock.now += 10 * 60_000
  home.clock.now = gate.clock.now
  while ((await gate.app.checkIdentities()) > 0);
  t.equal(await refresh(), 400)
  t.match(await gate.storage.users.find(user!.id), { disabledAt: Number, barredBy: identity.id })
})
