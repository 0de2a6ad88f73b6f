/** SECURITY_PROFILE=fapi2: every client is held to FAPI 2.0, however it came, and whatever it registered before. */
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t from 'tap'
import { holdClientToProfile } from '#src/operations/clients/client-profile.ts'
import { isOAuthError } from '#test/support/api.ts'
import { ISSUER, createApp } from '#test/support/app.ts'
import { makeClientKey, serveDocuments } from '#test/support/clients/client-documents.ts'
import { pageOf } from '#test/support/authorization.ts'
import { CALLBACK } from '#test/support/conversation.ts'
import type { Registered, Tokens } from '#test/support/conversation.ts'
import { createProofKey } from '#test/support/clients/dpop.ts'
import { REQUEST, createFapi, operatorOf } from '#test/support/clients/fapi.ts'
import { receiveLogouts } from '#test/support/clients/logout-receiver.ts'
import { sampleClient } from '#test/support/records.ts'

const env = { SECURITY_PROFILE: 'fapi2' }
const strict = await createFapi(t, { env, profile: 'none' })
const { app, key, storage } = strict
const register = (body: object) => app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [CALLBACK], ...body } })
const good = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }
type Managed = Registered & { registration_access_token: string }

t.test('a client that meets the profile registers, and reads what was chosen for it', async (t) => {
  const response = await register(good)
  t.equal(response.statusCode, 201)
  t.match(response.json(), {
    token_endpoint_auth_method: 'private_key_jwt',
    dpop_bound_access_tokens: true,
    require_pushed_authorization_requests: true,
    id_token_signed_response_alg: 'ES256',
    authorization_signed_response_alg: 'ES256',
  })
  const kept = await storage.clients.find(response.json<Registered>().client_id)
  t.equal(kept?.metadata.securityProfile, undefined, 'it is the server that is strict, not the client')
})

t.test('a client that cannot meet it is refused with a sentence', async (t) => {
  for (const [body, code, description] of [
    [{}, 'invalid_client_metadata', /^token_endpoint_auth_method must be private_key_jwt for a client that is held to the FAPI 2\.0/],
    [{ token_endpoint_auth_method: 'none' }, 'invalid_client_metadata', /^token_endpoint_auth_method/],
    [{ ...good, redirect_uris: ['http://127.0.0.1/cb'] }, 'invalid_redirect_uri', /^redirect_uris must be https/],
    [
      { ...good, id_token_signed_response_alg: 'RS256' },
      'invalid_client_metadata',
      /^id_token_signed_response_alg must be PS256, ES256, EdDSA/,
    ],
    [{ ...good, request_object_signing_alg: 'none' }, 'invalid_client_metadata', /^request_object_signing_alg/],
    [{ ...good, authorization_signed_response_alg: 'RS256' }, 'invalid_client_metadata', /^authorization_signed_response_alg/],
  ] as const)
    isOAuthError(t, await register(body), 400, code, description, JSON.stringify(body).slice(0, 60))
})

t.test('a client cannot leave the profile by an update of its registration', async (t) => {
  const { client_id, registration_access_token } = (await register(good)).json<Managed>()
  const update = (body: object, token: string) =>
    app.inject({
      method: 'PUT',
      url: `/register/${client_id}`,
      headers: { authorization: `Bearer ${token}` },
      payload: { client_id, redirect_uris: [CALLBACK], ...body },
    })
  isOAuthError(
    t,
    await update({ token_endpoint_auth_method: 'client_secret_basic' }, registration_access_token),
    400,
    'invalid_client_metadata',
  )
  const updated = await update({ ...good, dpop_bound_access_tokens: false }, registration_access_token)
  t.match(updated.json(), { dpop_bound_access_tokens: true })
})

t.test('a client goes the whole way, and cannot do less', async (t) => {
  const answer = await strict.arrive()
  const issued = (await strict.exchange(answer.searchParams.get('code')!)).json<Tokens>()
  t.match(issued, { token_type: 'DPoP' })
  t.equal(decodeProtectedHeader(issued.id_token).alg, 'ES256')
  isOAuthError(t, await strict.push({}, { assertion: await strict.assert({ aud: `${ISSUER}/par` }) }), 401, 'invalid_client')
  isOAuthError(t, await strict.exchange(await strict.code(), { proof: undefined }), 400, 'invalid_dpop_proof')
  t.match((await strict.refresh(issued.refresh_token)).json(), { refresh_token: issued.refresh_token })
  const weak = await createProofKey(() => strict.clock.now, 'RS256')
  const headers = { authorization: `DPoP ${issued.access_token}`, dpop: await weak.prove('GET', `${ISSUER}/userinfo`) }
  isOAuthError(t, await app.inject({ url: '/userinfo', headers }), 401, 'invalid_dpop_proof', /signed with ES256, Ed25519, EdDSA, PS256/)
})

t.test('a client from before the setting is refused where it would be used, by a sentence', async (t) => {
  const { id } = sampleClient({ id: 'client_before' })
  await storage.clients.insert(sampleClient({ id, metadata: { redirectUris: [CALLBACK] } }))
  const sentence = /^this client cannot be used: token_endpoint_auth_method must be private_key_jwt/
  for (const path of ['/token', '/par', '/revoke', '/introspect', '/device_authorization'])
    isOAuthError(t, await strict.post(path, { client_id: id }, { assertion: undefined }), 401, 'invalid_client', sentence, path)
  const url = `${ISSUER}/authorize?${new URLSearchParams({ ...REQUEST, client_id: id }).toString()}`
  const { page } = await strict.person.open(url)
  t.equal(page?.status, 400)
  t.match(page?.html, /this client cannot be used/)
  const asked = await app.inject({ url, headers: { accept: 'application/json' } })
  t.match([asked.statusCode, asked.json()], [400, { error: 'invalid_client', error_description: sentence }])
})

t.test('a document that the profile forbids is not kept, one that meets it is', async (t) => {
  const documents = await serveDocuments(t)
  const made = await createApp(t, env, undefined, { safeFetch: documents })
  const ask = (client_id: string) =>
    made.app.inject({
      url: `/authorize?${new URLSearchParams({ ...REQUEST, client_id }).toString()}`,
      headers: { accept: 'application/json' },
    })
  const client_id = 'https://client.example/client.json'
  const es256 = await makeClientKey('own', 'ES256')
  documents.publish({ client_id, redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })
  t.match((await ask(client_id)).json(), {
    error: 'invalid_client',
    error_description: /cannot be used: token_endpoint_auth_method must be private_key_jwt/,
  })
  t.equal(await made.storage.clients.find(client_id), undefined)
  const other = 'https://client.example/other.json'
  documents.publish({
    client_id: other,
    redirect_uris: [CALLBACK],
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: { keys: [es256.jwk] },
  })
  t.match((await ask(other)).json(), { error: 'invalid_request', error_description: /has to push/ })
  t.match(await made.storage.clients.find(other), { origin: 'document' })
})

t.test('the metadata says what is possible, and nothing else', async (t) => {
  const document = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()
  t.match(document, {
    require_pushed_authorization_requests: true,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    code_challenge_methods_supported: ['S256'],
    id_token_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA'],
    request_object_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA'],
  })
})

t.test('a logout is told as the profile signs, and not to clients that it forbids', async (t) => {
  const receiver = await receiveLogouts(t)
  const made = await createFapi(t, { env, metadata: { backchannel_logout_uri: receiver.uri }, safeFetch: receiver })
  const { sid, sub: userId = '' } = decodeJwt<{ sid: string }>((await made.tokens()).id_token)
  const { id: clientId } = sampleClient({ id: 'client_before' })
  await made.storage.clients.insert(sampleClient({ id: clientId, metadata: { backchannelLogoutUri: receiver.uri } }))
  await made.storage.logoutNotices.insert({ sid, clientId, userId }, made.clock.now + 60_000)
  const page = pageOf(await made.person.open(`${ISSUER}/logout`))
  await made.person.submit(page, {})
  t.equal(receiver.received.length, 1)
  const token = receiver.received[0]?.form.get('logout_token') ?? ''
  t.match([decodeProtectedHeader(token), decodeJwt(token)], [{ alg: 'ES256' }, { aud: made.id, sid }])
})

t.test('a client that registered itself stays held to the profile that an operator chose, whatever it updates', async (t) => {
  const own = await createFapi(t)
  const payload = { redirect_uris: [CALLBACK], ...good }
  const registered = (await own.app.inject({ method: 'POST', url: '/register', payload })).json<Managed & Record<string, unknown>>()
  t.equal(registered['dpop_bound_access_tokens'], undefined, 'nobody holds it yet')
  const { client_id } = registered
  let token = registered.registration_access_token
  const update = async (body: object) => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await own.app.inject({
      method: 'PUT',
      url: `/register/${client_id}`,
      headers,
      payload: { client_id, ...payload, ...body },
    })
    token = response.json<Managed>().registration_access_token ?? token
    return response
  }
  const held = await holdClientToProfile(operatorOf(own), (await own.storage.clients.find(client_id))!, { profile: 'fapi2' })
  t.ok(held.ok)
  for (const body of [
    { token_endpoint_auth_method: 'none' },
    { redirect_uris: ['app:/cb'] },
    { id_token_signed_response_alg: 'RS256' },
    { security_profile: 'none', token_endpoint_auth_method: 'client_secret_post' },
  ])
    t.match((await update(body)).statusCode, 400, JSON.stringify(body))
  t.match((await update({ client_name: 'Comet', dpop_bound_access_tokens: false })).json(), {
    client_name: 'Comet',
    dpop_bound_access_tokens: true,
  })
  t.match(await own.storage.clients.find(client_id), { metadata: { securityProfile: 'fapi2', display: { client_name: 'Comet' } } })
  const assertion = await own.assert({ iss: client_id, sub: client_id, aud: `${ISSUER}/par` })
  isOAuthError(t, await own.post('/par', { ...REQUEST, client_id }, { assertion }), 401, 'invalid_client')
})

t.test('no client registers the profile by itself, or somebody else into it', async (t) => {
  const open = await createFapi(t)
  for (const name of ['security_profile', 'securityProfile', 'profile']) {
    const payload = { redirect_uris: [CALLBACK], [name]: 'fapi2' }
    const { client_id } = (await open.app.inject({ method: 'POST', url: '/register', payload })).json<Registered>()
    t.equal((await open.storage.clients.find(client_id))?.metadata.securityProfile, undefined, name)
  }
})
