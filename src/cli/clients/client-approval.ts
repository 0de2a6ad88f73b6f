/** `client approve` and `client refuse`. */
import * as operations from '../../operations/clients/client-approval.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { withClient } from './clients.ts'

export async function approveClient(call: Call): Promise<void> {
  await withClient(call, async (client, context) => {
    valueOf(call, await operations.approveClient(context, client))
    call.output.write(`${client.id} is approved: people can use it from now on.\n`)
    const { clients } = context.config
    if (clients !== 'approve') call.errors.write(`Approvals count with CLIENTS=approve only; it is ${clients}.\n`)
  })
}

export async function refuseClient(call: Call): Promise<void> {
  await withClient(call, async (client, context) => {
    valueOf(call, await operations.refuseClient(context, client))
    call.output.write(`${client.id} is refused: it gets no tokens, and its grants have ended.\n`)
  })
}
