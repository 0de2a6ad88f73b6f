// Two nodes over one PostgreSQL, each request on the other one: whole flows work, and what one node ends is over on both.
import * as oauth from 'oauth4webapi'
import t from 'tap'
import { ADMIN, ISSUER, createApp, injectFetch } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import { withOwnPostgres } from '#test/support/processes/postgres.ts'

const REDIRECT_URI = 'https://client.example/callback'

await withOwnPostgres(t, async (t, server) => {
  const DATABASE_URL = await server.createDatabase()
  // Started together: they also agree on the administrator and the signing keys.
  const nodes = await Promise.all([createApp(t, { DATABASE_URL }), createApp(t, { DATABASE_URL })])
  const sends = nodes.map(({ app }) => injectFetch(app))
  let turn = 0
  const roundRobin: typeof fetch = (input, init) => sends[turn++ % sends.length]!(input, init)
  const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: (url: string, init: object) => roundRobin(url, init) }
  const issuer = new URL(ISSUER)

  t.test('the nodes publish the same keys', async (t) => {
    const [one, two] = await Promise.all(sends.map(async (send) => (await send(`${ISSUER}/jwks`)).json()))
    t.strictSame(one, two)
    t.ok((one as { keys: unknown[] }).keys.length > 0)
  })

  for (let round = 0; round < 3; round++) {
    t.test(`a client goes the whole way across both nodes (${round + 1})`, async (t) => {
      turn = round // begin elsewhere each time
      const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }))
      const registration = await oauth.dynamicClientRegistrationRequest(
        as,
        { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' },
        options,
      )
      const client = await oauth.processDynamicClientRegistrationResponse(registration)
      const verifier = oauth.generateRandomCodeVerifier()
      const url = new URL(as.authorization_endpoint!)
      url.search = new URLSearchParams({
        client_id: client.client_id,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        scope: 'openid offline_access',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }).toString()
      const arrival = await createPerson(ISSUER, roundRobin).authorize(url, ADMIN)
      const parameters = oauth.validateAuthResponse(as, client, arrival, oauth.expectNoState)
      const exchange = () => oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT_URI, verifier, options)
      const tokens = await oauth.processAuthorizationCodeResponse(as, client, await exchange())
      const refresh = (token: string) => oauth.refreshTokenGrantRequest(as, client, oauth.None(), token, options)
      const refreshed = await oauth.processRefreshTokenResponse(as, client, await refresh(tokens.refresh_token!))

      const ask = (send: typeof fetch) => send(as.userinfo_endpoint!, { headers: { authorization: `Bearer ${refreshed.access_token}` } })
      t.strictSame(await Promise.all(sends.map(async (send) => (await ask(send)).status)), [200, 200])
      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.None(), refreshed.refresh_token!, options))
      t.strictSame(await Promise.all(sends.map(async (send) => (await ask(send)).status)), [401, 401], 'revoked on one, dead on both')
      t.equal((await refresh(refreshed.refresh_token!)).status, 400)
      t.equal((await exchange()).status, 400, 'the code was used on the other node')
    })
  }

  t.test(
    'a database that is gone is 503 with Retry-After on both, and needs no restart',
    { skip: server.own === undefined && 'not our server' },
    async (t) => {
      await server.own!.stop()
      const form = {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=refresh_token&refresh_token=a&client_id=b',
      }
      for (const send of sends) {
        const response = await send(`${ISSUER}/token`, form)
        t.equal(response.status, 503)
        t.ok(response.headers.get('retry-after'))
        t.match(await response.json(), { error: 'temporarily_unavailable' })
        t.equal((await send(`${ISSUER}/readyz`)).status, 503)
        t.equal((await send(`${ISSUER}/healthz`)).status, 200)
      }
      await server.own!.start()
      for (const send of sends) {
        const until = performance.now() + 5000
        while ((await send(`${ISSUER}/readyz`)).status !== 200 && performance.now() < until)
          await new Promise((resolve) => setTimeout(resolve, 50))
        t.equal((await send(`${ISSUER}/token`, form)).status, 401, 'an unknown client, as ever')
      }
    },
  )
})
