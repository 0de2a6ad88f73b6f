import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import type { Registered } from '#test/support/conversation.ts'
import { createDeviceConversation } from '#test/support/clients/devices.ts'
import { textOf } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { injectFetch } from '#test/support/app.ts'

const conversation = await createDeviceConversation(t)
const { app, ask, clock, config, decide, enter, openForm, outcome, poll, register, send, userinfo } = conversation

//= https://www.rfc-editor.org/rfc/rfc8628#section-3.2
//# The response holds device_code, user_code, verification_uri and expires_in, as JSON with 200.
//= https://www.rfc-editor.org/rfc/rfc8628#section-3.1
//# The client initiates the authorization flow by requesting a set of verification codes from the authorization server by making an HTTP "POST" request to the device authorization endpoint.
t.test('a device finds the endpoint and gets its codes', async (t) => {
  const metadata = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, string>>()
  t.equal(metadata['device_authorization_endpoint'], `${config.issuer}/device_authorization`)
  const response = await send('/device_authorization', { scope: 'openid' })
  t.equal(response.statusCode, 200)
  t.match(response.json(), {
    device_code: /^[\w-]{65}$/,
    user_code: /^[B-Z]{4}-[B-Z]{4}$/,
    verification_uri: `${config.issuer}/device`,
    verification_uri_complete: /\/device\?user_code=[B-Z]{4}-[B-Z]{4}$/,
    expires_in: 600,
    interval: 5,
  })
  t.match(response.headers, { 'cache-control': 'no-store', 'content-type': /^application\/json/ })
  t.equal((await app.inject('/device_authorization')).statusCode, 405)
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-3.1
//# The client authentication requirements of Section 3.2.1 of [RFC6749] apply to requests on this endpoint, which means that confidential clients (those that have established client credentials) authenticate in the same manner as when making requests to the token endpoint, and public clients provide the "client_id" parameter to identify themselves.
t.test('a device authenticates as at the token endpoint', async (t) => {
  const confidential = (
    await register({
      redirect_uris: ['https://client.example/callback'],
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
      token_endpoint_auth_method: 'client_secret_basic',
    })
  ).json<Registered>()
  t.match(await ask({}, confidential), { device_code: /./ })
  for (const wrong of [
    { ...confidential, client_secret: 'wrong' },
    { client_id: confidential.client_id },
    { client_id: 'client_unknown' },
  ]) {
    t.equal((await send('/device_authorization', {}, wrong)).statusCode, 401)
  }
  const other = (
    await register({ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none' })
  ).json<Registered>()
  t.match((await send('/device_authorization', {}, other)).json(), { error: 'unauthorized_client' })
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-3.1
//# Parameters sent without a value MUST be treated as if they were omitted from the request. The authorization server MUST ignore unrecognized request parameters. Request and response parameters MUST NOT be included more than once.
t.test('empty and unknown parameters are nothing, repeated ones are refused', async (t) => {
  t.match(await ask({ scope: '', resource: '', unknown: ['a', 'b'] }), { device_code: /./ })
  t.match(await ask({ scope: ['openid', 'email'] }), { error: 'invalid_request' })
  t.match(await ask({ resource: 'no URI' }), { error: 'invalid_target' })
})

t.test('a device waits, a person allows it, and it gets tokens for that person', async (t) => {
  const asked = await ask({ scope: 'openid offline_access', resource: 'https://mcp.example.com/mcp' })
  t.match(await outcome(asked), { error: 'authorization_pending' })
  t.match(textOf((await decide('allow', asked.user_code)).html), /The device is connected/)
  const tokens = await outcome(asked)
  t.match(tokens, { token_type: 'Bearer', scope: 'openid offline_access', refresh_token: /./, id_token: /./ })
  t.match((await userinfo(tokens.access_token)).json(), { sub: /./ })
  t.equal((await conversation.refresh(tokens.refresh_token)).statusCode, 200)
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-3.5
//# Where the person denied the request the answer is access_denied, where the device code is over expired_token.
//= https://www.rfc-editor.org/rfc/rfc8628#section-3.5
//# The authorization request is still pending as the end user hasn't yet completed the user-interaction steps
//= https://www.rfc-editor.org/rfc/rfc8628#section-3.5
//# A variant of "authorization_pending", the authorization request is still pending and polling should continue, but the interval MUST be increased by 5 seconds for this and all subsequent requests.
t.test('each state has its own answer: pending, too soon, denied, expired', async (t) => {
  const denied = await ask()
  await decide('deny', denied.user_code)
  t.match([(await poll(denied)).statusCode, await outcome(denied)], [400, { error: 'access_denied' }])

  const waiting = await ask()
  t.match(await outcome(waiting), { error: 'authorization_pending' })
  clock.now -= 4500
  t.match(await outcome(waiting), { error: 'slow_down' })
  t.match(await outcome(waiting), { error: 'slow_down' }, 'five seconds are not enough any more')
  clock.now += 600_000
  t.match(await outcome(waiting), { error: 'expired_token' })
  t.match(textOf((await enter(waiting.user_code)).html), /No device waits with this code/)

  const late = await ask()
  await decide('allow', late.user_code)
  clock.now += 600_000
  t.match(await outcome(late), { error: 'expired_token' }, 'allowed, and not fetched')
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-3.4
//# REQUIRED if the client is not authenticating with the authorization server as described in Section 3.2.1.
t.test('another client gets nothing for a device code, which it does not spoil', async (t) => {
  const other = (
    await register({
      redirect_uris: ['https://client.example/callback'],
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
    })
  ).json<Registered>()
  const asked = await ask()
  t.match(await outcome(asked, {}, other), { error: 'invalid_grant' })
  await decide('allow', asked.user_code)
  t.match(await outcome(asked, {}, other), { error: 'invalid_grant' })
  t.match(await outcome(asked, { resource: 'https://never.example' }), { error: 'invalid_target' })
  t.match(await outcome(asked), { access_token: /./ })
  t.match(await outcome({ ...asked, device_code: 'unknown' }), { error: 'invalid_grant' })
  t.match(await outcome({ ...asked, device_code: '' }), { error: 'invalid_request' })
})

t.test('a device code brings tokens once; used again, all of them die (T7), and it is no authorization code', async (t) => {
  const asked = await ask({ scope: 'openid' })
  await decide('allow', asked.user_code)
  t.match((await conversation.exchange(asked.device_code, { redirect_uri: undefined, code_verifier: undefined })).json(), {
    error: 'invalid_grant',
  })
  const tokens = await outcome(asked)
  t.match(await outcome(asked), { error: 'invalid_grant' })
  t.equal((await userinfo(tokens.access_token)).statusCode, 401)
  t.match((await conversation.refresh(tokens.refresh_token)).json(), { error: 'invalid_grant' })
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-3.3.1
//# The server SHOULD display the "user_code" to the user and ask them to verify that it matches the "user_code" being displayed on the device to confirm they are authorizing the correct device.
t.test('an address that holds the code decides nothing: the person confirms the code, and then the request', async (t) => {
  const asked = await ask()
  const somebody = createPerson(config.issuer, injectFetch(app))
  const page = await openForm(somebody, asked.verification_uri_complete.slice(config.issuer.length))
  t.match(page.html, `value="${asked.user_code}"`)
  t.match(await outcome(asked), { error: 'authorization_pending' })
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-5.4
//# it is RECOMMENDED to inform the user that they are authorizing a device during the user-interaction step (see Section 3.3) and to confirm that the device is in their possession.
t.test('a person reads who asks, for what, that a device does, and which code it must show', async (t) => {
  const asked = await ask({ scope: 'openid email', resource: 'https://mcp.example.com/mcp' })
  const text = textOf((await enter(asked.user_code.toLowerCase().replace('-', ' '))).html)
  for (const part of [
    'Observatory TV',
    'See your email address',
    'https://mcp.example.com/mcp',
    'A device elsewhere is asking',
    asked.user_code,
    'If somebody sent you the code, deny',
  ])
    t.match(text, part)
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-5.2
//# As the device code is not displayed to the user and thus there are no usability considerations on the length, a very high entropy code SHOULD be used.
t.test('a device code has 256 random bits, and neither code is kept as it is', async (t) => {
  const asked = await ask()
  t.equal(Buffer.from(asked.device_code.slice(-43), 'base64url').length, 32)
  t.equal(await conversation.storage.deviceAuthorizations.find(asked.device_code), undefined)
  for (const code of [asked.user_code, asked.user_code.replace('-', '')]) {
    for (const kept of [code, sha256(code)])
      t.equal(await conversation.storage.deviceAuthorizations.findWaiting(kept, clock.now), undefined)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-6.1
//# When processing the inputted user code, the server should strip dashes and other punctuation that it added for readability (making the inclusion of such punctuation by the user optional).
//= https://www.rfc-editor.org/rfc/rfc8628#section-6.1
//# the user's input should be uppercased before a comparison is made to account for the fact that the user may input the equivalent lowercase characters.
t.test('a person types the code in any case, with the dash or without', async (t) => {
  for (const typed of [
    (code: string) => code,
    (code: string) => code.toLowerCase(),
    (code: string) => code.replace('-', ''),
    (code: string) => ` ${code.replace('-', ' ').toLowerCase()} `,
  ]) {
    const asked = await ask()
    t.match(textOf((await enter(typed(asked.user_code))).html), asked.user_code)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8628#section-5.1
//# It is therefore recommended that the server rate-limit user code attempts.
t.test('who guesses codes is stopped, before one is worth a try', async (t) => {
  const asked = await ask()
  const guess = (index: number) => `BBBB-${[...index.toString().padStart(4, '0')].map((digit) => 'BCDFGHJKLM'[Number(digit)]).join('')}`
  let page = ''
  for (let index = 0; index < 60 && !/Too many/.test(page); index++) page = textOf((await enter(guess(index))).html)
  t.match(page, /Too many/)
  t.match(textOf((await enter(asked.user_code)).html), /Too many/, 'the right one, too')
})
