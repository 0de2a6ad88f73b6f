import t from 'tap'
import type { ClientMetadata } from '#src/domain/client/client-metadata.ts'
import { FAPI_ALGS, acceptedAlgs, applyProfile, codeTtlOf, holdToProfile, isFapi } from '#src/domain/client/security-profile.ts'
import { sampleClient, sampleMetadata } from '#test/support/records.ts'

const STRICT: ClientMetadata = sampleMetadata({ tokenEndpointAuthMethod: 'private_key_jwt', jwksUri: 'https://client.example/keys' })
const apply = (change: Partial<ClientMetadata> = {}) => applyProfile({ ...STRICT, ...change }, 'fapi2')

t.test('what a client left open is chosen for it, and what it chose stays', async (t) => {
  t.same(apply(), {
    ok: true,
    value: {
      ...STRICT,
      securityProfile: 'fapi2',
      dpopBoundAccessTokens: true,
      requirePushedAuthorizationRequests: true,
      idTokenSignedResponseAlg: 'ES256',
      authorizationSignedResponseAlg: 'ES256',
      introspectionSignedResponseAlg: 'ES256',
    },
  })
  const chosen = {
    idTokenSignedResponseAlg: 'PS256',
    userinfoSignedResponseAlg: 'EdDSA',
    authorizationSignedResponseAlg: 'EdDSA',
    introspectionSignedResponseAlg: 'PS256',
    tokenEndpointAuthSigningAlg: 'PS256',
    requestObjectSigningAlg: 'ES256',
  } as const
  t.match(apply(chosen), { ok: true, value: chosen })
  t.match(apply({ dpopBoundAccessTokens: false, requirePushedAuthorizationRequests: false }), {
    ok: true,
    value: { dpopBoundAccessTokens: true, requirePushedAuthorizationRequests: true },
  })
})

t.test('a document client that may authenticate by its key authenticates by nothing else', async (t) => {
  const held = apply({ tokenEndpointAuthMethod: 'none', authMethods: ['none', 'private_key_jwt'] })
  t.match(held, { ok: true, value: { tokenEndpointAuthMethod: 'private_key_jwt' } })
  t.notOk(held.ok && 'authMethods' in held.value)
})

t.test('a client that registered what the profile forbids is refused with a sentence', async (t) => {
  const held = 'for a client that is held to the FAPI 2.0 Security Profile'
  for (const tokenEndpointAuthMethod of ['none', 'client_secret_basic', 'client_secret_post'] as const)
    t.match(apply({ tokenEndpointAuthMethod }), {
      ok: false,
      error: { code: 'invalid_client_metadata', description: `token_endpoint_auth_method must be private_key_jwt ${held}` },
    })
  for (const uri of ['http://localhost:1/cb', 'http://127.0.0.1/cb', 'app://cb', 'com.example.app:/cb'])
    t.match(
      apply({ redirectUris: ['https://client.example/cb', uri] }),
      { ok: false, error: { code: 'invalid_redirect_uri', description: `redirect_uris must be https ${held}` } },
      uri,
    )
  t.ok(apply({ redirectUris: ['HTTPS://client.example/cb', 'https://localhost/cb'] }).ok)
  for (const [member, name] of [
    ['tokenEndpointAuthSigningAlg', 'token_endpoint_auth_signing_alg'],
    ['requestObjectSigningAlg', 'request_object_signing_alg'],
    ['idTokenSignedResponseAlg', 'id_token_signed_response_alg'],
    ['userinfoSignedResponseAlg', 'userinfo_signed_response_alg'],
    ['authorizationSignedResponseAlg', 'authorization_signed_response_alg'],
    ['introspectionSignedResponseAlg', 'introspection_signed_response_alg'],
  ] as const) {
    t.match(
      apply({ [member]: 'RS256' }),
      { ok: false, error: { code: 'invalid_client_metadata', description: `${name} must be PS256, ES256, EdDSA or absent ${held}` } },
      name,
    )
  }
  t.match(apply({ requestObjectSigningAlg: 'none' }), { ok: false, error: { description: /^request_object_signing_alg/ } })
})

t.test('without a profile, nothing is demanded and nothing changes', async (t) => {
  const metadata = sampleMetadata({ redirectUris: ['app://cb'], idTokenSignedResponseAlg: 'RS256' })
  t.same(applyProfile(metadata, 'none'), { ok: true, value: metadata })
  const client = sampleClient()
  const held = holdToProfile(client, 'none')
  t.equal(held.ok && held.value, client, 'the same object: ordinary clients cost nothing')
})

t.test('a client is held to its own profile or to that of the server, whichever is set', async (t) => {
  const own = sampleClient({ metadata: { ...STRICT, securityProfile: 'fapi2' } })
  const plain = sampleClient({ metadata: STRICT })
  for (const [client, server] of [
    [own, 'none'],
    [own, 'fapi2'],
    [plain, 'fapi2'],
  ] as const)
    t.match(holdToProfile(client, server), {
      ok: true,
      value: { id: client.id, metadata: { securityProfile: 'fapi2', dpopBoundAccessTokens: true } },
    })
  t.match(holdToProfile(sampleClient(), 'fapi2'), {
    ok: false,
    error: {
      code: 'invalid_client',
      status: 401,
      description: /^this client cannot be used: token_endpoint_auth_method must be private_key_jwt/,
    },
  })
})

t.test('the profile decides on algorithms where the client registered none, and on the life of codes', async (t) => {
  t.same([isFapi(STRICT), isFapi({ securityProfile: 'fapi2' })], [false, true])
  t.same(FAPI_ALGS, ['PS256', 'ES256', 'EdDSA'])
  t.same(acceptedAlgs(STRICT, undefined), ['RS256', 'PS256', 'ES256', 'EdDSA'])
  t.same(acceptedAlgs({ securityProfile: 'fapi2' }, undefined), FAPI_ALGS)
  t.same(acceptedAlgs(STRICT, 'RS256'), ['RS256'])
  t.same(acceptedAlgs({ securityProfile: 'fapi2' }, 'PS256'), ['PS256'])
  t.same([codeTtlOf(STRICT, 600), codeTtlOf({ securityProfile: 'fapi2' }, 600), codeTtlOf({ securityProfile: 'fapi2' }, 10)], [600, 60, 10])
})
