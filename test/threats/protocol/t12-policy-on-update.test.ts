// T12: a policy that checks registrations only is got around by an update. It checks what would be kept, on both.
import { ofOrigin } from '#test/support/records.ts'
import t from 'tap'
import { REDIRECT_URI, createApi, isOAuthError } from '#test/support/api.ts'
import { handOut } from '#test/support/initial-access.ts'
import { registerManaged } from '#test/support/clients/management.ts'

const api = await createApi(t, { RATE_LIMIT_REGISTER: 'off', REGISTRATION: 'token' })
const policy = {
  redirectHosts: ['client.example'],
  scopes: ['openid'],
  authMethods: ['client_secret_basic'],
  grantTypes: ['authorization_code'],
} as const

t.test('T12: an update can be nothing that could not have been registered', async (t) => {
  const client = await registerManaged(api.app, {}, await handOut(api, { name: 'bounded', policy }))
  const { client_id: id } = client.information
  const refused: [Record<string, unknown>, string][] = [
    [{ redirect_uris: [REDIRECT_URI, 'https://evil.example/'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['http://localhost:3000/'] }, 'invalid_redirect_uri'],
    [{ redirect_uris: ['client.example:/cb'] }, 'invalid_redirect_uri'],
    [{ token_endpoint_auth_method: 'none' }, 'invalid_client_metadata'],
    [{ grant_types: ['refresh_token'] }, 'invalid_client_metadata'],
  ]
  for (const [members, code] of refused) isOAuthError(t, await client.update(members), 400, code, undefined, JSON.stringify(members))
  isOAuthError(t, await client.update({ scope: 'admin' }), 400, 'invalid_client_metadata', 'scope must hold one of openid for this client')
  for (const scope of ['openid admin', '', undefined]) {
    const response = await client.update({ scope })
    const told = response.json<Record<string, unknown>>()
    t.strictSame(
      [response.statusCode, told['scope'], told['grant_types']],
      [200, 'openid', ['authorization_code']],
      'left out, it does not mean everything',
    )
  }
  const kept = ofOrigin('registration', await api.storage.clients.find(id))
  t.strictSame([kept.policy, kept.metadata.scopes, kept.metadata.redirectUris], [policy, ['openid'], [REDIRECT_URI]])
})

t.test('T12: the policy stays with the client when its token is over or gone', async (t) => {
  const client = await registerManaged(api.app, {}, await handOut(api, { name: 'gone', usesLeft: 1, policy }))
  await api.storage.initialAccessTokens.delete('gone')
  isOAuthError(t, await client.update({ redirect_uris: ['https://evil.example/'] }), 400, 'invalid_redirect_uri')
  t.equal((await client.update()).statusCode, 200)
  isOAuthError(
    t,
    await client.update({ redirect_uris: ['https://evil.example/'] }),
    400,
    'invalid_redirect_uri',
    undefined,
    'after an update as well',
  )
})

t.test('T12: an update is checked by the rules of registration, hostile members included', async (t) => {
  const client = await registerManaged(api.app, {}, await handOut(api, { name: 'free' }))
  isOAuthError(t, await client.update({ redirect_uris: ['javascript:alert(1)'] }), 400, 'invalid_redirect_uri')
  isOAuthError(t, await client.update({ 'client_uri#ko': 'data:text/html,x' }), 400, 'invalid_client_metadata')
  t.equal((await client.update({ redirect_uris: ['https://elsewhere.example/'], policy: {}, origin: 'person' })).statusCode, 200)
  t.match(
    await api.storage.clients.find(client.information.client_id),
    { origin: 'registration' },
    'no other member of the record can be reached',
  )
})
