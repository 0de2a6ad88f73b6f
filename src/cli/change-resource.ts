/** `resource list`, `show`, `update`, `rotate-secret`, `delete`: what happens to resources that are there already. */
import { sha256 } from '../domain/credentials.ts'
import type { Resource } from '../domain/records.ts'
import { resourceKey } from '../domain/resource.ts'
import { newSecret } from '../keys/random.ts'
import type { Resources } from '../storage/storage.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { confirm } from './confirm.ts'
import { printResource, printResources, printWithSecret } from './print-resource.ts'
import { readResourceOptions } from './resource-options.ts'

export async function listResources(call: Call): Promise<void> {
  printResources(call, await withStorage(call, ({ resources }) => resources.list()))
}

export async function showResource(call: Call): Promise<void> {
  await withResource(call, async (resource) => printResource(call, resource))
}

export async function updateResource(call: Call): Promise<void> {
  const told = readResourceOptions(call)
  if (Object.keys(told).length === 0) throw new CommandRefused('Say what to change: --name, --scope, --token-ttl, --token-format or --alg.')
  await withResource(call, async (resource, resources) => {
    if (!(await resources.update({ ...resource, ...told, updatedAt: Date.now() }))) throw gone(resource)
    call.output.write(`${resource.identifier} is changed. What clients hold already stays as it is until it ends.\n`)
  })
}

export async function rotateResourceSecret(call: Call): Promise<void> {
  const secret = newSecret()
  await withResource(call, async (resource, resources) => {
    if (!(await resources.rotateSecret(resource.id, sha256(secret), Date.now()))) throw gone(resource)
    printWithSecret(call, resource, secret, `${resource.identifier} has a new secret; the earlier one is refused from now on.`)
  })
}

export async function deleteResource(call: Call): Promise<void> {
  await withResource(call, async (resource, resources) => {
    const { identifier } = resource
    await confirm(call, `Delete ${identifier} for good?`, (answer) => resourceKey(answer.trim()) === resourceKey(identifier))
    if (!(await resources.delete(resource.id))) throw gone(resource)
    call.output.write(`${identifier} is deleted. Its opaque tokens are dead; a JWT lives until it ends.\n`)
  })
}

async function withResource(call: Call, work: (resource: Resource, resources: Resources) => Promise<void>): Promise<void> {
  const named = call.positionals[0]!
  await withStorage(call, async ({ resources }) => {
    const resource = (await resources.findByIdentifier(named)) ?? (await resources.find(named))
    if (resource === undefined) throw new CommandRefused(`There is no resource ${named}: ${call.program} resource list shows which are there.`)
    await work(resource, resources)
  })
}

const gone = ({ identifier }: Resource): CommandRefused => new CommandRefused(`${identifier} was deleted by somebody else at the same moment.`)
