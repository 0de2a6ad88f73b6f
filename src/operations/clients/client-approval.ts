/** Which apps may come, as an operator decides one by one (domain/client/client-approval.ts). */
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { displayName } from '../../domain/client/client-display.ts'
import type { Client } from '../../domain/client/client.ts'
import { ok } from '../../domain/protocol/result.ts'
import { operatorEvent } from '../context.ts'
import type { OperationContext } from '../context.ts'
import { changedMeanwhile, conflict } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** The decision, and what it changes: for the audit log, by the name that the client gave itself. */
const detailsOf = (client: Client) => fitDetails({ client_name: displayName(client, 'en'), before: client.approval ?? null })

/**
 * Lets a client come with CLIENTS=approve, and takes a refusal back. What is approved is the client as it was read: an update of its own ends
 * the approval.
 */
export async function approveClient(context: OperationContext, client: Client): Promise<Outcome<void>> {
  if (client.origin === 'operator') return conflict(`${client.id} was made by an operator: it needs no approval.`)
  if (client.approval === 'approved') return conflict(`${client.id} is already approved.`)
  if (client.disabledAt !== undefined) return conflict(`${client.id} is disabled: enable it first.`)
  const event = operatorEvent(context, { name: 'client.approved', clientId: client.id, details: detailsOf(client) })
  return (await context.storage.clients.approve(client, event)) ? ok(undefined) : changedMeanwhile(client.id)
}

/** Keeps a client out, whatever CLIENTS says, and ends what users allowed it. It stays, so that it doesn't come back as a new one. */
export async function refuseClient(context: OperationContext, client: Client): Promise<Outcome<void>> {
  if (client.origin === 'operator') return conflict(`${client.id} was made by an operator: disable it instead.`)
  if (client.approval === 'refused') return conflict(`${client.id} is already refused.`)
  const event = operatorEvent(context, { name: 'client.turned_away', clientId: client.id, details: detailsOf(client) })
  const refused = await context.storage.clients.refuse(client.id, context.now(), event)
  return refused ? ok(undefined) : changedMeanwhile(client.id)
}
