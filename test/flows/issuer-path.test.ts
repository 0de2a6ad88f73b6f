/** An issuer with a path: its metadata is where every generation of clients looks, and the whole way leads below the path. */
import { buildDiscoveryUrls, discoverAuthorizationServerMetadata as discover2 } from '@modelcontextprotocol/client'
import { discoverAuthorizationServerMetadata as discover1 } from '@modelcontextprotocol/sdk/client/auth.js'
import { createLocalJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import t from 'tap'
import { PATHS, WELL_KNOWN } from '#src/schemas/paths.ts'
import { createApp, injectFetch } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'

const ISSUER = 'https://auth.example.com/planets/earth'
const REDIRECT_URI = 'https://client.example/callback'
const RESOURCE = 'https://mcp.example.com/mcp'

/** The default password is refused where anybody could reach the server. */
const env = { ISSUER, ADMIN_PASSWORD: 'a passphrase of the tests' }
const login = { username: 'admin', password: env.ADMIN_PASSWORD }

for (const algorithm of ['oauth2', 'oidc'] as const) {
  t.test(`a client that discovers by ${algorithm} goes the whole way below the path`, async (t) => {
    const { app } = await createApp(t, env)
    const send = injectFetch(app)
    const options = { [oauth.customFetch]: send as (url: string, init: object) => Promise<Response> }
    const url = new URL(ISSUER)
    const as = await oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, { algorithm, ...options }))
    const metadata = { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' }
    const registered = await oauth.dynamicClientRegistrationRequest(as, metadata, options)
    const client = await oauth.processDynamicClientRegistrationResponse(registered)

    const verifier = oauth.generateRandomCodeVerifier()
    const authorization = new URL(as.authorization_endpoint!)
    t.equal(authorization.href, `${ISSUER}/authorize`)
    authorization.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'openid offline_access',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: 'orbit',
      resource: RESOURCE,
    }).toString()
    const person = createPerson(ISSUER, send)
    const parameters = oauth.validateAuthResponse(as, client, await person.authorize(authorization, login), 'orbit')
    t.ok(
      [...person.cookies.keys()].every((name) => name.startsWith('__Host-')),
      'cookies are of this host alone, over TLS',
    )

    const exchanged = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT_URI, verifier, options)
    const tokens = await oauth.processAuthorizationCodeResponse(as, client, exchanged, { requireIdToken: true })
    t.equal(oauth.getValidatedIdTokenClaims(tokens)!.iss, ISSUER)
    const refreshed = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), tokens.refresh_token!, options)
    const { access_token: token } = await oauth.processRefreshTokenResponse(as, client, refreshed)

    const jwks = createLocalJWKSet((await (await send(as.jwks_uri!)).json()) as Parameters<typeof createLocalJWKSet>[0])
    const { payload } = await jwtVerify(token, jwks, { issuer: ISSUER, audience: RESOURCE, typ: 'at+jwt' })
    const info = await oauth.userInfoRequest(as, client, token, options)
    t.equal((await oauth.processUserInfoResponse(as, client, payload.sub!, info)).sub, payload.sub)
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.None(), token, options))
    t.equal((await oauth.userInfoRequest(as, client, token, options)).status, 401)
  })
}

for (const [release, discover] of [
  ['1', discover1],
  ['2', discover2],
] as const) {
  t.test(`the SDK ${release} finds the metadata at each address that it tries, with and without a slash behind the issuer`, async (t) => {
    const { app } = await createApp(t, env)
    const send = injectFetch(app)
    const addresses = buildDiscoveryUrls(ISSUER).map(({ url }) => url.href)
    t.strictSame(addresses, [
      'https://auth.example.com/.well-known/oauth-authorization-server/planets/earth',
      'https://auth.example.com/.well-known/openid-configuration/planets/earth',
      'https://auth.example.com/planets/earth/.well-known/openid-configuration',
    ])
    for (let missing = 0; missing < addresses.length; missing++) {
      const asked: string[] = []
      // What a proxy in front doesn't pass on is a 404 to the client.
      const fetchFn: typeof fetch = async (input, init) => {
        asked.push(String(input))
        return addresses.indexOf(String(input)) < missing ? new Response('{}', { status: 404 }) : send(String(input), init)
      }
      for (const issuer of [ISSUER, `${ISSUER}/`]) {
        asked.length = 0
        t.equal((await discover(issuer, { fetchFn }))?.issuer, ISSUER)
        t.strictSame(asked, addresses.slice(0, missing + 1))
      }
    }
  })
}

t.test('a client that looks for another issuer of the host gets a JSON 404, which sends it on', async (t) => {
  const { app } = await createApp(t, env)
  const { oauth: rfc8414, openid } = WELL_KNOWN
  for (const url of [rfc8414, openid, `${rfc8414}/planets`, `${openid}/planets/mars`, '/.well-known/oauth-protected-resource']) {
    const response = await app.inject({ url, headers: { 'mcp-protocol-version': '2025-11-25' } })
    t.equal(response.statusCode, 404, url)
    t.match(response.headers['content-type'], /^application\/json/)
    t.match(response.json(), { error: 'invalid_request' })
    t.equal(response.headers['access-control-allow-origin'], '*')
  }
})

t.test('a client that leaves the path out reaches nothing', async (t) => {
  const { app } = await createApp(t, env)
  const atTheRoot: readonly string[] = [PATHS.home, PATHS.alive, PATHS.ready]
  for (const path of Object.values(PATHS).filter((path) => !atTheRoot.includes(path))) {
    for (const method of ['GET', 'POST'] as const) t.equal((await app.inject({ method, url: path })).statusCode, 404, `${method} ${path}`)
  }
})
