/** `resource list`, `show`, `update`, `rotate-secret`, `delete`: what happens to resources that are there already. */
import { changedResourceDetails, resourceDetails } from '../domain/audit/audit-details.ts'
import type { Resource } from '../domain/resource/resource.ts'
import { resourceKey } from '../domain/protocol/resource-indicator.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { newSecret } from '../crypto/random.ts'
import type { Resources } from '../storage/storage.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { confirm } from './confirm.ts'
import { operatorEvent } from './operator.ts'
import { printResource, printResources, printWithSecret } from './print-resource.ts'
import { readResourceOptions } from './resource-options.ts'

export async function listResources(call: Call): Promise<void> {
  printResources(call, await withStorage(call, ({ resources }) => resources.list()))
}

export async function showResource(call: Call): Promise<void> {
  printResource(call, await withResource(call, async () => true))
}

export async function updateResource(call: Call): Promise<void> {
  const told = readResourceOptions(call)
  if (Object.keys(told).length === 0) throw new CommandRefused('Say what to change: --name, --scope, --token-ttl, --token-format or --alg.')
  const { identifier } = await withResource(call, (before, resources) => {
    const after = { ...before, ...told, updatedAt: Date.now() }
    return resources.update({ before, after }, operatorEvent({ name: 'resource.updated', details: changedResourceDetails(before, after) }))
  })
  call.output.write(`${identifier} is changed. What clients hold already stays as it is until it ends.\n`)
}

export async function rotateResourceSecret(call: Call): Promise<void> {
  const secret = newSecret()
  const resource = await withResource(call, ({ id, identifier }, resources) =>
    resources.rotateSecret(
      id,
      sha256(secret),
      Date.now(),
      operatorEvent({ name: 'resource.secret_rotated', details: { resource: identifier } }),
    ),
  )
  printWithSecret(call, resource, secret, `${resource.identifier} has a new secret; the earlier one is refused from now on.`)
}

export async function deleteResource(call: Call): Promise<void> {
  const { identifier } = await withResource(call, async (resource, resources) => {
    await confirm(
      call,
      `Delete ${resource.identifier} for good? Type its address to confirm: `,
      (answer) => resourceKey(answer.trim()) === resourceKey(resource.identifier),
    )
    return resources.delete(resource.id, operatorEvent({ name: 'resource.deleted', details: resourceDetails(resource) }))
  })
  call.output.write(`${identifier} is deleted. Its opaque tokens are dead; a JWT lives until it ends.\n`)
}

/**
 * Does `work` with the resource that the call names.
 *
 * @param work whether the resource was still there, and as it was read
 * @returns the resource as it was before
 */
async function withResource(call: Call, work: (resource: Resource, resources: Resources) => Promise<boolean>): Promise<Resource> {
  const named = call.positionals[0]!
  return withStorage(call, async ({ resources }) => {
    const resource = (await resources.findByIdentifier(named)) ?? (await resources.find(named))
    if (resource === undefined)
      throw new CommandRefused(`There is no resource ${named}: ${call.program} resource list shows which are there.`)
    if (!(await work(resource, resources)))
      throw new CommandRefused(`${resource.identifier} was changed or deleted by somebody else at the same moment.`)
    return resource
  })
}
