import * as client from 'openid-client'
import t from 'tap'
import { listen } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import { FULL_PROFILE } from '#test/support/records.ts'

const CALLBACK = 'https://client.example/callback'
const insecure = { execute: [client.allowInsecureRequests] }

t.test('openid-client, as relying parties use it', async (t) => {
  const { issuer, storage, clock } = await listen(t)
  const { id } = (await storage.users.findAdministrator())!
  await storage.users.update({ id, username: 'admin', profile: FULL_PROFILE, email: 'helen@example.com', emailVerified: true }, clock.now)
  const register = (metadata: Partial<client.ClientMetadata>, authentication?: client.ClientAuth) =>
    client.dynamicClientRegistration(new URL(issuer), { redirect_uris: [CALLBACK], ...metadata }, authentication, insecure)

  t.test('a confidential client without PKCE, as certification sends it, gets signed UserInfo and the claims that it names', async (t) => {
    const config = await register({
      userinfo_signed_response_alg: 'PS256',
      id_token_signed_response_alg: 'ES256',
      token_endpoint_auth_method: 'client_secret_basic',
    })
    t.match(config.serverMetadata(), { claims_parameter_supported: true, claim_types_supported: ['normal'] })
    client.enableNonRepudiationChecks(config) // verifies every signature by the published keys, UserInfo's, too
    const [state, nonce] = [client.randomState(), client.randomNonce()]
    const claims = JSON.stringify({
      id_token: { nickname: { essential: true }, zoneinfo: { value: 'Asia/Seoul' } },
      userinfo: { phone_number: null },
    })
    const parameters = {
      redirect_uri: CALLBACK,
      scope: 'openid email address',
      state,
      nonce,
      claims,
      display: 'popup',
      ui_locales: 'ko',
      claims_locales: 'ko',
      max_age: '3600',
    }
    const arrived = await createPerson(issuer).authorize(client.buildAuthorizationUrl(config, parameters))
    const tokens = await client.authorizationCodeGrant(config, arrived, {
      expectedState: state,
      expectedNonce: nonce,
      maxAge: 3600,
      idTokenExpected: true,
    })
    t.match(tokens.claims(), { sub: id, nonce, nickname: 'Nell', zoneinfo: 'Asia/Seoul', at_hash: /^[\w-]{22}$/ })
    t.strictSame(await client.fetchUserInfo(config, tokens.access_token, id), {
      iss: issuer,
      aud: config.clientMetadata().client_id,
      sub: id,
      email: 'helen@example.com',
      email_verified: true,
      address: {
        formatted: '1 Main Street, Seoul',
        street_address: '1 Main Street',
        locality: 'Seoul',
        region: 'Seoul',
        postal_code: '04524',
        country: 'KR',
      },
      phone_number: '+8221234567',
    })
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token!)
    t.match(refreshed.claims(), { sub: id, nickname: 'Nell', auth_time: tokens.claims()!.auth_time })
  })

  t.test('a client that needs an acr that is not there is told so', async (t) => {
    const config = await register({ token_endpoint_auth_method: 'client_secret_post' })
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ['urn:mace:incommon:iap:gold'] } } })
    const answer = await createPerson(issuer).authorize(
      client.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, scope: 'openid', claims }),
    )
    await t.rejects(client.authorizationCodeGrant(config, answer), {
      name: 'AuthorizationResponseError',
      error: 'unmet_authentication_requirements',
    })
  })

  t.test('a pairwise client reads its own sub in the id_token, in UserInfo, and may ask for it', async (t) => {
    const config = await register(
      { subject_type: 'pairwise', userinfo_signed_response_alg: 'RS256', token_endpoint_auth_method: 'none' },
      client.None(),
    )
    const person = createPerson(issuer)
    async function logIn(more: Record<string, string> = {}) {
      const pkceCodeVerifier = client.randomPKCECodeVerifier()
      const pkce = { code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier), code_challenge_method: 'S256' }
      const arrived = await person.authorize(
        client.buildAuthorizationUrl(config, { redirect_uri: CALLBACK, scope: 'openid', ...pkce, ...more }),
      )
      return client.authorizationCodeGrant(config, arrived, { pkceCodeVerifier, idTokenExpected: true })
    }
    const tokens = await logIn()
    const { sub } = tokens.claims()!
    t.not(sub, id)
    t.equal((await client.fetchUserInfo(config, tokens.access_token, sub)).sub, sub)
    const again = await logIn({ prompt: 'none', claims: JSON.stringify({ id_token: { sub: { value: sub } } }) })
    t.equal(again.claims()!.sub, sub)
    await t.rejects(logIn({ prompt: 'none', claims: JSON.stringify({ id_token: { sub: { value: id } } }) }), {
      name: 'AuthorizationResponseError',
      error: 'login_required',
    })
  })
})
