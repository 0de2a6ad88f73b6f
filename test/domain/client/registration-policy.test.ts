import t from 'tap'
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import { applyPolicy } from '#src/domain/client/registration-policy.ts'
import type { RegistrationPolicy } from '#src/domain/client/registration-policy.ts'
import { sampleMetadata } from '#test/support/records.ts'

const redirects = (policy: RegistrationPolicy, ...redirectUris: string[]) => applyPolicy(sampleMetadata({ redirectUris }), policy)

t.test('a policy without limits changes nothing', async (t) => {
  const metadata = sampleMetadata({ scopes: ['openid'] })
  t.same(applyPolicy(metadata, {}), { ok: true, value: metadata })
})

t.test('a redirect URI passes by its parsed host, or by its kind', async (t) => {
  const hosts: RegistrationPolicy = { redirectHosts: ['app.example.com', 'app.example.com:8443'] }
  for (const uri of [
    'https://app.example.com/cb',
    'https://APP.example.com/',
    'https://app.example.com:443/x',
    'https://app.example.com:8443/',
  ]) {
    t.match(redirects(hosts, uri), { ok: true }, uri)
  }
  const strays = [
    'https://app.example.com.evil.example/',
    'https://evil.example/app.example.com',
    'https://evil.example/?https://app.example.com/',
    'https://sub.app.example.com/',
    'https://app.example.com:444/',
    'http://localhost:3000/app.example.com',
    'app.example.com:/cb',
    'com.example.app://app.example.com/cb',
  ]
  for (const uri of strays) {
    t.match(
      redirects(hosts, 'https://app.example.com/', uri),
      { ok: false, error: { code: 'invalid_redirect_uri', description: `redirect_uris: ${uri} is not allowed to this client` } },
      uri,
    )
  }
  t.match(redirects({ redirectKinds: ['loopback', 'custom'] }, 'http://127.0.0.1:1/', 'cursor://x'), { ok: true })
  t.match(redirects({ redirectKinds: ['loopback', 'custom'] }, 'https://app.example.com/'), { ok: false })
  t.match(
    redirects({ ...hosts, redirectKinds: ['loopback'] }, 'http://localhost:1/', 'https://app.example.com/'),
    { ok: true },
    'either list lets in',
  )
  t.match(redirects({ ...hosts, redirectKinds: ['loopback'] }, 'https://evil.example/'), { ok: false })
})

t.test('every other URI that users are sent to is limited, too, and shortened in the error', async (t) => {
  const policy: RegistrationPolicy = { redirectHosts: ['client.example'] }
  const inside = sampleMetadata({ postLogoutRedirectUris: ['https://client.example/out'], initiateLoginUri: 'https://client.example/in' })
  t.match(applyPolicy(inside, policy), { ok: true })
  const outside = `https://evil.example/${'x'.repeat(2000)}`
  const description = (member: string) => `${member}: ${outside.slice(0, 200)} is not allowed to this client`
  t.match(applyPolicy({ ...inside, postLogoutRedirectUris: [outside] }, policy), {
    error: { code: 'invalid_client_metadata', description: description('post_logout_redirect_uris') },
  })
  t.match(applyPolicy({ ...inside, initiateLoginUri: outside }, policy), {
    error: { code: 'invalid_client_metadata', description: description('initiate_login_uri') },
  })
})

t.test('scopes and grant types are narrowed, and never widened by being left out', async (t) => {
  const scopes = (...requested: string[]) => {
    const result = applyPolicy(sampleMetadata({ scopes: requested }), { scopes: ['openid', 'email'] })
    return result.ok ? result.value.scopes : result.error
  }
  t.strictSame(scopes('email', 'admin'), ['email'])
  t.strictSame(scopes(), ['openid', 'email'], 'none would mean all')
  t.match(
    scopes('admin'),
    { code: 'invalid_client_metadata', description: 'scope must hold one of openid email for this client' },
    'none of what it asks for is not everything',
  )
  t.match(applyPolicy(sampleMetadata(), { grantTypes: ['authorization_code'] }), { value: { grantTypes: ['authorization_code'] } })
  const description = 'grant_types must include one of refresh_token for this client'
  t.match(
    applyPolicy(sampleMetadata(), { grantTypes: ['refresh_token'] }),
    { ok: false, error: { code: 'invalid_client_metadata', description } },
    'nothing is left that starts',
  )
})

t.test('only a policy that names the client credentials grant lets it be registered', async (t) => {
  const machine = sampleMetadata({
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['authorization_code', 'client_credentials'],
  })
  t.match(applyPolicy(machine, {}), { value: { grantTypes: ['authorization_code'] } })
  t.match(
    applyPolicy(machine, { scopes: ['tools:read'] }),
    { value: { grantTypes: ['authorization_code'] } },
    'other bounds say nothing about it',
  )
  t.match(applyPolicy({ ...machine, grantTypes: ['client_credentials'] }, {}), { ok: false, error: { code: 'invalid_client_metadata' } })
  t.match(applyPolicy(machine, { grantTypes: ['client_credentials'] }), { value: { grantTypes: ['client_credentials'] } })
})

t.test('a way to authenticate that is not allowed is refused by name', async (t) => {
  const policy: RegistrationPolicy = { authMethods: ['private_key_jwt', 'client_secret_basic'] }
  t.match(applyPolicy(sampleMetadata({ tokenEndpointAuthMethod: 'client_secret_basic' }), policy), { ok: true })
  const description = 'token_endpoint_auth_method must be private_key_jwt or client_secret_basic for this client'
  t.match(applyPolicy(sampleMetadata(), policy), { ok: false, error: { code: 'invalid_client_metadata', description } })
})

t.test('where redirect URIs are limited, a device, which needs none, has to be permitted by name', async (t) => {
  const device = sampleMetadata({ redirectUris: ['https://app.example/cb'], grantTypes: ['authorization_code', DEVICE_CODE_GRANT] })
  const only = sampleMetadata({ redirectUris: [], grantTypes: [DEVICE_CODE_GRANT] })
  t.match(applyPolicy(device, {}), { value: { grantTypes: ['authorization_code', DEVICE_CODE_GRANT] } })
  for (const limits of [{ redirectHosts: ['app.example'] }, { redirectKinds: ['https'] }] as const) {
    t.strictSame(applyPolicy(device, limits), { ok: true, value: { ...device, grantTypes: ['authorization_code'] } })
    t.match(applyPolicy(only, limits), { ok: false, error: { code: 'invalid_client_metadata' } })
    t.match(applyPolicy(only, { ...limits, grantTypes: [DEVICE_CODE_GRANT] }), { ok: true })
  }
})
