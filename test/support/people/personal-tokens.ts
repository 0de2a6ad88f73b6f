/** Somebody with a token for their own script, at a resource that may introspect. */
import { newPersonalToken } from '#src/crypto/random.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import type { Resource } from '#src/domain/resource/resource.ts'
import type { PersonalToken } from '#src/domain/token/personal-token.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import type { TestApp } from '../app.ts'

export const SECRET_OF_RESOURCE = 'the secret of the resource'

export async function addResource({ storage, clock }: TestApp, changes: Partial<Resource> = {}): Promise<Resource> {
  const resource: Resource = {
    id: 'resource_sky',
    secretHash: sha256(SECRET_OF_RESOURCE),
    identifier: 'https://sky.example/mcp',
    name: 'Observatory',
    scopes: [
      { name: 'sky:read', description: 'Read the sky' },
      { name: 'sky:move', description: 'Move the telescope' },
    ],
    createdAt: clock.now,
    updatedAt: clock.now,
    ...changes,
  }
  await storage.resources.insert(resource)
  clock.now += FRESH_MS // until every node knows of it
  return resource
}

/** Stores one; its text and its record. */
export async function addPersonalToken(
  { storage, clock }: TestApp,
  userId: string,
  resource: Resource,
  changes: Partial<PersonalToken> = {},
): Promise<{ text: string; record: PersonalToken }> {
  const text = newPersonalToken()
  const record: PersonalToken = {
    id: `id of ${text.slice(4, 12)}`,
    tokenHash: sha256(text),
    userId,
    name: 'backup',
    resourceId: resource.id,
    scopes: ['sky:read', 'sky:move'],
    createdAt: clock.now,
    expiresAt: clock.now + 86_400_000,
    ...changes,
  }
  await storage.personalTokens.insert(record)
  return { text, record }
}
