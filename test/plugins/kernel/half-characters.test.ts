/** Half a surrogate pair is no Unicode, but JSON can hold one. Wherever a stranger's JSON comes in, it is refused by name, never with a 5xx. */
import t from 'tap'
import type { Test } from 'tap'
import { isOAuthError } from '#test/support/api.ts'
import { injectFetch } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import { REQUEST, createPushing, unsigned } from '#test/support/clients/pushed.ts'
import { serveHosts } from '#test/support/network/tls-server.ts'

const HALVES = ['\ud800', 'a\udc00b', '\ude00\ud83d']
const start = (t: Test, options = {}) => createPushing(t, { metadata: { request_object_signing_alg: 'none' }, ...options })

t.test('a client that sends half a character in a request object gets an error back, with and without a session', async (t) => {
  const { claims, come, config, app, pushed } = await start(t)
  for (const half of HALVES) {
    for (const change of [
      { state: half },
      { nonce: half, prompt: 'none' },
      { state: half, prompt: 'none' },
      { login_hint: half },
      { claims: { id_token: { [half]: null } } },
      { unknown: [{ deep: half }] },
    ]) {
      const request = unsigned(claims(change))
      const answer = { error: 'invalid_request_object', state: 'xyz' }
      t.match(await come({ ...REQUEST, request }), answer, JSON.stringify(change))
      t.match(await come({ ...REQUEST, request }, createPerson(config.issuer, injectFetch(app))), answer)
      t.match(await pushed({ request }), { error: 'invalid_request_object' })
    }
  }
  t.match(await come({ request: unsigned(claims({ state: '😀 whole' })) }), { code: /./, state: '😀 whole' })
})

t.test('a client that asks for claims with half a character gets an error back', async (t) => {
  const { come } = await start(t)
  const parameters = { ...REQUEST, claims: '{"id_token":{"acr":{"value":"\\ud800"}}}' }
  t.match(await come(parameters), { error: 'invalid_request', state: 'xyz' })
})

t.test('a client that registers half a character, in whichever member, is refused; a whole one is kept', async (t) => {
  const { app, key } = await start(t)
  const register = (metadata: object) =>
    app.inject({
      method: 'POST',
      url: '/register',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({ redirect_uris: ['https://client.example/callback'], ...metadata }),
    })
  for (const half of HALVES) {
    for (const metadata of [
      { client_name: half },
      { 'client_name#ko': half },
      { software_id: half },
      { contacts: [half] },
      { jwks: { keys: [{ ...key.jwk, kid: half }] } },
      { [half]: 1 },
    ])
      isOAuthError(t, await register(metadata), 400, 'invalid_client_metadata', 'Invalid JSON in request body', JSON.stringify(metadata))
  }
  const whole = { software_id: '😀', contacts: ['💌'] }
  t.match((await register(whole)).json(), whole)
})

t.test('a client document with half a character is refused, and its developer learns why', async (t) => {
  const hosts = await serveHosts(t, ['client.example'])
  const { app } = await start(t, { safeFetch: hosts })
  const id = 'https://client.example/client.json'
  const body = `{"client_id":"${id}","redirect_uris":["https://client.example/callback"],"software_id":"\\ud800"}`
  hosts.answers.set(id, (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body))
  const response = await app.inject({ url: '/authorize', query: { client_id: id }, headers: { accept: 'application/json' } })
  t.equal(response.statusCode, 400)
  t.match(response.json(), { error: 'invalid_client', error_description: /cannot be used: it holds a text that is not Unicode$/ })
})
