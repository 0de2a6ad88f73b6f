import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { issuerPath, serverMetadata } from '#src/domain/discovery/server-metadata.ts'
import { ServerMetadata } from '#src/schemas/metadata.ts'

const issuer = 'https://auth.example/t1'
const endpoints = {
  authorization_endpoint: `${issuer}/authorize`,
  pushed_authorization_request_endpoint: `${issuer}/par`,
  token_endpoint: `${issuer}/token`,
  device_authorization_endpoint: `${issuer}/device_authorization`,
  registration_endpoint: `${issuer}/register`,
  userinfo_endpoint: `${issuer}/userinfo`,
  jwks_uri: `${issuer}/jwks`,
  revocation_endpoint: `${issuer}/revoke`,
  introspection_endpoint: `${issuer}/introspect`,
  end_session_endpoint: `${issuer}/logout`,
}
const options = {
  issuer,
  endpoints,
  scopes: ['openid'],
  codeChallengeMethods: ['S256'],
  languages: ['en', 'ko'],
  clientDocuments: true,
  tokenExchange: false,
  requirePar: false,
  securityProfile: 'none',
} as const

t.test('the document names every endpoint where it is, and passes its shape', async (t) => {
  const document = serverMetadata(options)
  t.ok(Value.Check(ServerMetadata, document))
  const named = Object.entries(document).filter(([name]) => /_endpoint$|_uri$/.test(name))
  t.strictSame(Object.fromEntries(named), endpoints)
  t.equal(named.length, 10)
})

t.test('a server without registration publishes no registration endpoint', (t) => {
  const { registration_endpoint: _, ...others } = endpoints
  const document = serverMetadata({ ...options, endpoints: others })
  t.notOk('registration_endpoint' in document)
  t.ok(Value.Check(ServerMetadata, document))
  t.end()
})

t.test('the document reflects the settings, and has what clients look for', async (t) => {
  t.match(serverMetadata(options), {
    issuer: 'https://auth.example/t1',
    scopes_supported: ['openid'],
    code_challenge_methods_supported: ['S256'],
    ui_locales_supported: ['en', 'ko'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    request_object_signing_alg_values_supported: ['none', 'RS256', 'PS256', 'ES256', 'EdDSA'],
    require_pushed_authorization_requests: false,
    client_id_metadata_document_supported: true,
    authorization_response_iss_parameter_supported: true,
  })
})

t.test('an issuer has a path or none', async (t) => {
  const table = [
    ['https://auth.example', ''],
    ['https://auth.example/t1', '/t1'],
    ['http://localhost:8000/a/b', '/a/b'],
  ] as const
  for (const [issuer, path] of table) t.equal(issuerPath(issuer), path)
})

t.test('a server that holds everybody to FAPI 2.0 announces nothing else', async (t) => {
  const strict = serverMetadata({ ...options, codeChallengeMethods: ['S256', 'plain'], securityProfile: 'fapi2' })
  t.ok(Value.Check(ServerMetadata, strict))
  const algs = ['PS256', 'ES256', 'EdDSA']
  t.match(strict, {
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    revocation_endpoint_auth_methods_supported: ['private_key_jwt'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA', 'PS256'],
    code_challenge_methods_supported: ['S256'],
    require_pushed_authorization_requests: true,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  })
  const named = Object.entries(strict).filter(([name]) => /signing_alg_values_supported$/.test(name) && !name.startsWith('dpop'))
  t.equal(named.length, 8)
  for (const [name, values] of named) t.strictSame(values, algs, name)
})

t.test('a client learns how responses can be signed', async (t) => {
  const algs = ['RS256', 'ES256', 'PS256', 'EdDSA']
  t.match(serverMetadata(options), {
    response_modes_supported: ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'],
    authorization_signing_alg_values_supported: algs,
    introspection_signing_alg_values_supported: algs,
    request_uri_parameter_supported: true,
  })
})
