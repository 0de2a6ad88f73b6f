/** `client add`: a client that an operator makes, such as a GPT with actions needs, or a machine that acts for itself. Judged as at /register, and never swept. */
import { registeredDetails } from '../domain/audit/audit-details.ts'
import { renderClientMetadata } from '../domain/client/client-information.ts'
import { parseClientMetadata } from '../domain/client/client-metadata.ts'
import type { Client } from '../domain/client/client.ts'
import { sha256 } from '../domain/protocol/sha256.ts'
import { newRecordId, newSecret } from '../crypto/random.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { operatorEvent } from './operator.ts'

export async function addClient(call: Call): Promise<void> {
  const { name, scope, confidential, json } = call.options
  const metadata = parseClientMetadata({
    redirect_uris: [call.options['redirect-uri'] ?? []].flat().filter((uri) => typeof uri === 'string'),
    grant_types: [call.options['grant-type'] ?? []].flat().filter((type) => typeof type === 'string'),
    client_name: typeof name === 'string' ? name : null,
    scope: typeof scope === 'string' ? scope : null,
    token_endpoint_auth_method: confidential === true ? 'client_secret_basic' : 'none',
  })
  if (!metadata.ok) throw new CommandRefused(`${metadata.error.description}.`)
  const secret = confidential === true ? newSecret() : undefined
  const createdAt = Date.now()
  const client: Client = {
    id: `client_${newRecordId(createdAt)}`,
    secretHash: secret === undefined ? undefined : sha256(secret),
    metadata: metadata.value,
    origin: 'operator',
    createdAt,
  }
  const event = operatorEvent({ name: 'client.registered', clientId: client.id, details: registeredDetails(client.metadata) })
  await withStorage(call, ({ clients }) => clients.insert(client, event))
  const credentials = { client_id: client.id, ...(secret !== undefined && { client_secret: secret }) }
  if (secret !== undefined) call.errors.write('The secret is shown this once. The client may send it in a header or in the form.\n')
  if (json === true) call.output.write(`${JSON.stringify({ ...credentials, ...renderClientMetadata(client.metadata) }, undefined, 2)}\n`)
  else for (const [member, value] of Object.entries(credentials)) call.output.write(`${member}: ${value}\n`)
}
