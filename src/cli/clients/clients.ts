/** `client list`, `show`, `add`, `disable`, `enable`, `delete` and `rotate-secret`. */
import { renderDuration } from '../../config/durations.ts'
import { formatCursor } from '../../domain/protocol/cursor.ts'
import type { OperationContext } from '../../operations/context.ts'
import { readAuthentication } from './client-authentication.ts'
import { printClient, printClients } from './client-tables.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { askFor, withManagement } from '../managed.ts'
import type { Answer, Ask } from '../managed.ts'
import { printJson } from '../terminal/print.ts'
import { confirm } from '../terminal/prompt.ts'
import { isSet, readDuration, readText, readTexts } from '../read-options.ts'

export async function listClients(call: Call): Promise<void> {
  const [isWaiting, after] = [isSet(call, 'waiting'), readText(call, 'after')]
  const query = {
    search: readText(call, 'search'),
    limit: readText(call, 'limit'),
    cursor: after === undefined ? undefined : formatCursor([after]),
    waiting: isWaiting ? ('true' as const) : undefined,
  }
  const { items: clients, more } = await askFor(call, 'client.list', { query }, hintsFor(call))
  if (isSet(call, 'json')) printJson(call, clients)
  else if (clients.length === 0) call.output.write(isWaiting ? 'No client waits for approval.\n' : 'There is no such client.\n')
  else printClients(call, clients)
  if (more) call.errors.write(`There are more: add --after ${clients.at(-1)!.client_id}\n`)
}

export async function showClient(call: Call): Promise<void> {
  const client = await askFor(call, 'client.show', { params: { client_id: call.positionals[0]! } }, hintsFor(call))
  if (isSet(call, 'json')) printJson(call, client)
  else printClient(call, client)
}

export async function addClient(call: Call): Promise<void> {
  const body = {
    redirect_uris: readTexts(call, 'redirectUri'),
    grant_types: readTexts(call, 'grantType'),
    client_name: readText(call, 'name'),
    scope: readText(call, 'scope'),
    ...readAuthentication(call),
    profile: readText(call, 'profile'),
    management: readText(call, 'management'),
  }
  const added = await askFor(call, 'client.add', { body })
  const { client_id, client_secret } = added
  if (client_secret !== undefined) call.errors.write('The secret is shown only once. The client may send it in a header or in the form.\n')
  if (isSet(call, 'json')) return printJson(call, added)
  call.output.write(`client_id: ${client_id}\n`)
  if (client_secret !== undefined) call.output.write(`client_secret: ${client_secret}\n`)
}

export async function disableClient(call: Call): Promise<void> {
  await withClient(call, async (client_id, ask) => {
    valueOf(call, await ask('client.disable', { params: { client_id } }))
    call.output.write(`${client_id} is disabled: it gets no more tokens, and its grants have ended.\n`)
  })
}

export async function enableClient(call: Call): Promise<void> {
  await withClient(call, async (client_id, ask) => {
    valueOf(call, await ask('client.enable', { params: { client_id } }))
    call.output.write(`${client_id} can be used again. Users have to connect it again.\n`)
  })
}

export async function deleteClient(call: Call): Promise<void> {
  await withManagement(call, async (ask) => {
    const { client_id: id, origin } = await findClient(call, ask)
    const warning = origin === 'document' ? 'Its document will bring it back as soon as it is used: disable it to keep it away. ' : ''
    const question = `${warning}Delete ${id} for good, with everything that users allowed it? Type its id to confirm: `
    await confirm(call, question, (answer) => answer.trim() === id, 'id')
    valueOf(call, await ask('client.delete', { params: { client_id: id } }))
    call.output.write(`${id} is deleted, with everything that users allowed it.\n`)
  })
}

export async function rotateClientSecret(call: Call): Promise<void> {
  await withClient(call, async (client_id, ask) => {
    const rotated = await ask('client.rotate-secret', { params: { client_id }, body: { overlap: readDuration(call, 'overlap') } })
    const { secret, overlap } = valueOf(call, rotated)
    const previous = overlap === 0 ? 'The previous secret is revoked.' : `The previous secret stays valid for ${renderDuration(overlap)}.`
    call.errors.write(`The new secret is shown only once. ${previous}\n`)
    if (isSet(call, 'json')) printJson(call, { client_id, client_secret: secret, previous_secret_valid_for: overlap })
    else call.output.write(`${secret}\n`)
  })
}

const findClient = async (call: Call, ask: Ask): Promise<Answer<'client.show'>> =>
  valueOf(call, await ask('client.show', { params: { client_id: call.positionals[0]! } }), hintsFor(call))

/** Does `work` with the id of the client that the call names. */
export async function withClient(call: Call, work: (id: string, ask: Ask, here?: OperationContext) => Promise<void>): Promise<void> {
  await withManagement(call, async (ask, here) => work((await findClient(call, ask)).client_id, ask, here))
}

const hintsFor = ({ program }: Call) => ({ 'not-found': `List them with: ${program} client list` })
