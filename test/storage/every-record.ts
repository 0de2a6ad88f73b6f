/** Fills a database with records of every table, and reads all of a database, for tests of export and import. */
import { openStorage, transferStorage } from '#src/storage/open.ts'
import { TABLES } from '#src/storage/transfer.ts'
import type { Values } from '#src/storage/transfer.ts'
import {
  MINUTE,
  NOW,
  addClient,
  addFactors,
  addFamily,
  addGrant,
  addIdentity,
  addProvider,
  addResource,
  addSession,
  addUser,
  makeAccessToken,
  makeAttempt,
  makeClientToken,
  makeEvent,
  makePersonalToken,
  makeUser,
  rotationOf,
} from './conformance/records.ts'

/** Adds full and sparse records, with odd text, used and unused. */
export async function addEveryRecord(databaseUrl: string): Promise<void> {
  const storage = await openStorage(databaseUrl)
  const user = await addUser(storage, { username: 'helen "of" \'Troy\' 🪐\\' })
  await storage.users.insert(makeUser({ email: undefined, profile: {}, emailVerified: false }))
  await storage.groups.insert({ name: 'staff', description: '직원', createdAt: NOW })
  await storage.groups.join({ group: 'staff', userId: user.id, source: 'provider:google', since: NOW })
  await addClient(storage, { secretHash: undefined, disabledAt: NOW })
  const { id: resourceId } = await addResource(storage)
  await storage.accessRules.insert({
    ...{
      id: 'rule',
      resourceId,
      effect: 'allow',
      who: { kind: 'group', group: 'staff' },
      scopes: ['tools:read'],
      acr: 'urn:example:password',
    },
    clients: { verified: true, hosts: ['app.example'], ids: ['client'] },
    createdAt: NOW,
  })
  await storage.accessRules.insert({ id: 'other', resourceId, effect: 'deny', who: { kind: 'user', userId: user.id }, createdAt: NOW })
  const { client, token } = await addFamily(storage, { user })
  await storage.grants.rotate(rotationOf(token, client.id, { accessToken: makeAccessToken(token.grantId, { resourceId }) }))
  await addGrant(storage, { user, client, grant: { nonce: undefined, claims: undefined } })
  const personal = makePersonalToken(user.id, { resourceId })
  await storage.personalTokens.insert(personal)
  await storage.personalTokens.touch(personal.id, NOW)
  await storage.personalTokens.insert(makePersonalToken(user.id))
  await storage.clientTokens.insert(makeClientToken(client.id, { resourceId }))
  const { id: providerId } = await addProvider(storage)
  const { id: identityId } = await addIdentity(storage, user.id, providerId)
  await addFactors(storage, user.id)
  // New factors end the sessions that are there.
  await addSession(storage, user.id, { identityId, providerSid: 'there' })
  await storage.providerAttempts.insert(makeAttempt(providerId))
  await storage.admissionRules.insert({ rule: '@acme.example', group: 'researchers', createdAt: NOW })
  await storage.logoutNotices.insert({ sid: 'sid', clientId: client.id, userId: user.id }, NOW + MINUTE)
  await storage.consents.save(
    { userId: user.id, clientId: client.id, receiver: 'app.example', clientHash: 'hash', scopes: ['openid'], resources: [] },
    NOW,
  )
  await storage.deviceAuthorizations.insert(
    {
      deviceCodeHash: 'device',
      grantId: 'grant of a device',
      userCodeHash: 'user code',
      clientId: client.id,
      parameters: {},
      createdAt: NOW,
      expiresAt: NOW + MINUTE,
      network: '192.0.2.0',
    },
    { perClient: 1, perNetwork: 1 },
  )
  await storage.pushedRequests.insert({
    requestUriHash: 'pushed',
    clientId: client.id,
    parameters: { state: '상태' },
    expiresAt: NOW + MINUTE,
  })
  await storage.grants.revokeAccessToken('jti', NOW + MINUTE)
  await storage.loginAttempts.count('account:helen', NOW, NOW + MINUTE)
  await storage.links.insert({
    tokenHash: 'link',
    kind: 'reset',
    userId: user.id,
    address: 'helen@example.com',
    data: { group: '연구팀' },
    createdAt: NOW,
    expiresAt: NOW + MINUTE,
  })
  await storage.links.insert({ tokenHash: 'used link', kind: 'invitation', data: {}, createdAt: NOW, expiresAt: NOW + MINUTE })
  await storage.links.redeemInvitation('used link', makeUser(), NOW)
  await storage.replays.use('used', Number.MAX_SAFE_INTEGER)
  await storage.initialAccessTokens.insert(
    { name: 'for partners', tokenHash: 'hash', policy: {}, usesLeft: 3, createdAt: NOW, expiresAt: NOW + MINUTE },
    makeEvent({ address: '192.0.2.1' }),
  )
  await storage.keys.insert({
    kid: 'kid',
    alg: 'ES256',
    generation: 1,
    publicJwk: '{}',
    encryptedPrivateJwk: 'encrypted',
    createdAt: NOW,
    activeAt: NOW + MINUTE,
  })
  await storage.keys.getOrInsertSecret('pairwise subjects', 'sealed')
  await storage.clients.saveDocument({
    id: 'https://client.example/document',
    metadata: client.metadata,
    fetchedAt: NOW,
    freshUntil: NOW + MINUTE,
  })
  await storage.clients.saveRule('approve', NOW)
  await storage.leases.take('sweep', 'this node', NOW, NOW + MINUTE)
  await storage.close()
}

/** Every record of every exported table, in an order that doesn't depend on the engine. */
export function contents(databaseUrl: string): Promise<Record<string, unknown[]>> {
  return transferStorage(databaseUrl, 'export', async (transfer) => {
    const tables: Record<string, unknown[]> = {}
    for (const table of TABLES) {
      const names = (await transfer.columns(table)).map(({ name }) => name)
      const records: Values[] = []
      for await (const piece of transfer.read(table, names)) records.push(...piece)
      const named = records.map((values) => Object.fromEntries(names.map((name, index) => [name, values[index]])))
      tables[table] = named.sort((a, b) => (JSON.stringify(Object.entries(a).sort()) < JSON.stringify(Object.entries(b).sort()) ? -1 : 1))
    }
    return tables
  })
}
