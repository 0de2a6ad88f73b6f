// RFC 9068 section 6: no access token has an audience that a client might take for its own.
import t from 'tap'
import { HTTPS, VERIFIER, answerOf, startFlow } from '#test/support/authorization.ts'
import { handOut } from '#test/support/initial-access.ts'
import { registerManaged } from '#test/support/clients/management.ts'
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import { sampleMetadata } from '#test/support/records.ts'

const VICTIM = 'https://victim.example/client.json'
const REFUSED = { error: 'invalid_target', error_description: `${VICTIM} is a client, and no resource` }

const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE_GRANT] as const

const flow = await startFlow(t)
const { app, storage, clock } = flow
const client = await registerManaged(
  app,
  {
    grant_types: grantTypes,
    token_endpoint_auth_method: 'client_secret_post',
  },
  await handOut(flow, { name: 'all', policy: { grantTypes } }),
)
const { client_id, client_secret = '' } = client.information
const post = async (url: string, form: Record<string, string>) => {
  const payload = new URLSearchParams({ client_id, client_secret, ...form }).toString()
  return app.inject({ method: 'POST', url, payload, headers: { 'content-type': 'application/x-www-form-urlencoded' } })
}
const asked = { client_id, scope: 'openid', resource: VICTIM }

/** Grants that are older than the client. */
const person = flow.person()
const code = async () => (await person.authorize(flow.url(asked))).searchParams.get('code')!
const redeem = (given: string) =>
  post('/token', { grant_type: 'authorization_code', code: given, redirect_uri: HTTPS, code_verifier: VERIFIER })
const { refresh_token } = (await redeem(await code())).json<{ refresh_token: string }>()
const unredeemed = await code()

const metadata = sampleMetadata({ redirectUris: ['https://victim.example/callback'] })
await storage.clients.saveDocument({ id: VICTIM, metadata, fetchedAt: clock.now, freshUntil: clock.now + 3_600_000 })

t.test('a resource that is the id of a client is refused wherever it is named', async (t) => {
  t.match(answerOf(await person.open(flow.url(asked))), REFUSED)
  t.match(answerOf(await person.open(flow.url({ ...asked, resource: ['https://mcp.example/mcp', VICTIM] }))), REFUSED)
  for (const [url, form] of [
    [
      '/par',
      {
        redirect_uri: HTTPS,
        response_type: 'code',
        scope: 'openid',
        resource: VICTIM,
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
      },
    ],
    ['/device_authorization', { scope: 'openid', resource: VICTIM }],
    ['/token', { grant_type: 'client_credentials', resource: VICTIM }],
  ] as const)
    t.match((await post(url, form)).json(), REFUSED, url)
})

t.test('so is a token for one, though the grant is older', async (t) => {
  t.match((await redeem(unredeemed)).json(), REFUSED)
  t.match((await post('/token', { grant_type: 'refresh_token', refresh_token })).json(), REFUSED)
})

t.test('an address beside it, and what the operator registered, are resources', async (t) => {
  for (const resource of [`${VICTIM}?`, 'https://victim.example/mcp'])
    t.match((await post('/token', { grant_type: 'client_credentials', resource })).json(), { access_token: /./ }, resource)
  const times = { createdAt: clock.now, updatedAt: clock.now }
  await storage.resources.insert({ id: 'one', secretHash: '', identifier: VICTIM, name: 'Victim', scopes: [], ...times })
  clock.now += 60_000
  t.equal((await post('/token', { grant_type: 'client_credentials', resource: VICTIM })).statusCode, 200)
})
