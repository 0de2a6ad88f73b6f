import { decodeJwt } from 'jose'
import t from 'tap'
import { createApp } from '#test/support/app.ts'
import { createConversation } from '#test/support/conversation.ts'

const PATH = '/.well-known/openid-configuration'
const { app, config, tokens } = await createConversation(t)
const discover = async () => (await app.inject(PATH)).json<Record<string, unknown>>()

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
//# OpenID Providers supporting Discovery MUST make a JSON document available at the path formed by concatenating the string /.well-known/openid-configuration to the Issuer.
//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationResponse
//# A successful response MUST use the 200 OK HTTP status code and return a JSON object using the application/json content type that contains a set of Claims as its members that are a subset of the Metadata values defined in Section 3.
t.test('the document lies behind the issuer, whatever its path', async (t) => {
  for (const path of ['', '/t1', '/a/b']) {
    const { app } = await createApp(t, { ISSUER: `https://auth.example${path}`, ADMIN_PASSWORD: 'a password of theirs' })
    const response = await app.inject(path + PATH)
    t.match([response.statusCode, response.headers['content-type']], [200, /^application\/json/])
    t.equal(response.json<{ issuer: string }>().issuer, `https://auth.example${path}`)
  }
})

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationRequest
//# An OpenID Provider Configuration Document MUST be queried using an HTTP GET request at the previously specified path.
t.test('GET alone is answered', async (t) => {
  const response = await app.inject({ method: 'POST', url: PATH })
  t.match([response.statusCode, response.headers.allow], [405, /GET/])
})

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationResponse
//# Claims with zero elements MUST be omitted from the response.
t.test('nothing in it is empty', async (t) => {
  for (const [name, value] of Object.entries(await discover()))
    t.notOk(value === null || value === '' || (Array.isArray(value) && value.length === 0), name)
})

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfigurationValidation
//# The issuer value returned MUST be identical to the Issuer URL that was used as the prefix to /.well-known/openid-configuration to retrieve the configuration information. This MUST also be identical to the iss Claim value in ID Tokens issued from this Issuer.
t.test('the issuer is that of the address, and of each id_token', async (t) => {
  t.equal((await discover())['issuer'], config.issuer)
  t.equal(decodeJwt((await tokens()).id_token).iss, config.issuer)
})

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
//# This URL MUST use the https scheme and MAY contain port, path, and query parameter components.
t.test('every address is https where the issuer is', async (t) => {
  const { app } = await createApp(t, { ISSUER: 'https://auth.example', ADMIN_PASSWORD: 'a password of theirs' })
  const addresses = Object.entries((await app.inject(PATH)).json<Record<string, unknown>>()).filter(([name]) =>
    /(_endpoint|_uri)$/.test(name),
  )
  t.ok(addresses.length > 6)
  for (const [name, url] of addresses) t.match(url, /^https:\/\/auth\.example\/[\w-]+$/, name)
})

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
//# The server MUST support the openid scope value.
//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
//# The algorithm RS256 MUST be included.
t.test('openid and RS256 are there, whatever the settings, and so is all that is REQUIRED', async (t) => {
  for (const env of [{}, { ACCESS_TOKEN_ALG: 'RS256', CODE_CHALLENGE_METHODS: 'S256', REGISTRATION: 'closed', CIMD: 'off' }]) {
    const { app } = await createApp(t, env)
    const metadata = (await app.inject(PATH)).json<Record<string, unknown>>()
    for (const required of [
      'issuer',
      'authorization_endpoint',
      'token_endpoint',
      'jwks_uri',
      'response_types_supported',
      'subject_types_supported',
    ])
      t.ok(metadata[required], required)
    t.ok((metadata['scopes_supported'] as string[]).includes('openid'))
    t.ok((metadata['id_token_signing_alg_values_supported'] as string[]).includes('RS256'))
  }
})

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
//# Servers SHOULD support RS256. The value none MUST NOT be used.
t.test('none is no algorithm of anything', async (t) => {
  const metadata = await discover()
  t.ok((metadata['token_endpoint_auth_signing_alg_values_supported'] as string[]).includes('RS256'))
  for (const [name, algs] of Object.entries(metadata).filter(([name]) => name.includes('_alg_values_'))) {
    if (!name.startsWith('request_object_')) t.notOk((algs as string[]).includes('none'), name)
  }
})

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
//= type=exception
//= reason=Tokens never come by a redirect, where they leak (RFC 9700 section 2.1.2): there is `code` alone.
//# Dynamic OpenID Providers MUST support the code, id_token, and the id_token token Response Type values.

//= https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
//= type=exception
//= reason=The implicit grant is left out for good (RFC 9700 section 2.1.2).
//# Dynamic OpenID Providers MUST support the authorization_code and implicit Grant Type values and MAY support other Grant Types.
