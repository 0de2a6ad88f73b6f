/** `client approve` and `client refuse`. */
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { withClient } from './clients.ts'

export async function approveClient(call: Call): Promise<void> {
  await withClient(call, async (id, ask, here) => {
    valueOf(call, await ask('client.approve', { params: { client_id: id } }))
    call.output.write(`${id} is approved: people can use it from now on.\n`)
    const clients = here?.config.clients ?? 'approve'
    if (clients !== 'approve') call.errors.write(`Approvals count with CLIENTS=approve only; it is ${clients}.\n`)
  })
}

export async function refuseClient(call: Call): Promise<void> {
  await withClient(call, async (id, ask) => {
    valueOf(call, await ask('client.refuse', { params: { client_id: id } }))
    call.output.write(`${id} is refused: it gets no tokens, and its grants have ended.\n`)
  })
}
