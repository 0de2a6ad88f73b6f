import t from 'tap'
import { createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'

const PRIVATE_USE = 'com.example.app:/oauth2redirect/example-provider'
const CLAIMED = 'https://app.example.com/oauth2redirect/example-provider'
const LOOPBACK = ['http://127.0.0.1:51004/oauth2redirect/example-provider', 'http://[::1]:61023/oauth2redirect/example-provider']

const native = { application_type: 'native', redirect_uris: [PRIVATE_USE, CLAIMED, ...LOOPBACK] }
const conversation = await createConversation(t, { metadata: native })
const { authorize, authorizeUrl, exchange, person, register, registered } = conversation

//= https://www.rfc-editor.org/rfc/rfc8252#section-7
//# To fully support this best practice, authorization servers MUST offer at least the three redirect URI options described in the following subsections to native apps.
t.test('an app is answered by its own scheme, by https, or on loopback, and redeems the code without a secret', async (t) => {
  for (const redirect_uri of native.redirect_uris) {
    const away = await person.authorize(authorizeUrl({ redirect_uri }))
    t.equal(away.href.split('?')[0], redirect_uri)
    t.equal((await exchange(away.searchParams.get('code')!, { redirect_uri })).statusCode, 200)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8252#section-7.3
//# The authorization server MUST allow any port to be specified at the time of the request for loopback IP redirect URIs, to accommodate clients that obtain an available ephemeral port from the operating system at the time of the request.
t.test('an app listens on any port', async (t) => {
  for (const redirect_uri of [
    'http://127.0.0.1:1/oauth2redirect/example-provider',
    'http://127.0.0.1/oauth2redirect/example-provider',
    'http://[::1]:65535/oauth2redirect/example-provider',
  ]) {
    t.equal((await person.authorize(authorizeUrl({ redirect_uri }))).href.split('?')[0], redirect_uri)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8252#section-8.4
//# Authorization servers MUST require clients to register their complete redirect URI (including the path component) and reject authorization requests that specify a redirect URI that doesn't exactly match the one that was registered; the exception is loopback redirects, where an exact match is required except for the port URI component.
t.test('anything but the port is the one that was registered', async (t) => {
  const others = [
    `${PRIVATE_USE}/x`,
    'com.example.app:/',
    'COM.example.app:/oauth2redirect/example-provider',
    `${CLAIMED}?x`,
    'https://app.example.com:8443/oauth2redirect/example-provider',
    'http://127.0.0.1:51004/',
    'http://localhost:51004/oauth2redirect/example-provider',
  ]
  for (const redirect_uri of others) t.equal((await person.open(authorizeUrl({ redirect_uri }))).page?.status, 400, redirect_uri)
})

//= https://www.rfc-editor.org/rfc/rfc8252#section-6
//# authorization servers MUST support PKCE for such clients, for the reasons detailed in Section 8.1.
//= https://www.rfc-editor.org/rfc/rfc8252#section-8.1
//# Authorization servers SHOULD reject authorization requests from native apps that don't use PKCE by returning an error message, as defined in Section 4.4.1 of PKCE [RFC7636].
t.test('an app without PKCE is sent back', async (t) => {
  t.match(await authorize({ redirect_uri: CLAIMED, code_challenge: undefined, code_challenge_method: undefined }), {
    error: 'invalid_request',
    error_description: /code_challenge/,
  })
})

//= https://www.rfc-editor.org/rfc/rfc8252#section-8.4
//# Authorization servers MUST record the client type in the client registration details in order to identify and process requests accordingly.
t.test('an app is registered as what it is, with or without a secret of its own installation', async (t) => {
  t.match(registered.json(), { application_type: 'native', token_endpoint_auth_method: 'none' })
  t.notOk('client_secret' in registered.json<object>())
  const own = (await register({ ...native, token_endpoint_auth_method: 'client_secret_basic' })).json<Registered>()
  t.match(own, { application_type: 'native', client_secret: /./ })
  t.equal((await exchange('x', {}, { client_id: own.client_id })).statusCode, 401, 'and is held to it')
})

//= https://www.rfc-editor.org/rfc/rfc8252#section-8.6
//# the authorization server SHOULD NOT process authorization requests automatically without user consent or interaction, except when the identity of the client can be assured.
t.test('an app that any program could pass for asks every time', async (t) => {
  for (const redirect_uri of [PRIVATE_USE, ...LOOPBACK]) {
    for (let visit = 0; visit < 2; visit++) {
      const { page } = await person.open(authorizeUrl({ redirect_uri }))
      t.match(page?.html, /value="allow"/, redirect_uri)
      await person.submit(page!, { decision: 'allow' })
    }
  }
})

//= https://www.rfc-editor.org/rfc/rfc8252#section-8.4
//= type=exception
//= reason=Cursor registers `cursor://anysphere.cursor-mcp/oauth/callback`. A scheme, with a period or without, is never taken for proof of who listens: PKCE binds the code, and the person is asked each time.
//# At a minimum, any private-use URI scheme that doesn't contain a period character (".") SHOULD be rejected.
