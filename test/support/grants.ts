/** What a grant's exchange needs, over a real in-memory storage: a user, clients, keys, and codes to begin with. */
import { createHash } from 'node:crypto'
import type { Test } from 'tap'
import type { AuthorizationCode, Grant } from '#src/domain/token/grant.ts'
import type { Client } from '#src/domain/client/client.ts'
import { formatTokenHandle } from '#src/domain/token/token-handle.ts'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import type { MacKeys } from '#src/domain/protocol/mac.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import type { GrantContext, GrantSettings } from '#src/grants/grant.ts'
import { createJwt } from '#src/crypto/jwt.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { newId, newSecret } from '#src/crypto/random.ts'
import { openPrepared } from './memory-storage.ts'
import { insertPreparedKey } from './prepared-keys.ts'
import { NOW, sampleClient, sampleGrant, sampleUser } from './records.ts'

export const ISSUER = 'https://auth.example'
export const CALLBACK = 'https://client.example/callback'
export const VERIFIER = 'v'.repeat(43)
export const CHALLENGE = { value: createHash('sha256').update(VERIFIER).digest('base64url'), method: 'S256' } as const

/** Lifetimes as by default, in seconds. */
const settings: GrantSettings = {
  issuer: ISSUER,
  accessTokenTtl: 3600,
  accessTokenFormat: 'jwt',
  refreshTokenTtl: 365 * 86_400,
  refreshTokenIdleTtl: 30 * 86_400,
  refreshGraceTtl: 60,
}

const SECRET = 'a secret of tests, longer than 32 characters'

const keyset = await (async () => {
  const storage = await openPrepared()
  try {
    await insertPreparedKey(storage.keys, SECRET, NOW)
    return await loadKeyset(storage.keys, SECRET, NOW)
  } finally {
    await storage.close()
  }
})()

export async function createGrantContext(t: Test, change: Partial<GrantSettings> = {}, macKeys: MacKeys = [Buffer.from('a key of tests')]) {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  await storage.users.insert(sampleUser())
  const client = sampleClient()
  await storage.clients.insert(client)
  const registry = createResourceRegistry([], 'allow')
  const notes = { noteIssued: () => undefined, countIssued: () => undefined, noteReplayed: () => undefined }
  const made = { macKeys, newSecret, newId, ...notes, subjectKey: Buffer.alloc(32, 1) }
  const context: GrantContext = {
    storage,
    registry,
    jwt: createJwt(keyset, ISSUER, 'ES256'),
    settings: { ...settings, ...change },
    dpopJkt: undefined,
    network: '192.0.2.7',
    ...made,
  }

  /** A code that was just issued to the client, for the callback and the verifier above. */
  async function issueCode(grant: Partial<Grant> = {}, code: Partial<AuthorizationCode> = {}): Promise<{ secret: string; grant: Grant }> {
    const issued = sampleGrant({ id: newId(), ...grant })
    const secret = formatTokenHandle(issued.id, newSecret())
    await storage.grants.issue(issued, {
      codeHash: sha256(secret),
      grantId: issued.id,
      redirectUri: CALLBACK,
      redirectUriGiven: true,
      codeChallenge: CHALLENGE,
      expiresAt: NOW + 60_000,
      ...code,
    })
    return { secret, grant: issued }
  }

  async function addClient(id: string, change: Parameters<typeof sampleClient>[0] = {}): Promise<Client> {
    const added = sampleClient({ id, ...change })
    await storage.clients.insert(added)
    return added
  }

  /** Whether an access token of this grant would still be honoured. */
  const isLive = async (grantId: string, now: number) => (await storage.grants.findLive(grantId, 'any', now)) !== undefined

  return { storage, context, client, issueCode, addClient, isLive }
}
