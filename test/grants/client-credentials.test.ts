import { decodeJwt } from 'jose'
import t from 'tap'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { clientCredentials } from '#src/grants/client-credentials.ts'
import { createGrantContext } from '#test/support/grants.ts'
import { NOW, sampleMetadata, sampleResource } from '#test/support/records.ts'

const DAY = 86_400_000
const planets = sampleResource({ accessTokenTtl: 900 })
const secret = {
  metadata: sampleMetadata({ tokenEndpointAuthMethod: 'client_secret_basic', grantTypes: ['client_credentials'] }),
  secretHash: 'hash',
}

async function prepare(...[t, settings]: Parameters<typeof createGrantContext>) {
  const made = await createGrantContext(t, settings)
  const machine = await made.addClient('client_machine', secret)
  await made.storage.resources.insert(planets)
  return { ...made, machine, context: { ...made.context, registry: createResourceRegistry([planets], 'allow') } }
}

t.test('a client gets a token for itself, with the lifetime of its resource, and nothing else', async (t) => {
  const { context, machine } = await prepare(t)
  const issued = await clientCredentials.exchange({ resource: planets.identifier }, machine, context, NOW)
  t.match(issued, { ok: true, value: { token_type: 'Bearer', expires_in: 900, scope: 'tools:read tools:write' } })
  if (!issued.ok) return
  t.strictSame(Object.keys(issued.value).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  t.match(decodeJwt(issued.value.access_token), { sub: machine.id, client_id: machine.id, aud: planets.identifier })
})

t.test('an opaque token is stored as a hash', async (t) => {
  const { context, machine, storage } = await prepare(t, { accessTokenFormat: 'opaque' })
  const issued = await clientCredentials.exchange({ resource: planets.identifier }, machine, context, NOW)
  if (!issued.ok) throw issued.error
  t.match(await storage.clientTokens.find(sha256(issued.value.access_token), NOW), {
    resourceId: planets.id,
    claims: { sub: machine.id },
    expiresAt: NOW + 900_000,
  })
})

t.test('a client that does not authenticate gets nothing (RFC 6749 section 4.4)', async (t) => {
  const { context, addClient } = await prepare(t)
  const open = await addClient('client_open', {
    secretHash: undefined,
    metadata: sampleMetadata({ tokenEndpointAuthMethod: 'none', grantTypes: ['client_credentials'] }),
  })
  t.match(await clientCredentials.exchange({}, open, context, NOW), { ok: false, error: { code: 'unauthorized_client' } })
  t.match(await clientCredentials.exchange({ scope: 'openid' }, open, context, NOW), { ok: false })
})

t.test('a use is recorded once a day, so the client is not swept as unused', async (t) => {
  const { context, machine, storage } = await prepare(t)
  const use = async (now: number) => {
    await clientCredentials.exchange({}, (await storage.clients.find(machine.id))!, context, now)
    return (await storage.clients.find(machine.id))!.lastUsedAt
  }
  t.strictSame([await use(NOW), await use(NOW + DAY), await use(NOW + DAY + 1)], [NOW, NOW, NOW + DAY + 1])
  t.match(await storage.clients.find(machine.id), { authorizedAt: NOW })
})

t.test('a client is refused scopes that it cannot have', async (t) => {
  const { context, machine } = await prepare(t)
  t.match(await clientCredentials.exchange({ scope: 'offline_access' }, machine, context, NOW), {
    ok: false,
    error: { code: 'invalid_scope' },
  })
})
