/**
 * Somebody who wants a client that is held to FAPI 2.0 to be treated as any other: a network attacker with a stolen code, one who plays
 * the client to the server or the server to the client. What the client registered, or sends, takes nothing off.
 */
import { SignJWT, decodeJwt } from 'jose'
import t from 'tap'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { isOAuthError } from '#test/support/api.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import { CALLBACK } from '#test/support/conversation.ts'
import type { Tokens } from '#test/support/conversation.ts'
import { createProofKey } from '#test/support/clients/dpop.ts'
import { REQUEST, createFapi } from '#test/support/clients/fapi.ts'
import { createPerson } from '#test/support/people/person.ts'

const fapi = await createFapi(t, { env: { CODE_TTL: '10m' } })
const { addressOf, app, arrive, assert, clock, code, exchange, id, key, person, post, prove, push, refresh, requestObject, tokens } = fapi
await tokens() // the person has allowed the client: from here on, answers need no click

t.test('the same client, without PAR: an attacker who writes the request gets no code, in any form of it', async (t) => {
  const base = { client_id: id, ...REQUEST }
  const seconds = Math.floor(clock.now / 1000)
  const requests: Record<string, Record<string, string>> = {
    plain: base,
    'posted by value': { client_id: id, request: await requestObject() },
    'by reference': { ...base, request_uri: 'https://client.example/request.jwt' },
    'with a pushed one of nobody': { client_id: id, request_uri: `urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}` },
    'signed and plain': { ...base, request: await requestObject({ nbf: seconds - 10 }) },
  }
  for (const [about, parameters] of Object.entries(requests)) {
    const url = `${ISSUER}/authorize?${new URLSearchParams({ redirect_uri: CALLBACK, ...parameters }).toString()}`
    const answer = Object.fromEntries((await person.authorize(url)).searchParams)
    t.match(answer, { error: /^invalid_request/ }, about)
    t.notOk('code' in answer, about)
  }
})

t.test('parameters beside a pushed request count for nothing: not another mode, not another receiver', async (t) => {
  const { request_uri } = (await push({ response_mode: 'jwt' })).json<{ request_uri: string }>()
  const url = `${addressOf(request_uri)}&response_mode=query&redirect_uri=https%3A%2F%2Fevil.example%2F&state=evil`
  const arrival = await person.authorize(url)
  t.equal(arrival.origin + arrival.pathname, CALLBACK)
  t.strictSame([...arrival.searchParams.keys()], ['response'], 'still signed')
  t.match(decodeJwt(arrival.searchParams.get('response')!), { aud: id, iss: ISSUER, state: 'xyz' })
})

t.test('a stolen code is worth nothing: without the key, without the proof, after a minute', async (t) => {
  const thief = await createProofKey(() => clock.now)
  const stolen = await code()
  isOAuthError(t, await exchange(stolen, { proof: undefined }), 400, 'invalid_dpop_proof')
  isOAuthError(t, await exchange(stolen, { proof: await prove('/token', thief) }), 400, 'invalid_grant', /another key/)
  isOAuthError(t, await exchange(stolen, { assertion: undefined }), 401, 'invalid_client')
  const evil = await makeClientKey('own', 'ES256')
  isOAuthError(t, await exchange(stolen, { assertion: await assert({}, {}, evil) }), 401, 'invalid_client')
  t.equal((await exchange(stolen)).statusCode, 200, 'the client itself still can')
  const late = await code()
  clock.now += 60_000
  isOAuthError(t, await exchange(late), 400, 'invalid_grant', /expired/)
  const replayed = await code()
  const { refresh_token } = (await exchange(replayed)).json<Tokens>()
  clock.now += 61_000
  isOAuthError(t, await exchange(replayed), 400, 'invalid_grant', /already used/)
  isOAuthError(t, await refresh(refresh_token), 400, 'invalid_grant', undefined, 'a replay still ends the family')
})

t.test('a stolen refresh token is worth nothing without the key of the client, and its owner goes on', async (t) => {
  const { refresh_token } = await tokens()
  const evil = await makeClientKey('own', 'ES256')
  for (const how of [{ assertion: undefined }, { assertion: await assert({}, {}, evil) }])
    isOAuthError(t, await refresh(refresh_token, how), 401, 'invalid_client')
  isOAuthError(t, await refresh(refresh_token, { proof: undefined }), 400, 'invalid_dpop_proof')
  t.equal((await refresh(refresh_token)).statusCode, 200)
})

t.test('an assertion that a malicious server got, made for its own address, is of no use here', async (t) => {
  for (const aud of [
    'https://evil.example',
    [ISSUER, 'https://evil.example'],
    [ISSUER],
    `${ISSUER}/token`,
    `${ISSUER}/par`,
    `${ISSUER}/introspect`,
  ])
    isOAuthError(t, await refresh('x', { assertion: await assert({ aud }) }), 401, 'invalid_client', undefined, JSON.stringify(aud))
})

t.test('a token bound to no key is not to be had by any other grant or endpoint either', async (t) => {
  const machine = await fapi.add({ grant_types: ['client_credentials'], redirect_uris: [] })
  const own = { iss: machine, sub: machine }
  const ask = async (proof?: string) =>
    post('/token', { grant_type: 'client_credentials', client_id: machine }, { assertion: await assert(own), proof })
  isOAuthError(t, await ask(), 400, 'invalid_dpop_proof')
  t.match((await ask(await prove('/token'))).json(), { token_type: 'DPoP' })
})

t.test("a JARM answer of another client, or of another server, does not pass for this client's", async (t) => {
  const arrival = await arrive({ response_mode: 'jwt' })
  const claims = decodeJwt(arrival.searchParams.get('response')!)
  t.equal(claims['aud'], id, 'an honest client of another id compares this')
  const forged = await new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', kid: key.kid }).sign(key.privateKey)
  isOAuthError(t, await push({ id_token_hint: forged }), 400, 'invalid_request', /id_token_hint/)
  const stranger = createPerson(ISSUER, injectFetch(app))
  t.notOk((await stranger.open(addressOf('urn:ietf:params:oauth:request_uri:x'))).away, 'nobody is led away by what no client pushed')
})
