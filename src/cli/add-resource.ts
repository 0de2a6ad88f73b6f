/** `resource add`: an MCP server whose scopes people can allow, and that may ask what a token is good for. */
import { resourceDetails } from '../domain/audit/audit-details.ts'
import type { Resource } from '../domain/resource/resource.ts'
import { isResourceIdentifier } from '../domain/protocol/resource-indicator.ts'
import { resourceId } from '../domain/resource/resource.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { plainText } from '../domain/protocol/text.ts'
import { newId, newSecret } from '../crypto/random.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { operatorEvent } from './operator.ts'
import { printWithSecret } from './print-resource.ts'
import { readResourceOptions } from './resource-options.ts'

export async function addResource(call: Call): Promise<void> {
  const identifier = call.positionals[0]!
  if (!isResourceIdentifier(identifier)) {
    throw new CommandRefused(
      `"${plainText(identifier, 100)}" is no address of an MCP server: give its https URL (http on this computer), without a fragment.`,
    )
  }
  const secret = newSecret()
  const now = Date.now()
  const told = readResourceOptions(call)
  const resource: Resource = {
    id: resourceId(newId()),
    secretHash: sha256(secret),
    identifier,
    name: new URL(identifier).host,
    scopes: [],
    createdAt: now,
    updatedAt: now,
    ...told,
  }
  await withStorage(call, async ({ resources }) => {
    if (await resources.insert(resource, operatorEvent({ name: 'resource.registered', details: resourceDetails(resource) }))) return
    throw new CommandRefused(`${identifier} is registered already: ${call.program} resource update changes it.`)
  })
  printWithSecret(call, resource, secret, `${resource.name} is registered: clients can get tokens for ${identifier}.`)
}
