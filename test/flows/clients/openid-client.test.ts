/** openid-client, as an application would use it: every grant that a person takes part in, by each way to come back and to authenticate. */
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import t from 'tap'
import { listen } from '#test/support/app.ts'
import { pageOf } from '#test/support/authorization.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'

const CALLBACK = 'https://client.example/callback'
const RESOURCES = ['https://planets.example/mcp', 'https://comets.example/mcp']
const { issuer } = await listen(t)
const person = createPerson(issuer)
const insecure = { execute: [client.allowInsecureRequests] }

async function register(metadata: Partial<client.ClientMetadata> = {}, auth?: client.ClientAuth) {
  return client.dynamicClientRegistration(new URL(issuer), { redirect_uris: [CALLBACK], ...metadata }, auth, insecure)
}

/** Sends the person, and returns what `authorizationCodeGrant` needs to go on. */
async function authorize(config: client.Configuration, parameters: Record<string, string> | URLSearchParams = {}) {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  }
  const url = client.buildAuthorizationUrl(config, parameters)
  const more = {
    redirect_uri: CALLBACK,
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    nonce: checks.expectedNonce,
  }
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value)
  return { url, checks }
}

/** What a grant is refused with, for `t.rejects`. */
const refusal = (error: string) => ({ error }) as unknown as Error

const keyOf = async (alg: string) => makeClientKey(`${alg} of the client`, alg)
const methods: [
  name: string,
  metadata: Partial<client.ClientMetadata>,
  auth: (config: client.Configuration) => client.ClientAuth | undefined,
][] = [
  ['none', { token_endpoint_auth_method: 'none' }, () => client.None()],
  [
    'client_secret_basic',
    { token_endpoint_auth_method: 'client_secret_basic' },
    (config) => client.ClientSecretBasic(config.clientMetadata().client_secret),
  ],
  [
    'client_secret_post',
    { token_endpoint_auth_method: 'client_secret_post' },
    (config) => client.ClientSecretPost(config.clientMetadata().client_secret),
  ],
]
for (const alg of ['ES256', 'PS256']) {
  const { jwk, kid, privateKey } = await keyOf(alg)
  methods.push([
    `private_key_jwt by ${alg}`,
    {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks: { keys: [jwk] },
    },
    () => client.PrivateKeyJwt({ key: privateKey, kid }),
  ])
}

for (const [name, metadata, authOf] of methods) {
  t.test(
    `a ${name} client: discovers, registers, gets a code, tokens and UserInfo, refreshes, looks at the token, and revokes`,
    async (t) => {
      const registered = await register(metadata)
      const config = await client.discovery(
        new URL(issuer),
        registered.clientMetadata().client_id,
        registered.clientMetadata(),
        authOf(registered),
        insecure,
      )
      const { url, checks } = await authorize(config, { scope: 'openid email offline_access' })
      const tokens = await client.authorizationCodeGrant(config, await person.authorize(url), checks)
      const { sub } = tokens.claims()!
      t.match(await client.fetchUserInfo(config, tokens.access_token, sub), { sub })

      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!)
      t.not(refreshed.refresh_token, tokens.refresh_token)
      if (name !== 'none')
        t.match(await client.tokenIntrospection(config, refreshed.access_token), {
          active: true,
          sub,
          client_id: config.clientMetadata().client_id,
        })
      await client.tokenRevocation(config, refreshed.refresh_token!)
      await t.rejects(client.refreshTokenGrant(config, refreshed.refresh_token!), refusal('invalid_grant'))
      await t.rejects(client.fetchUserInfo(config, refreshed.access_token, sub))
      if (name !== 'none') t.match(await client.tokenIntrospection(config, refreshed.access_token), { active: false })
    },
  )
}

t.test('a client that is answered by form_post reads the code out of the request', async (t) => {
  const config = await register()
  await person.authorize((await authorize(config, { scope: 'openid' })).url)
  const { url, checks } = await authorize(config, { scope: 'openid', response_mode: 'form_post' })
  const { form } = pageOf(await person.open(url))
  t.equal(form!.action, CALLBACK)
  const posted = new Request(CALLBACK, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form!.fields).toString(),
  })
  t.ok((await client.authorizationCodeGrant(config, posted, checks)).claims()!.sub)
})

t.test('a client refreshes for less: fewer scopes, one resource after the other', async (t) => {
  const config = await register()
  const parameters = new URLSearchParams({ scope: 'openid email profile offline_access' })
  for (const resource of RESOURCES) parameters.append('resource', resource)
  const { url, checks } = await authorize(config, parameters)
  const first = await client.authorizationCodeGrant(config, await person.authorize(url), checks, { resource: RESOURCES[0]! })
  const jwks = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri!))
  t.ok(await jwtVerify(first.access_token, jwks, { issuer, audience: RESOURCES[0]! }))
  const narrow = await client.refreshTokenGrant(config, first.refresh_token!, { scope: 'openid', resource: RESOURCES[1]! })
  t.equal(narrow.scope, 'openid')
  t.match((await jwtVerify(narrow.access_token, jwks, { issuer, audience: RESOURCES[1]!, typ: 'at+jwt' })).payload, { scope: 'openid' })
  const wide = await client.refreshTokenGrant(config, narrow.refresh_token!)
  t.equal(wide.scope, 'openid email profile offline_access', 'the refresh token is still for all')
  await t.rejects(client.refreshTokenGrant(config, wide.refresh_token!, { scope: 'openid phone' }), refusal('invalid_scope'))
  await t.rejects(
    client.refreshTokenGrant(config, wide.refresh_token!, { resource: 'https://elsewhere.example/mcp' }),
    refusal('invalid_target'),
  )
})

t.test('a client that gets an error gets it as one, and no answer of another server at all', async (t) => {
  const config = await register()
  const { url, checks } = await authorize(config, { scope: 'openid', prompt: 'none' })
  const answer = (await createPerson(issuer).open(url)).away!
  await t.rejects(client.authorizationCodeGrant(config, answer, checks), refusal('login_required'))
  const good = await person.authorize((await authorize(config, { scope: 'openid' })).url)
  good.searchParams.set('iss', 'https://elsewhere.example')
  await t.rejects(client.authorizationCodeGrant(config, good, { ...checks, expectedState: good.searchParams.get('state')! }), {
    code: 'OAUTH_INVALID_RESPONSE',
  })
})
