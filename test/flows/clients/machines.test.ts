/** Clients without a browser, or without a person at all: strict libraries go the whole way. */
import * as oauth from 'oauth4webapi'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as client from 'openid-client'
import t from 'tap'
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { ADMIN, listen } from '#test/support/app.ts'
import { pageOf, textOf } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { sampleClient, sampleResource } from '#test/support/records.ts'

const RESOURCE = 'https://planets.example/mcp'
const SECRET = 'a secret that an operator handed over'

/** A server with a resource, and a client that an operator made. */
async function serve() {
  const made = await listen(t)
  await made.storage.resources.insert(sampleResource({ identifier: RESOURCE }))
  const metadata = {
    tokenEndpointAuthMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    scopes: [],
  } as const
  await made.storage.clients.insert(sampleClient({ id: 'client_machine', secretHash: sha256(SECRET), origin: 'operator', metadata }))
  made.clock.now += 5000
  return made
}
const { issuer } = await serve()

t.test('oauth4webapi: a client discovers the grant, gets a token for itself, has it looked at and revokes it', async (t) => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const as = await oauth.processDiscoveryResponse(
    new URL(issuer),
    await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure }),
  )
  t.ok(as.grant_types_supported?.includes('client_credentials'))
  const machine = { client_id: 'client_machine' }
  const auth = oauth.ClientSecretBasic(SECRET)
  const request = new URLSearchParams({ scope: 'tools:read', resource: RESOURCE })
  const tokens = await oauth.processClientCredentialsResponse(
    as,
    machine,
    await oauth.clientCredentialsGrantRequest(as, machine, auth, request, insecure),
  )
  t.match(tokens, { scope: 'tools:read', token_type: 'bearer' })
  const { payload } = await jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(as.jwks_uri!)), {
    issuer,
    audience: RESOURCE,
    typ: 'at+jwt',
  })
  t.match(payload, { sub: 'client_machine', scope: 'tools:read' })
  const looked = async () =>
    (
      await oauth.processIntrospectionResponse(
        as,
        machine,
        await oauth.introspectionRequest(as, machine, auth, tokens.access_token, insecure),
      )
    ).active
  t.equal(await looked(), true)
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, machine, auth, tokens.access_token, insecure))
  t.equal(await looked(), false)
})

t.test('openid-client: a client gets a token for itself', async (t) => {
  const config = await client.discovery(new URL(issuer), 'client_machine', SECRET, client.ClientSecretPost(SECRET), {
    execute: [client.allowInsecureRequests],
  })
  const tokens = await client.clientCredentialsGrant(config, { scope: 'tools:read tools:write', resource: RESOURCE })
  t.match(tokens, { scope: 'tools:read tools:write' })
  await t.rejects(client.clientCredentialsGrant(config, { scope: 'openid', resource: RESOURCE }), client.ResponseBodyError)
})

/** A person opens the address that a device shows, and allows it. */
async function connect(address: string): Promise<string> {
  const person = createPerson(issuer)
  const form = pageOf(await person.submit(pageOf(await person.open(address)), ADMIN))
  const [, user_code = ''] = /name="user_code".*value="([^"]*)"/.exec(form.html) ?? []
  const consent = pageOf(await person.submit(form, { user_code }))
  return textOf(pageOf(await person.submit(consent, { decision: 'allow' })).html)
}

t.test('oauth4webapi: a device registers, shows its code, waits, and gets tokens once a person has allowed it', async (t) => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const as = await oauth.processDiscoveryResponse(
    new URL(issuer),
    await oauth.discoveryRequest(new URL(issuer), { algorithm: 'oauth2', ...insecure }),
  )
  const metadata = { grant_types: [DEVICE_CODE_GRANT, 'refresh_token'], token_endpoint_auth_method: 'none' }
  const device = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, metadata, insecure))
  const request = await oauth.deviceAuthorizationRequest(
    as,
    device,
    oauth.None(),
    { scope: 'openid offline_access tools:read', resource: RESOURCE },
    insecure,
  )
  const asked = await oauth.processDeviceAuthorizationResponse(as, device, request)
  const poll = async () =>
    oauth.processDeviceCodeResponse(as, device, await oauth.deviceCodeGrantRequest(as, device, oauth.None(), asked.device_code, insecure))
  await t.rejects(poll(), { error: 'authorization_pending' } as unknown as Error)
  t.match(await connect(asked.verification_uri_complete!), /The device is connected/)
  const tokens = await poll()
  t.match(tokens, { scope: 'openid offline_access tools:read', refresh_token: /./ })
  const info = await oauth.userInfoRequest(as, device, tokens.access_token, insecure)
  t.match(await oauth.processUserInfoResponse(as, device, oauth.getValidatedIdTokenClaims(tokens)!.sub, info), { sub: /./ })
})

t.test('openid-client: a device asks until a person has allowed it', { timeout: 30_000 }, async (t) => {
  const config = await client.dynamicClientRegistration(
    new URL(issuer),
    { grant_types: [DEVICE_CODE_GRANT], client_name: 'Observatory TV' },
    undefined,
    { execute: [client.allowInsecureRequests] },
  )
  const asked = await client.initiateDeviceAuthorization(config, { scope: 'openid email' })
  t.match(await connect(asked.verification_uri_complete!), /The device is connected/)
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...asked, interval: 0.1 })
  t.match(tokens.claims(), { sub: /./ })
})
