import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import t from 'tap'
import { listen } from '#test/support/app.ts'
import { pageOf } from '#test/support/authorization.ts'
import { receiveLogouts } from '#test/support/clients/logout-receiver.ts'
import { createPerson } from '#test/support/people/person.ts'

const CALLBACK = 'https://client.example/callback'
const BYE = 'https://client.example/bye'

t.test('openid-client: registers, logs a person in, logs the person out, and is told so', async (t) => {
  const receiver = await receiveLogouts(t)
  const { issuer } = await listen(t, {}, { safeFetch: receiver })
  const config = await client.dynamicClientRegistration(
    new URL(issuer),
    {
      redirect_uris: [CALLBACK],
      post_logout_redirect_uris: [BYE],
      backchannel_logout_uri: receiver.uri,
      backchannel_logout_session_required: true,
    },
    undefined,
    { execute: [client.allowInsecureRequests] },
  )
  t.match(config.serverMetadata(), {
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    end_session_endpoint: `${issuer}/logout`,
  })

  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const person = createPerson(issuer)
  const parameters = {
    redirect_uri: CALLBACK,
    scope: 'openid',
    max_age: '3600',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  }
  const arrived = await person.authorize(client.buildAuthorizationUrl(config, parameters))
  const tokens = await client.authorizationCodeGrant(config, arrived, { pkceCodeVerifier, idTokenExpected: true, maxAge: 3600 })
  const { sid, sub } = tokens.claims()!

  const state = client.randomState()
  const asked = pageOf(
    await person.open(client.buildEndSessionUrl(config, { id_token_hint: tokens.id_token!, post_logout_redirect_uri: BYE, state })),
  )
  const { away } = await person.submit(asked, {})
  t.equal(away?.href, `${BYE}?state=${state}`)
  t.match(
    decodeJwt(receiver.received[0]?.form.get('logout_token') ?? ''),
    { aud: config.clientMetadata().client_id, sid, sub },
    'told before the person is back',
  )

  const silent = await person.open(client.buildAuthorizationUrl(config, { ...parameters, prompt: 'none', id_token_hint: tokens.id_token! }))
  t.equal(silent.away?.searchParams.get('error'), 'login_required')
  await t.rejects(client.refreshTokenGrant(config, tokens.refresh_token!), client.ResponseBodyError)
})
