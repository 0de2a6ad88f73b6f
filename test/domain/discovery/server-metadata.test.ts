import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { issuerPath, serverMetadata } from '#src/domain/discovery/server-metadata.ts'
import { ServerMetadata } from '#src/schemas/metadata.ts'

const options = {
  issuer: 'https://auth.example/t1',
  scopes: ['openid'],
  codeChallengeMethods: ['S256'],
  languages: ['en', 'ko'],
  registration: true,
  clientDocuments: true,
  requirePar: false,
} as const

t.test('the document names every endpoint below the issuer, and passes its shape', async (t) => {
  const document = serverMetadata(options)
  t.ok(Value.Check(ServerMetadata, document))
  const endpoints = Object.entries(document).filter(([name]) => /_endpoint$|_uri$/.test(name))
  t.equal(endpoints.length, 10)
  for (const [name, url] of endpoints) t.match(url, /^https:\/\/auth\.example\/t1\/[a-z_]+$/, name)
})

t.test('where nobody may register, the document has no address for it', (t) => {
  t.notOk('registration_endpoint' in serverMetadata({ ...options, registration: false }))
  t.end()
})

t.test('the document says what the settings say, and what clients look for', async (t) => {
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
