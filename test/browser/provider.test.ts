// `oidc-provider` from npm as identity provider, in Chromium: from a client as ChatGPT is to a token, and asked again afterwards.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'
import t from 'tap'
import type { Test } from 'tap'
import { listen } from '#test/support/app.ts'
import { authorizeUrl, registerClient, VERIFIER } from '#test/support/authorization.ts'
import { allow, launch, openTab, withoutChromium } from '#test/support/processes/chromium.ts'
import { startClientSite } from '#test/support/clients/client-site.ts'

const CHATGPT = 'https://chatgpt.com/connector_platform_oauth_redirect'
const CLIENT = { client_id: 'solar', client_secret: 'a secret of the provider' }

/** It logs everybody in as Helen, after a press of a button; its client is added once its redirect URI is known. */
async function startProvider(t: Test) {
  const server = createServer()
  server.listen(0, 'localhost')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const serve = async (redirectUri: string) => {
    const provider = new Provider(issuer, {
      clients: [{ ...CLIENT, redirect_uris: [redirectUri], grant_types: ['authorization_code', 'refresh_token'] }],
      cookies: { keys: ['a secret of tests'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      features: { devInteractions: { enabled: false } },
      pkce: { required: () => true },
      issueRefreshToken: () => true,
      findAccount: (_context: unknown, sub: string) => ({
        accountId: sub,
        claims: async () => ({ sub, name: 'Helen K', email: 'helen@acme.example', email_verified: true }),
      }),
    })
    const answer = provider.callback()
    async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const { params } = await provider.interactionDetails(request, response)
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'text/html' })
        return void response.end(
          '<!doctype html><link rel="icon" href="data:,"><form method="post"><button>Log in as Helen</button></form>',
        )
      }
      const grant = new provider.Grant({ accountId: 'helen', clientId: params['client_id']! })
      grant.addOIDCScope('openid profile email offline_access')
      await provider.interactionFinished(request, response, { login: { accountId: 'helen' }, consent: { grantId: await grant.save() } })
    }
    server.on(
      'request',
      (request, response) => void (request.url!.startsWith('/interaction/') ? interact(request, response) : answer(request, response)),
    )
  }
  return { issuer, serve }
}

t.test('a person in Chromium', { skip: withoutChromium }, async (t) => {
  const home = await startProvider(t)
  const env = { OIDC_ISSUER: home.issuer, OIDC_CLIENT_ID: CLIENT.client_id, OIDC_CLIENT_SECRET: CLIENT.client_secret, OIDC_NAME: 'Acme' }
  const made = await listen(t, { ...env, ADMIT: '@acme.example' })
  const { issuer, app, clock, storage } = made
  await home.serve(`${issuer}/login/acme/callback`)
  const site = await startClientSite(t, 'chatgpt.com')
  const browser = await launch(t, { 'chatgpt.com': `127.0.0.1:${site.port}` })

  await t.test('comes from ChatGPT by the provider to a token', async (t) => {
    const clientId = await registerClient(fetch, issuer, {
      client_name: 'ChatGPT',
      redirect_uris: [CHATGPT],
      grant_types: ['authorization_code', 'refresh_token'],
    })
    const { page, complaints } = await openTab(browser)
    await page.goto(authorizeUrl(issuer, clientId, { redirect_uri: CHATGPT, scope: 'openid offline_access' }))
    await page.getByRole('button', { name: 'Continue with Acme' }).click()
    await page.getByRole('button', { name: 'Log in as Helen' }).click()
    await page.getByText('ChatGPT', { exact: true }).first().waitFor()
    await allow(page)
    await page.waitForURL(`${CHATGPT}?**`)
    const code = new URL(page.url()).searchParams.get('code')!
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: CHATGPT,
        client_id: clientId,
        code_verifier: VERIFIER,
      }),
    })
    t.equal(response.status, 200)
    t.match(await response.json(), { access_token: String, refresh_token: String, expires_in: 600 })
    t.strictSame(complaints, [])
    const [user] = await storage.users.findByEmail('helen@acme.example')
    t.match(user, { origin: 'provider', profile: { name: 'Helen K' } })
    clock.now += 10 * 60_000
    await app.checkIdentities()
    t.ok((await storage.identities.listOf(user!.id))[0]!.lastCheckedAt >= clock.now - 60_000, 'the provider was asked again')
    t.equal((await storage.users.find(user!.id))!.disabledAt, undefined)
  })
})
