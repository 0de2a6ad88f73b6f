/** Resources: the MCP servers behind this server. Each change notes its audit event in the same unit of work. */
import { changedResourceDetails, resourceDetails } from '../../domain/audit/audit-details.ts'
import { isResourceIdentifier } from '../../domain/protocol/resource-indicator.ts'
import { managementAddress } from '../../domain/management/management.ts'
import { resourceKey } from '../../domain/protocol/resource-indicator.ts'
import { ok } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { resourceId } from '../../domain/resource/resource.ts'
import { parseTools } from '../../domain/resource/tools.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { parseGateMembers } from './gate-members.ts'
import type { GateMembers } from './gate-members.ts'
import { changedMeanwhile, conflict, invalid, notFound } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { parseResourceMembers } from './resource-members.ts'
import type { ResourceMembers } from './resource-members.ts'
import { withTraits } from './scope-traits.ts'

export async function listResources({ storage }: OperationContext): Promise<Outcome<Resource[]>> {
  return ok(await storage.resources.list())
}

/** By any spelling of its address, or by its id. */
export async function findResource({ storage }: OperationContext, named: string): Promise<Outcome<Resource>> {
  const resource = (await storage.resources.findByIdentifier(named)) ?? (await storage.resources.find(named))
  return resource === undefined ? notFound(`There is no resource ${named}.`) : ok(resource)
}

/** @returns the resource, and its secret for introspection, of which only a hash is kept */
export async function addResource(
  context: OperationContext,
  { identifier, ...raw }: ResourceMembers & { readonly identifier: string },
): Promise<Outcome<{ resource: Resource; secret: string }>> {
  if (!isResourceIdentifier(identifier))
    return invalid(
      `"${plainText(identifier, 100)}" is not the address of an MCP server: give its https URL (http on this computer), without a fragment.`,
    )
  if (resourceKey(identifier) === resourceKey(managementAddress(context.config.issuer)))
    return conflict(`${identifier} is the management API of this server.`)
  const members = withTraits(parseResourceMembers(raw), raw, [])
  if (!members.ok) return members
  const secret = context.newSecret()
  const now = context.now()
  const resource: Resource = {
    id: resourceId(context.newId()),
    secretHash: sha256(secret),
    identifier,
    name: new URL(identifier).host,
    scopes: [],
    createdAt: now,
    updatedAt: now,
    ...members.value,
  }
  const event = operatorEvent(context, { name: 'resource.registered', details: resourceDetails(resource) })
  const inserted = await context.storage.resources.insert(resource, event)
  return inserted ? ok({ resource, secret }) : conflict(`${identifier} is already registered.`)
}

/** @param before the resource as it was read: if it has changed since, nothing happens */
export async function updateResource(context: OperationContext, before: Resource, raw: ResourceMembers): Promise<Outcome<Resource>> {
  const members = withTraits(parseResourceMembers(raw), raw, before.scopes)
  if (!members.ok) return members
  if (Object.keys(members.value).length === 0) return invalid('There is nothing to change.')
  // Later than before in any case: by that the storage recognises that another update came first.
  const updatedAt = Math.max(context.now(), before.updatedAt + 1)
  const after = { ...before, ...members.value, updatedAt }
  const event = operatorEvent(context, { name: 'resource.updated', details: changedResourceDetails(before, after) })
  const updated = await context.storage.resources.update({ before, after }, event)
  return updated ? ok(after) : changedMeanwhile(before.identifier)
}

/** Keeps what a resource says about its tools. `before` as for an update. */
export async function keepTools(context: OperationContext, before: Resource, listed: readonly unknown[]): Promise<Outcome<Resource>> {
  const after = { ...before, tools: parseTools(listed), updatedAt: Math.max(context.now(), before.updatedAt + 1) }
  const event = operatorEvent(context, { name: 'resource.updated', details: changedResourceDetails(before, after) })
  return (await context.storage.resources.update({ before, after }, event)) ? ok(after) : changedMeanwhile(before.identifier)
}

/** Changes where its requests go, and under which rules. `before` as for an update. */
export async function changeGate(context: OperationContext, before: Resource, raw: GateMembers): Promise<Outcome<Resource>> {
  const gate = parseGateMembers(before, raw, context.config.issuer)
  if (!gate.ok) return gate
  const after = { ...before, gate: gate.value, updatedAt: Math.max(context.now(), before.updatedAt + 1) }
  const event = operatorEvent(context, { name: 'resource.updated', details: changedResourceDetails(before, after) })
  return (await context.storage.resources.update({ before, after }, event)) ? ok(after) : changedMeanwhile(before.identifier)
}

/** @returns the new secret; the previous one is refused from now on */
export async function rotateResourceSecret(context: OperationContext, { id, identifier }: Resource): Promise<Outcome<string>> {
  const secret = context.newSecret()
  const event = operatorEvent(context, { name: 'resource.secret_rotated', details: { resource: identifier } })
  const rotated = await context.storage.resources.rotateSecret(id, sha256(secret), context.now(), event)
  return rotated ? ok(secret) : changedMeanwhile(identifier)
}

/** Deletes a resource and its opaque tokens. */
export async function deleteResource(context: OperationContext, resource: Resource): Promise<Outcome<void>> {
  const event = operatorEvent(context, { name: 'resource.deleted', details: resourceDetails(resource) })
  const deleted = await context.storage.resources.delete(resource.id, event)
  return deleted ? ok(undefined) : changedMeanwhile(resource.identifier)
}
