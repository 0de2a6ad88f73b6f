/** What waited for somebody when the story ended, and what counts only once. */
import { decodeJwt } from 'jose'
import type { Check } from '#test/upgrade/installation.ts'
import { VERIFIER, issuedBy } from '#test/upgrade/requests.ts'
import { decide, pollAsDevice } from '#test/upgrade/story/waiting.ts'

export const checkWaiting: Check = async (t, installation) => {
  const { facts, helen, client, exchange, refresh, send, person, issuer, proofOf } = installation
  const { waiting } = facts
  const [app, web, signer] = [client('app'), client('web'), client('signer')]

  await t.test('codes are exchanged as they were asked for, and once', async (t) => {
    t.equal((await exchange(app, waiting.code, { redirect_uri: 'https://elsewhere.example/' })).statusCode, 400, 'by another redirect URI')
    t.equal((await exchange(app, waiting.code, { code_verifier: `${VERIFIER}!` })).statusCode, 400, 'by another verifier')
    t.equal(decodeJwt(issuedBy(await exchange(app, waiting.code)).id_token)['nonce'], 'a nonce')
    t.match(issuedBy(await exchange(app, waiting.codeWithoutRedirect, { redirect_uri: undefined })), { refresh_token: /./ })
    t.match(issuedBy(await exchange(app, waiting.plainCode)), { access_token: /./ })
    t.equal((await exchange(app, waiting.plainCode)).statusCode, 400)
    t.equal((await exchange(app, waiting.boundCode)).statusCode, 400, 'without its key')
    const dpop = await proofOf(waiting.boundKey, '/token')
    t.match(issuedBy(await exchange(app, waiting.boundCode, {}, { dpop })), { token_type: 'DPoP' })
    t.equal((await exchange(app, waiting.expiredCode)).statusCode, 400)
  })

  await t.test('a code that was used kills what came of it', async (t) => {
    const { code, refreshToken } = waiting.usedCode
    t.equal((await exchange(app, code)).statusCode, 400)
    t.equal((await refresh(app, refreshToken)).statusCode, 400)
  })

  await t.test('devices hear what was decided', async (t) => {
    const { devices } = waiting
    const outcome = async (device: typeof devices.waiting) => (await pollAsDevice(installation, app, device)).json<{ error?: string }>()
    t.match(await outcome(devices.waiting), { error: 'authorization_pending' })
    t.match(await outcome(devices.allowed), { access_token: /./ })
    t.match(await outcome(devices.denied), { error: 'access_denied' })
    t.match(await outcome(devices.expired), { error: 'expired_token' })
    t.match(await outcome(devices.redeemed), { error: 'invalid_grant' })
    await decide({ ...installation, browserOf: () => person(facts.browsers.loggedIn) }, devices.waiting, 'allow', helen)
    t.match(await outcome(devices.waiting), { access_token: /./ })
  })

  await t.test('a request that was pushed leads on, and once', async (t) => {
    const browser = person(facts.browsers.loggedIn)
    const addressOf = (requestUri: string) => `${issuer}/authorize?client_id=${web.id}&request_uri=${requestUri}`
    const code = (await browser.authorize(addressOf(waiting.pushed.waiting))).searchParams.get('code')!
    t.match(issuedBy(await exchange(web, code)), { access_token: /./ })
    // Earlier versions forgot a request that was used, and with it where to send the error.
    const { page, away } = await browser.open(addressOf(waiting.pushed.used))
    t.equal(away?.searchParams.get('error') ?? page?.status, away === undefined ? 400 : 'invalid_request_uri')
    t.notOk(away?.searchParams.has('code'))
  })

  await t.test('a proof that was used is remembered', async (t) => {
    const assertion = {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: waiting.usedAssertion,
    }
    t.equal((await installation.post('/introspect', { token: 'any', ...assertion })).statusCode, 401)
    t.equal((await send(signer, '/introspect', { token: 'any' })).statusCode, 200)
    const { bound } = facts.grants
    t.match((await refresh(app, bound.refreshToken, { dpop: waiting.usedProof })).json(), { error: 'invalid_dpop_proof' })
  })
}
