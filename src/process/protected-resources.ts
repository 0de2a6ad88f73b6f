/** Registers the MCP servers of PROTECT that nobody has registered yet, so that clients can get tokens for them. */
import type { AuditEvent } from '../domain/audit/audit-event.ts'
import { resourceDetails } from '../domain/audit/audit-details.ts'
import { protectedResource } from '../domain/gate/gate-table.ts'
import { protectionsOf } from '../domain/gate/upstream-address.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { resourceId } from '../domain/resource/resource.ts'
import type { Resource } from '../domain/resource/resource.ts'
import type { Config } from '../config/config.ts'
import { newId, newSecret } from '../crypto/random.ts'
import type { Storage } from '../storage/storage.ts'

/** The resources stay; their upstreams are those of this run. Nobody needs their secrets, since this server itself checks the tokens. */
export async function registerProtected({ resources }: Storage, config: Config, now: number): Promise<void> {
  const { issuer } = config
  for (const protection of protectionsOf(config)) {
    const identifier = protectedResource(issuer, protection)
    if ((await resources.findByIdentifier(identifier)) !== undefined) continue
    const name = new URL(identifier).host
    const id = resourceId(newId())
    const resource: Resource = { id, secretHash: sha256(newSecret()), identifier, name, scopes: [], createdAt: now, updatedAt: now }
    const event: AuditEvent = { id: newId(), at: now, name: 'resource.registered', actor: 'server', details: resourceDetails(resource) }
    await resources.insert(resource, event) // another node may have done so
  }
}
