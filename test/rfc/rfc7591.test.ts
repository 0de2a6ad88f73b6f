import { SignJWT } from 'jose'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { createApp } from '#test/support/app.ts'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { makeClientKey } from '#test/support/clients/client-documents.ts'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'

const { app, register, post, person, authorizeUrl } = await createConversation(t, { env: { RATE_LIMIT_REGISTER: 'off' } })

const refusal = async (body: Record<string, unknown>) => {
  const response = await register({ redirect_uris: [CALLBACK], ...body })
  return [
    response.statusCode,
    response.json<{ error: string }>().error,
    response.json<{ error_description: string }>().error_description,
  ] as const
}

/** What a person who is asked about the client reads, in a language of theirs. */
async function consentPage(metadata: object, language = 'en'): Promise<string> {
  const client = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none', ...metadata })).json<Registered>()
  let page = pageOf(await person.open(authorizeUrl({ ui_locales: language, prompt: 'consent' }, client)))
  if (/type="password"/.test(page.html)) page = pageOf(await person.submit(page, { username: 'admin', password: 'admin123' }))
  return page.html
}

/** An app that believes one issuer, and how that one signs. */
async function withIssuer(t: Test) {
  const key = await makeClientKey('one', 'ES256')
  const file = join(t.testdir({ 'keys.json': JSON.stringify({ keys: [key.jwk] }) }), 'keys.json')
  const made = await createApp(t, { SOFTWARE_STATEMENT_ISSUERS: `https://vendor.example=${file}` })
  const sign = (claims: Record<string, unknown>) =>
    new SignJWT({ iss: 'https://vendor.example', ...claims }).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(key.privateKey)
  const send = (payload: object) =>
    made.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [CALLBACK], ...payload } })
  return { sign, send }
}

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# Authorization servers that support dynamic registration for clients using redirect-based flows MUST implement support for this metadata value.
t.test('a client may be redirected to where it registered, and nowhere else', async (t) => {
  const client = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<Registered>()
  const answer = await app.inject(authorizeUrl({ redirect_uri: 'https://evil.example/' }, client).replace(/^https?:\/\/[^/]+/, ''))
  t.equal(answer.statusCode, 400)
  t.notOk(answer.headers.location)
  const silent = await app.inject(authorizeUrl({ prompt: 'none' }, client).replace(/^https?:\/\/[^/]+/, ''))
  t.match(silent.headers.location, new RegExp(`^${CALLBACK}\\?error=`))
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# clients using flows with redirection MUST register their redirection URI values.
//= https://www.rfc-editor.org/rfc/rfc7591#section-5
//# For clients that use redirect-based grant types such as "authorization_code" and "implicit", authorization servers MUST require clients to register their redirection URI values.
t.test('a client without redirect URIs is refused', async (t) => {
  for (const body of [
    {},
    { redirect_uris: [] },
    { redirect_uris: null },
    { redirect_uris: 'https://client.example/' },
    { redirect_uris: {} },
  ]) {
    const response = await register(body)
    t.match(
      [response.statusCode, response.json()],
      [400, { error: 'invalid_redirect_uri', error_description: /^redirect_uris is required/ }],
      JSON.stringify(body),
    )
  }
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# If unspecified or omitted, the default is "client_secret_basic", denoting the HTTP Basic authentication scheme as specified in Section 2.3.1 of OAuth 2.0.
t.test('a client that does not say how it authenticates does so by Basic', async (t) => {
  t.match((await register({ redirect_uris: [CALLBACK] })).json(), { token_endpoint_auth_method: 'client_secret_basic' })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# If present, the server SHOULD display this URL to the end-user in a clickable fashion.
t.test('a person can follow the address of a client', async (t) => {
  t.match(
    await consentPage({ client_uri: 'https://client.example/about' }),
    /<a href="https:\/\/client\.example\/about"[^>]*>https:\/\/client\.example\/about<\/a>/,
  )
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# The authorization server SHOULD display this URL to the end-user if it is provided.
t.test('a person can read the policy and the terms of a client, in their language if it has them', async (t) => {
  const metadata = {
    policy_uri: 'https://client.example/privacy',
    tos_uri: 'https://client.example/terms',
    'tos_uri#ko': 'https://client.example/ko/terms',
  }
  const english = await consentPage(metadata)
  t.match(
    textOf(english),
    /Privacy policy \(stated by the app\) https:\/\/client\.example\/privacy Terms of service \(stated by the app\) https:\/\/client\.example\/terms /,
  )
  t.match(textOf(await consentPage(metadata, 'ko')), /https:\/\/client\.example\/ko\/terms/)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# If present, the server SHOULD display this image to the end-user during approval.
t.test('a person sees the logo of a client, in their language if it has one', async (t) => {
  const logos = { logo_uri: 'https://client.example/logo.png', 'logo_uri#ko': 'https://client.example/ko/logo.png' }
  t.match((await register({ redirect_uris: [CALLBACK], ...logos })).json(), logos)
  t.match(await consentPage(logos), '<img class="logo" src="https://client.example/logo.png"')
  t.match(await consentPage(logos, 'ko'), '<img class="logo" src="https://client.example/ko/logo.png"')
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# The "jwks_uri" and "jwks" parameters MUST NOT both be present in the same request or response.
t.test('a client that names its keys twice is refused', async (t) => {
  const keys = { jwks: { keys: [(await makeClientKey('one', 'ES256')).jwk] }, jwks_uri: 'https://client.example/keys' }
  for (const method of ['private_key_jwt', 'none']) {
    t.same(
      await refusal({ ...keys, token_endpoint_auth_method: method }),
      [400, 'invalid_client_metadata', 'jwks and jwks_uri must not both be given'],
      method,
    )
  }
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2
//# The authorization server MUST ignore any client metadata sent by the client that it does not understand (for instance, by silently removing unknown metadata from the client's registration record during processing).
t.test('metadata that we do not know is ignored, not told back', async (t) => {
  const response = await register({
    redirect_uris: [CALLBACK],
    jwks_uri: 'http://169.254.169.254/',
    unknown: { deep: [1] },
    'client_name#<b>': 'x',
    client_id: 'client_chosen',
  })
  t.equal(response.statusCode, 201)
  const body = response.json<Record<string, string>>()
  for (const name of ['jwks_uri', 'unknown', 'client_name#<b>']) t.notOk(name in body, name)
  t.not(body['client_id'], 'client_chosen')
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2.1
//# As such, a server supporting these fields SHOULD take steps to ensure that a client cannot register itself into an inconsistent state, for example, by returning an "invalid_client_metadata" error response to an inconsistent registration request.
t.test('a client whose grant types and response types do not fit together is refused', async (t) => {
  t.same(await refusal({ grant_types: ['implicit'], response_types: ['code'] }), [
    400,
    'invalid_client_metadata',
    'grant_types must include authorization_code, or another one to begin with',
  ])
  t.same(await refusal({ grant_types: ['authorization_code'], response_types: ['token'] }), [
    400,
    'invalid_client_metadata',
    'response_types must include code',
  ])
  t.same(await refusal({ grant_types: ['refresh_token'] }), [
    400,
    'invalid_client_metadata',
    'grant_types must include authorization_code, or another one to begin with',
  ])
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2.2
//# If any human-readable field is sent without a language tag, parties using it MUST NOT make any assumptions about the language, character set, or script of the string value, and the string value MUST be used as is wherever it is presented in a user interface.
t.test('a name without a language is shown as it is, whatever the language of the page', async (t) => {
  const client_name = 'Kométa — 혜성 «β»'
  for (const language of ['en', 'ko'])
    t.match(textOf(await consentPage({ client_name, 'client_name#ja': '彗星' }, language)), client_name, language)
  t.match(textOf(await consentPage({ client_name, 'client_name#ko': '혜성이' }, 'ko')), '혜성이', 'unless there is one in that language')
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-2.3
//# the software statement MUST be digitally signed or MACed using JSON Web Signature (JWS) [RFC7515] and MUST contain an "iss" (issuer) claim denoting the party attesting to the claims in the software statement.
t.test('a statement without signature or issuer is refused', async (t) => {
  const { sign, send } = await withIssuer(t)
  const statements = [await sign({ iss: undefined }), (await sign({})).replace(/[^.]+$/, '')]
  for (const software_statement of statements) t.match((await send({ software_statement })).json(), { error: 'invalid_software_statement' })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3
//# The client registration endpoint MUST accept HTTP POST messages with request parameters encoded in the entity body using the "application/json" format.
t.test('a client registers by posting JSON', async (t) => {
  t.equal((await register({ redirect_uris: [CALLBACK] })).statusCode, 201)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3
//# The client registration endpoint MUST be protected by a transport-layer security mechanism, as described in Section 5.
t.test('a server that others can reach without TLS does not start', async (t) => {
  const others = loadConfig({ ISSUER: 'http://auth.example.com', ADMIN_PASSWORD: 'one of their own' })
  t.match(others, { ok: false, error: [/^ISSUER .* must begin with https/] })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3
//# To support open registration and facilitate wider interoperability, the client registration endpoint SHOULD allow registration requests with no authorization (which is to say, with no initial access token in the request).
t.test('by default a client needs no token to register', async (t) => {
  const { app: plain } = await createApp(t)
  t.equal((await plain.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [CALLBACK] } })).statusCode, 201)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.1
//# The HTTP Entity Payload is a JSON [RFC7159] document consisting of a JSON object and all requested client metadata values as top-level members of that JSON object.
t.test('a body that is no JSON object is refused, whatever it claims to be', async (t) => {
  const bodies = ['', '{', '[]', 'null', '"x"', '7', 'redirect_uris=x']
  for (const payload of bodies) {
    const response = await app.inject({ method: 'POST', url: '/register', headers: { 'content-type': 'application/json' }, payload })
    t.match(
      [response.statusCode, response.json()],
      [400, { error: 'invalid_client_metadata', error_description: 'Invalid JSON in request body' }],
      payload,
    )
  }
  t.match((await post('/register', { redirect_uris: CALLBACK })).json(), {
    error: 'invalid_client_metadata',
    error_description: 'Invalid JSON in request body: send Content-Type: application/json',
  })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.1.1
//# If the server supports software statements, client metadata values conveyed in the software statement MUST take precedence over those conveyed using plain JSON elements.
t.test('what a trusted issuer says of a client outweighs what it says itself', async (t) => {
  const { sign, send } = await withIssuer(t)
  const software_statement = await sign({ client_name: 'Comet' })
  t.match((await send({ client_name: 'Evil', client_uri: 'https://client.example/', software_statement })).json(), {
    client_name: 'Comet',
    client_uri: 'https://client.example/',
  })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# It SHOULD NOT be currently valid for any other registered client, though an authorization server MAY issue the same client identifier to multiple instances of a registered client at its discretion.
t.test('the same body twice makes two clients', async (t) => {
  const [one, other] = await Promise.all([register({ redirect_uris: [CALLBACK] }), register({ redirect_uris: [CALLBACK] })])
  t.not(one.json<Registered>().client_id, other.json<Registered>().client_id)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# If issued, this MUST be unique for each "client_id" and SHOULD be unique for multiple instances of a client using the same "client_id".
t.test('each client has a secret of its own', async (t) => {
  const secrets = await Promise.all(
    Array.from({ length: 8 }, async () => (await register({ redirect_uris: [CALLBACK] })).json<Registered>().client_secret),
  )
  t.equal(new Set(secrets).size, 8)
  for (const secret of secrets) t.match(secret, /^[\w-]{43}$/)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# REQUIRED if "client_secret" is issued.
t.test('a client with a secret is told when it ends, one without is told neither', async (t) => {
  t.match((await register({ redirect_uris: [CALLBACK] })).json(), { client_secret: String, client_secret_expires_at: 0 })
  const body = (await register({ redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' })).json<object>()
  t.notOk('client_secret' in body || 'client_secret_expires_at' in body)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# Additionally, the authorization server MUST return all registered metadata about this client, including any fields provisioned by the authorization server itself.
t.test('a client is told all that was registered, and what was made for it', async (t) => {
  const response = await register({
    client_name: 'Client',
    'client_name#ko': '클라이언트',
    redirect_uris: [CALLBACK],
    scope: 'openid mcp:tools',
  })
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

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# If a software statement was used as part of the registration, its value MUST be returned unmodified in the response along with other metadata using the member name "software_statement".
t.test('a statement that was believed comes back byte for byte', async (t) => {
  const { sign, send } = await withIssuer(t)
  const software_statement = await sign({ software_id: 'comet' })
  t.equal((await send({ software_statement })).json<{ software_statement: string }>().software_statement, software_statement)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1
//# Client metadata elements used from the software statement MUST also be returned directly as top-level client metadata values in the registration response (possibly with different values, since the values requested and the values used may differ).
t.test('what a statement says is told back like everything else', async (t) => {
  const { sign, send } = await withIssuer(t)
  const software_statement = await sign({ software_id: 'comet', grant_types: ['authorization_code', 'implicit'] })
  const { software_id, grant_types } = (await send({ software_statement })).json<Record<string, unknown>>()
  t.strictSame([software_id, grant_types], ['comet', ['authorization_code']])
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The value of one or more redirection URIs is invalid.
t.test('a hostile redirect URI is refused by its own code (T1, T3, T4)', async (t) => {
  const hostile = [
    'javascript:alert(1)',
    'JAVASCRIPT:alert(1)',
    'data:text/html,x',
    'http://client.example/',
    'https://u@client.example/',
    'https://client.example/?code=x',
    'https://client.example/#',
    '/cb',
  ]
  for (const uri of hostile)
    t.match(await refusal({ redirect_uris: [CALLBACK, uri] }), [400, 'invalid_redirect_uri', /^redirect_uris: /], uri)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The value of one of the client metadata fields is invalid and the server has rejected this request.
t.test('hostile metadata is refused by its own code, and by name (T1)', async (t) => {
  const hostile = [
    { logo_uri: 'javascript:alert(1)' },
    { 'client_uri#ko': 'data:text/html,x' },
    { client_name: 7 },
    { response_types: ['token'] },
    { grant_types: ['implicit'] },
    { contacts: 'x' },
  ]
  for (const member of hostile)
    t.match(await refusal(member), [400, 'invalid_client_metadata', new RegExp(`^${Object.keys(member)[0]} `)], JSON.stringify(member))
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The software statement presented is invalid.
t.test('an invalid statement is refused by its own code', async (t) => {
  const { send } = await withIssuer(t)
  t.match((await send({ software_statement: 'a.b.c' })).json(), {
    error: 'invalid_software_statement',
    error_description: 'software_statement is not a JWT with an iss',
  })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.2.2
//# The software statement presented is not approved for use by this authorization server.
t.test('a statement of somebody else is refused by its own code', async (t) => {
  const { sign, send } = await withIssuer(t)
  t.match((await send({ software_statement: await sign({ iss: 'https://other.example' }) })).json(), {
    error: 'unapproved_software_statement',
  })
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-5
//# Unless used as a claim in a software statement, the authorization server MUST treat all client metadata as self-asserted.
t.test('a person is told that the name is what the app calls itself, and where the answer really goes', async (t) => {
  const text = textOf(await consentPage({ client_name: 'ChatGPT', client_uri: 'https://chatgpt.com/' }))
  t.match(text, /ChatGPT Unverified The app chose this name itself\./)
  t.match(text, `You'll return to ${new URL(CALLBACK).host} `)
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-5
//# registered redirection URI values MUST be one of the following:
t.test('a redirect URI is a site behind TLS, one on the person’s own machine, or an app’s own scheme', async (t) => {
  for (const uri of ['https://client.example.com/oauth_redirect', 'http://localhost:3000/oauth_redirect', 'exampleapp://oauth_redirect']) {
    t.equal((await register({ redirect_uris: [uri] })).statusCode, 201, uri)
  }
  for (const uri of ['http://client.example.com/oauth_redirect', 'http://localhost.example.com/', 'ftp://localhost/', 'oauth_redirect']) {
    t.match(await refusal({ redirect_uris: [uri] }), [400, 'invalid_redirect_uri'], uri)
  }
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-5
//# An authorization server SHOULD NOT issue the same client secret to multiple instances of a registered client, even if they are issued the same client identifier
t.test('clients that share a record have no secret to share', async (t) => {
  const { app: sharing } = await createApp(t, { SHARE_IDENTICAL_CLIENTS: 'true' })
  const send = async (method: string) =>
    (
      await sharing.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [CALLBACK], token_endpoint_auth_method: method } })
    ).json<Registered>()
  const [one, other] = [await send('none'), await send('none')]
  t.equal(one.client_id, other.client_id)
  t.notOk(one.client_secret ?? other.client_secret)
  const [third, fourth] = [await send('client_secret_basic'), await send('client_secret_basic')]
  t.not(third.client_id, fourth.client_id)
  t.not(third.client_secret, fourth.client_secret)
})
