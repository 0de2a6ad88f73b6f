/** `client list`, `show`, `add`, `disable`, `enable`, `delete` and `rotate-secret`. */
import { renderDuration } from '../../config/durations.ts'
import { renderClientMetadata } from '../../domain/client/client-information.ts'
import type { Client } from '../../domain/client/client.ts'
import { clientJson } from '../../operations/clients/client-json.ts'
import * as operations from '../../operations/clients/clients.ts'
import type { OperationContext } from '../../operations/context.ts'
import { readAuthentication } from './client-profile.ts'
import { printClient, printClients } from './client-tables.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { printJson } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'
import { isSet, readDuration, readNumber, readText, readTexts } from '../read-options.ts'

export async function listClients(call: Call): Promise<void> {
  const query = {
    search: readText(call, 'search'),
    limit: readNumber(call, 'limit'),
    after: readText(call, 'after'),
    waiting: isSet(call, 'waiting'),
  }
  const page = await withOperations(call, (context) => operations.listClients(context, query))
  const { clients, more } = valueOf(call, page, hintsFor(call))
  if (isSet(call, 'json')) printJson(call, clients.map(clientJson))
  else if (clients.length === 0) call.output.write(query.waiting ? 'No client waits for approval.\n' : 'There is no such client.\n')
  else printClients(call, clients)
  if (more) call.errors.write(`There are more: add --after ${clients.at(-1)!.id}\n`)
}

export async function showClient(call: Call): Promise<void> {
  const shown = await withOperations(call, (context) => operations.showClient(context, call.positionals[0]!))
  const { client, liveGrants } = valueOf(call, shown, hintsFor(call))
  if (isSet(call, 'json')) printJson(call, { ...clientJson(client), live_grants: liveGrants })
  else printClient(call, client, liveGrants)
}

export async function addClient(call: Call): Promise<void> {
  const request = {
    redirect_uris: [...(readTexts(call, 'redirectUri') ?? [])],
    grant_types: [...(readTexts(call, 'grantType') ?? [])],
    client_name: readText(call, 'name') ?? null,
    scope: readText(call, 'scope') ?? null,
    ...readAuthentication(call),
  }
  const [profile, management] = [readText(call, 'profile'), readText(call, 'management')]
  const added = await withOperations(call, (context) => operations.addClient(context, request, { profile, management }))
  const { client, secret } = valueOf(call, added)
  const credentials = { client_id: client.id, ...(secret !== undefined && { client_secret: secret }) }
  if (secret !== undefined) call.errors.write('The secret is shown only once. The client may send it in a header or in the form.\n')
  if (isSet(call, 'json')) printJson(call, { ...credentials, ...renderClientMetadata(client.metadata) })
  else for (const [member, value] of Object.entries(credentials)) call.output.write(`${member}: ${value}\n`)
}

export async function disableClient(call: Call): Promise<void> {
  await withClient(call, async (client, context) => {
    valueOf(call, await operations.disableClient(context, client))
    call.output.write(`${client.id} is disabled: it gets no more tokens, and its grants have ended.\n`)
  })
}

export async function enableClient(call: Call): Promise<void> {
  await withClient(call, async (client, context) => {
    valueOf(call, await operations.enableClient(context, client))
    call.output.write(`${client.id} can be used again. Users have to connect it again.\n`)
  })
}

export async function deleteClient(call: Call): Promise<void> {
  await withClient(call, async (client, context) => {
    const { id, origin } = client
    const warning = origin === 'document' ? 'Its document will bring it back as soon as it is used: disable it to keep it away. ' : ''
    const question = `${warning}Delete ${id} for good, with everything that users allowed it? Type its id to confirm: `
    await confirm(call, question, (answer) => answer.trim() === id, 'id')
    valueOf(call, await operations.deleteClient(context, client))
    call.output.write(`${id} is deleted, with everything that users allowed it.\n`)
  })
}

export async function rotateClientSecret(call: Call): Promise<void> {
  await withClient(call, async (client, context) => {
    const rotated = await operations.rotateClientSecret(context, client, { overlap: readDuration(call, 'overlap') })
    const { secret, overlap } = valueOf(call, rotated)
    const previous = overlap === 0 ? 'The previous secret is revoked.' : `The previous secret stays valid for ${renderDuration(overlap)}.`
    call.errors.write(`The new secret is shown only once. ${previous}\n`)
    if (isSet(call, 'json')) printJson(call, { client_id: client.id, client_secret: secret, previous_secret_valid_for: overlap })
    else call.output.write(`${secret}\n`)
  })
}

export async function withClient(call: Call, work: (client: Client, context: OperationContext) => Promise<void>): Promise<void> {
  await withOperations(call, async (context) => {
    await work(valueOf(call, await operations.findClient(context, call.positionals[0]!), hintsFor(call)), context)
  })
}

const hintsFor = ({ program }: Call) => ({ 'not-found': `List them with: ${program} client list` })
