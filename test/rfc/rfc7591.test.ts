import t from 'tap'
import { CALLBACK, createConversation } from '../support/conversation.ts'

const { app, register, post } = await createConversation(t)

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# Additionally, the authorization server MUST return all registered metadata about this client, including any fields provisioned by the authorization server itself.
t.test('a client is told all that was registered, and what was made for it', async (t) => {
  const response = await register({ client_name: 'Client', 'client_name#ko': '클라이언트', redirect_uris: [CALLBACK], scope: 'openid mcp:tools' })
  t.match([response.statusCode, response.headers['content-type']], [201, /^application\/json/])
  const body = response.json<Record<string, unknown>>()
  t.match(body, {
    client_id: /^client_[\w-]{22}$/,
    client_secret: /^[\w-]{43}$/,
    client_secret_expires_at: 0,
    client_name: 'Client',
    'client_name#ko': '클라이언트',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'openid mcp:tools',
  })
  t.ok(Number.isSafeInteger(body['client_id_issued_at']))
  t.notOk(Object.values(body).includes(null), 'nothing null')
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# If unspecified or omitted, the default is "client_secret_basic", denoting the HTTP Basic authentication scheme as specified in Section 2.3.1 of OAuth 2.0.
t.test('a client that does not say how it authenticates does so by Basic', async (t) => {
  t.match((await register({ redirect_uris: [CALLBACK] })).json(), { token_endpoint_auth_method: 'client_secret_basic' })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# REQUIRED if "client_secret" is issued.
t.test('a public client gets neither a secret nor an end of one', async (t) => {
  const body = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<object>()
  t.notOk('client_secret' in body || 'client_secret_expires_at' in body)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# The authorization server MUST ignore any client metadata sent by the client that it does not understand (for instance, by silently removing unknown metadata from the client's registration record during processing).
t.test('metadata that we do not know is ignored, not told back', async (t) => {
  const response = await register({ redirect_uris: [CALLBACK], jwks_uri: 'http://169.254.169.254/', unknown: { deep: [1] }, 'client_name#<b>': 'x', client_id: 'client_chosen' })
  t.equal(response.statusCode, 201)
  const body = response.json<Record<string, string>>()
  for (const name of ['jwks_uri', 'unknown', 'client_name#<b>']) t.notOk(name in body, name)
  t.not(body['client_id'], 'client_chosen')
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# clients using flows with redirection MUST register their redirection URI values.
t.test('a client without redirect URIs is refused', async (t) => {
  for (const body of [{}, { redirect_uris: [] }, { redirect_uris: null }, { redirect_uris: 'https://client.example/' }, { redirect_uris: {} }]) {
    const response = await register(body)
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_redirect_uri', error_description: /^redirect_uris is required/ }], JSON.stringify(body))
  }
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The value of one or more redirection URIs is invalid.
t.test('a hostile redirect URI is refused by its own code (T1, T3, T4)', async (t) => {
  const hostile = ['javascript:alert(1)', 'JAVASCRIPT:alert(1)', 'data:text/html,x', 'http://client.example/', 'https://u@client.example/', 'https://client.example/?code=x', 'https://client.example/#', '/cb']
  for (const uri of hostile) t.match((await register({ redirect_uris: [CALLBACK, uri] })).json(), { error: 'invalid_redirect_uri' }, uri)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The value of one of the client metadata fields is invalid and the server has rejected this request.
t.test('hostile metadata is refused by its own code (T1)', async (t) => {
  const hostile = [{ logo_uri: 'javascript:alert(1)' }, { 'client_uri#ko': 'data:text/html,x' }, { client_name: 7 }, { response_types: ['token'] }, { grant_types: ['implicit'] }, { contacts: 'x' }]
  for (const member of hostile) {
    const response = await register({ redirect_uris: [CALLBACK], ...member })
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_client_metadata' }], JSON.stringify(member))
  }
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.1
//# The HTTP Entity Payload is a JSON [RFC7159] document consisting of a JSON object and all requested client metadata values as top-level members of that JSON object.
t.test('a body that is no JSON object is refused, whatever it claims to be', async (t) => {
  const bodies = ['', '{', '[]', 'null', '"x"', '7', 'redirect_uris=x']
  for (const payload of bodies) {
    const response = await app.inject({ method: 'POST', url: '/register', headers: { 'content-type': 'application/json' }, payload })
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_client_metadata', error_description: 'Invalid JSON in request body' }], payload)
  }
  t.match((await post('/register', { redirect_uris: CALLBACK })).json(), { error: 'invalid_client_metadata', error_description: 'Invalid JSON in request body' })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# It SHOULD NOT be currently valid for any other registered client
t.test('the same body twice makes two clients', async (t) => {
  const [one, other] = await Promise.all([register({ redirect_uris: [CALLBACK] }), register({ redirect_uris: [CALLBACK] })])
  t.not(one!.json<{ client_id: string }>().client_id, other!.json<{ client_id: string }>().client_id)
})
