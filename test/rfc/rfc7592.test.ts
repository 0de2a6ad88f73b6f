import t from 'tap'
import type { Client } from '#src/domain/client/client.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'
import { registerManaged } from '#test/support/clients/management.ts'
import { ofOrigin, sampleClient } from '#test/support/records.ts'

const conversation = await createConversation(t, { env: { RATE_LIMIT_REGISTER: 'off', RATE_LIMIT_TOKEN: 'off' } })
const { app, storage, clock } = conversation
const publicClient = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }

//= https://www.rfc-editor.org/rfc/rfc7592#section-3
//# String containing the fully qualified URL of the client configuration endpoint for this client.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2
//# The authorization server MUST provide the client with the fully qualified URL in the "registration_client_uri" element of the Client Information Response, as specified in Section 3.
//= https://www.rfc-editor.org/rfc/rfc7592#section-5
//# the registration access token MUST contain sufficient entropy to prevent a random guessing attack of this token
t.test('a registered client is told where it manages itself, and by what', async (t) => {
  const { information } = await registerManaged(app)
  t.equal(information.registration_client_uri, `http://localhost:8000/register/${information.client_id}`)
  t.match(information.registration_access_token, /^[\w-]{43}$/)
  const other = await registerManaged(app)
  t.not(other.information.registration_access_token, information.registration_access_token)
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-3
//# Additionally, the authorization server MUST return all registered metadata about this client, including any fields provisioned by the authorization server itself.
t.test('a client that reads gets all that is registered, and the token that it used', async (t) => {
  const client = await registerManaged(app, { client_name: 'A', 'client_name#ko': '가', scope: 'openid', contacts: ['ops@client.example'] })
  const { client_secret: _told, ...registered } = client.information
  const response = await client.read()
  t.match(
    [response.statusCode, response.headers],
    [200, { 'content-type': /^application\/json/, 'cache-control': 'no-store', 'access-control-allow-origin': '*' }],
  )
  t.strictSame(response.json(), registered, 'the secret is kept as a hash, and not told twice')
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.1
//# If the registration access token used to make this request is not valid, the server MUST respond with an error as described in OAuth Bearer Token Usage [RFC6750].
t.test('a request without a valid token is answered by RFC 6750, whatever it asks', async (t) => {
  const client = await registerManaged(app)
  const other = await registerManaged(app)
  const { client_secret: secret = '', client_id: id } = client.information
  for (const send of [client.read, client.delete, (token: string) => client.update({}, token)]) {
    for (const token of [
      'wrong',
      other.information.registration_access_token,
      secret,
      `${client.information.registration_access_token}x`,
    ]) {
      const response = await send(token)
      t.equal(response.statusCode, 401)
      t.match(response.headers['www-authenticate'], /^Bearer realm="http:\/\/localhost:8000", error="invalid_token", error_description="/)
      t.match(response.json(), { error: 'invalid_token' })
    }
  }
  const bare = await app.inject(`/register/${id}`)
  t.match(
    [bare.statusCode, bare.headers['www-authenticate']],
    [401, 'Bearer realm="http://localhost:8000"'],
    'without a token, no error is named',
  )
  t.equal((await client.read()).statusCode, 200, 'nothing happened')
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.1
//# If the client does not exist on this server, the server MUST respond with HTTP 401 Unauthorized
t.test('a client that does not exist gets the same 401, not a 404', async (t) => {
  const client = await registerManaged(app)
  const headers = { authorization: `Bearer ${client.information.registration_access_token}` }
  for (const method of ['GET', 'DELETE'] as const) {
    const response = await app.inject({ method, url: '/register/client_unknown', headers })
    t.match([response.statusCode, response.json()], [401, { error: 'invalid_token' }], method)
  }
  const payload = { client_id: 'client_unknown', redirect_uris: [CALLBACK] }
  t.match(await app.inject({ method: 'PUT', url: '/register/client_unknown', headers, payload }), { statusCode: 401 })
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.1
//# If the client does not have permission to read its record, the server MUST return an HTTP 403 Forbidden error.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# If the client is not allowed to update its records, the server MUST respond with HTTP 403 Forbidden.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2.3
//# If the client is not allowed to delete itself, the server MUST respond with HTTP 403 Forbidden.
t.test('a client that the operator disabled may do nothing', async (t) => {
  const token = 'token of a disabled client'
  const kept = ofOrigin('registration', await storage.clients.find((await registerManaged(app)).information.client_id))
  const disabled = { ...kept, id: 'client_disabled', registrationAccessTokenHash: sha256(token), disabledAt: clock.now }
  await storage.clients.insert(disabled)
  for (const method of ['GET', 'PUT', 'DELETE'] as const) {
    const response = await app.inject({
      method,
      url: '/register/client_disabled',
      headers: { authorization: `Bearer ${token}` },
      ...(method === 'PUT' && { payload: publicClient }),
    })
    t.match([response.statusCode, response.json()], [403, { error: 'access_denied' }], method)
  }
  t.ok(await storage.clients.find('client_disabled'))
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2
//# If an authorization server does not support a particular method on the client configuration endpoint, it MUST respond with the appropriate error code.
t.test('another method is answered 405, with those that work', async (t) => {
  const { information } = await registerManaged(app)
  for (const method of ['POST', 'PATCH'] as const) {
    const response = await app.inject({
      method,
      url: `/register/${information.client_id}`,
      headers: { authorization: `Bearer ${information.registration_access_token}` },
    })
    t.match(
      [response.statusCode, response.json()],
      [405, { error: 'invalid_request', error_description: 'this address answers GET, PUT, and DELETE only' }],
    )
    t.equal(response.headers.allow, 'GET, HEAD, PUT, DELETE, OPTIONS')
  }
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# Valid values of client metadata fields in this request MUST replace, not augment, the values previously associated with this client.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# Omitted fields MUST be treated as null or empty values by the server, indicating the client's request to delete them from the client's registration.
t.test('an update replaces what was registered; what it leaves out is gone, or has its default again', async (t) => {
  const first = {
    client_name: 'A',
    'client_name#ko': '가',
    tos_uri: 'https://client.example/tos',
    scope: 'openid',
    contacts: ['ops@client.example'],
  }
  const client = await registerManaged(app, {
    ...first,
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code'],
    redirect_uris: [CALLBACK, `${CALLBACK}/2`],
  })
  const response = await client.update({ client_name: 'B', policy_uri: 'https://client.example/policy', contacts: null })
  t.equal(response.statusCode, 200)
  const { registration_access_token: _, ...told } = response.json<Record<string, unknown>>()
  t.strictSame(told, {
    client_id: client.information.client_id,
    client_id_issued_at: Math.floor(clock.now / 1000),
    client_secret_expires_at: 0,
    registration_client_uri: client.information.registration_client_uri,
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    client_name: 'B',
    policy_uri: 'https://client.example/policy',
  })
  t.match((await client.read()).json(), told, 'and is kept')
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# The updated client metadata fields request MUST NOT include the "registration_access_token", "registration_client_uri", "client_secret_expires_at", or "client_id_issued_at" fields described in Section 3.
t.test('an update that brings what only the server provides is refused by name', async (t) => {
  const client = await registerManaged(app)
  for (const name of ['registration_access_token', 'registration_client_uri', 'client_secret_expires_at', 'client_id_issued_at']) {
    const response = await client.update({ [name]: client.information[name] })
    t.match(
      [response.statusCode, response.json()],
      [400, { error: 'invalid_client_metadata', error_description: `${name} must not be sent in an update` }],
    )
  }
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# The client MUST include its "client_id" field in the request, and it MUST be the same as its currently issued client identifier.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# The value of the "client_id" MUST NOT change from the initial registration response.
t.test('an update must name its own client', async (t) => {
  const client = await registerManaged(app)
  for (const id of [undefined, null, '', 'client_other', 7, [client.information.client_id]]) {
    const response = await client.update({ client_id: id })
    t.match(
      [response.statusCode, response.json()],
      [400, { error: 'invalid_client_metadata', error_description: /^client_id / }],
      String(id),
    )
  }
  const { client_id: before } = client.information
  t.equal((await client.update()).json<{ client_id: string }>().client_id, before)
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# If the client includes the "client_secret" field in the request, the value of this field MUST match the currently issued client secret for that client.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# The client MUST NOT be allowed to overwrite its existing client secret with its own chosen value.
t.test('a client can show its secret in an update, but not choose it', async (t) => {
  const client = await registerManaged(app)
  const { client_secret: secret, client_id } = client.information
  for (const chosen of ['my own choice', '', 7]) {
    const response = await client.update({ client_secret: chosen })
    t.match(
      [response.statusCode, response.json()],
      [400, { error: 'invalid_client_metadata', error_description: /^client_secret / }],
      String(chosen),
    )
  }
  const response = await client.update({ client_secret: secret })
  t.match([response.statusCode, response.json()], [200, { client_secret: /^[\w-]{43}$/, client_secret_expires_at: 0 }])
  t.not(response.json<{ client_secret: string }>().client_secret, secret)
  const stranger = await registerManaged(app, { token_endpoint_auth_method: 'none' })
  t.equal((await stranger.update({ client_secret: 'x', token_endpoint_auth_method: 'none' })).statusCode, 400, 'who has none can show none')
  t.equal((await conversation.exchange('no code', {}, { client_id, client_secret: 'my own choice' })).statusCode, 401)
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# For all metadata fields, the authorization server MAY replace any invalid values with suitable default values, and it MUST include any such fields in the response.
t.test('a value that an update names and the server replaces is told as it holds', async (t) => {
  const client = await registerManaged(app, publicClient)
  const asked = {
    token_endpoint_auth_method: 'tls_client_auth',
    grant_types: ['authorization_code', 'implicit'],
    subject_type: 'secret',
    application_type: 'toaster',
  }
  const told = (await client.update(asked)).json<Record<string, unknown>>()
  const { token_endpoint_auth_method, grant_types, subject_type, application_type } = told
  t.strictSame(
    { token_endpoint_auth_method, grant_types, subject_type, application_type },
    {
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code'],
      subject_type: 'public',
      application_type: undefined,
    },
  )
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# If the client attempts to set an invalid metadata field and the authorization server does not set a default value, the authorization server responds with an error as described in [RFC7591].
t.test('an update that could not be registered is refused by the codes of RFC 7591, and changes nothing', async (t) => {
  const client = await registerManaged(app, { client_name: 'A' })
  const { registration_access_token: token } = client.information
  const refusals: [Record<string, unknown>, string][] = [
    [{ redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: undefined }, 'invalid_redirect_uri'],
    [{ redirect_uris: CALLBACK }, 'invalid_redirect_uri'],
    [{ logo_uri: 'http://client.example/' }, 'invalid_client_metadata'],
    [{ client_name: 7 }, 'invalid_client_metadata'],
    [{ response_types: ['token'] }, 'invalid_client_metadata'],
    [{ token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
  ]
  for (const [members, error] of refusals) {
    const response = await client.update(members)
    t.match([response.statusCode, response.json()], [400, { error }], JSON.stringify(members))
  }
  for (const payload of ['', '{', '[]', 'null']) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const response = await app.inject({ method: 'PUT', url: `/register/${client.information.client_id}`, headers, payload })
    t.match(
      [response.statusCode, response.json()],
      [400, { error: 'invalid_client_metadata', error_description: 'Invalid JSON in request body' }],
      payload,
    )
  }
  t.match((await client.read(token)).json(), { client_name: 'A', redirect_uris: [CALLBACK], registration_access_token: token })
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.2
//# If the authorization server includes a new client secret and/or registration access token in its response, the client MUST immediately discard its previous client secret and/or registration access token.
t.test('an update brings a new token, and the one before ends once the new one is used', async (t) => {
  const client = await registerManaged(app)
  const { registration_access_token: first } = client.information
  await client.update()
  const { registration_access_token: second } = client.information
  t.not(second, first)
  t.equal((await client.read(first)).statusCode, 200, 'the answer may have been lost')
  t.equal((await client.read(second)).statusCode, 200)
  t.equal((await client.read(first)).statusCode, 401)
  t.equal((await client.update({}, first)).statusCode, 401)
  t.equal((await client.delete(first)).statusCode, 401)
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2.3
//# If a client has been successfully deprovisioned, the authorization server MUST respond with an HTTP 204 No Content message.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2.3
//# If possible, the authorization server SHOULD immediately invalidate all existing authorization grants and currently active access tokens, all refresh tokens, and all other tokens associated with this client.
//= https://www.rfc-editor.org/rfc/rfc7592#section-2.3
//# thereby preventing the "client_id" from being used at either the authorization endpoint or token endpoint of the authorization server.
t.test('a client that deletes itself takes its tokens and its codes along at once', async (t) => {
  const { information, ...client } = await registerManaged(app, publicClient)
  const tokens = (await conversation.exchange((await conversation.authorize({}, undefined, information))['code'], {}, information)).json()
  const { code } = await conversation.authorize({}, undefined, information)
  t.equal((await conversation.userinfo(tokens.access_token)).statusCode, 200)

  const response = await client.delete()
  t.match([response.statusCode, response.body, response.headers['cache-control']], [204, '', 'no-store'])
  t.equal((await conversation.userinfo(tokens.access_token)).statusCode, 401)
  t.match((await conversation.refresh(tokens.refresh_token, {}, information)).json(), { error: 'invalid_client' })
  t.match((await conversation.exchange(code, {}, information)).json(), { error: 'invalid_client' })
  t.equal((await app.inject({ url: conversation.authorizeUrl({}, information), headers: { accept: 'application/json' } })).statusCode, 400)
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-5
//# If a client is deprovisioned from a server, any outstanding registration access token for that client MUST be invalidated at the same time.
t.test('no token of a deleted client is any good, and it is answered 401', async (t) => {
  const client = await registerManaged(app)
  const { registration_access_token: first } = client.information
  await client.update()
  await client.delete()
  for (const token of [first, client.information.registration_access_token]) {
    for (const response of [await client.read(token), await client.update({}, token), await client.delete(token)])
      t.equal(response.statusCode, 401)
  }
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-5
//# the registration access token SHOULD NOT expire while a client is still actively registered.
t.test('the token of a client that is there works ten years later', async (t) => {
  const client = await registerManaged(app)
  const { now } = clock
  clock.now += 10 * 365 * 86_400_000
  t.equal((await client.read()).statusCode, 200)
  clock.now = now
})

//= https://www.rfc-editor.org/rfc/rfc7592#section-2
//# The client MUST use its registration access token in all calls to this endpoint as an OAuth 2.0 Bearer Token [RFC6750].
t.test('a client made by a person, or by its document, has no such token and manages nothing', async (t) => {
  const kept = ofOrigin('registration', await storage.clients.find((await registerManaged(app)).information.client_id))
  for (const origin of ['operator', 'document'] as const) {
    const id = `client_of_${origin}`
    await storage.clients.insert({ ...sampleClient({ metadata: kept.metadata, secretHash: kept.secretHash }), id, origin } as Client)
    for (const token of ['x', kept.secretHash, kept.registrationAccessTokenHash]) {
      t.match(await app.inject({ url: `/register/${id}`, headers: { authorization: `Bearer ${token}` } }), { statusCode: 401 }, origin)
    }
  }
})
