/** `client list` and `show`: a page of clients at a time, however many there are, and all about one. */
import type { Client } from '../domain/client/client.ts'
import type { Clients } from '../storage/storage.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { parseLimit } from './limit.ts'
import { clientJson, renderClientSheet, renderClientTable } from './render-client.ts'

const LIMIT = { usual: 50, max: 1000 }

export async function listClients(call: Call): Promise<void> {
  const { search, after, json } = call.options
  const limit = parseLimit(call, LIMIT)
  const found = await withStorage(call, async ({ clients }) =>
    clients.list({
      limit: limit + 1, // one more tells that there are more
      ...(typeof search === 'string' && { search }),
      ...(typeof after === 'string' && { after: await findClient(call, clients, after) }),
    }),
  )
  const page = found.slice(0, limit)
  if (json === true) call.output.write(`${JSON.stringify(page.map(clientJson), undefined, 2)}\n`)
  else if (page.length === 0) call.output.write('There is no such client.\n')
  else call.output.write(`${renderClientTable(page)}\n`)
  if (found.length > limit) call.errors.write(`There are more: add --after ${page.at(-1)!.id}\n`)
}

export async function showClient(call: Call): Promise<void> {
  await withStorage(call, async ({ clients, grants }) => {
    const client = await findClient(call, clients, call.positionals[0]!)
    const liveGrants = await grants.countLive(client.id, Date.now())
    if (call.options['json'] === true)
      call.output.write(`${JSON.stringify({ ...clientJson(client), live_grants: liveGrants }, undefined, 2)}\n`)
    else call.output.write(`${renderClientSheet(client, liveGrants)}\n`)
  })
}

/** @throws {CommandRefused} if there is no such client */
export async function findClient({ program }: Pick<Call, 'program'>, clients: Clients, id: string): Promise<Client> {
  const client = await clients.find(id)
  if (client === undefined) throw new CommandRefused(`There is no client ${id}: ${program} client list shows which there are.`)
  return client
}
