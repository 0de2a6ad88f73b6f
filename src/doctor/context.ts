/** What the doctor's steps about an authorization server share, besides what the steps of verify do. */
import { deleteClient } from './steps/cleanup-step.ts'
import type { Context, Document, Outcome } from './probe/step.ts'
import type { Found } from './diagnosis.ts'

export type DoctorContext = Context & {
  /** What was found so far. */
  readonly found: readonly Found[]
  /** The address of the MCP server, as it was given; `resource` is what it calls itself. */
  readonly resourceUrl?: string
  /** What its metadata says of `scopes_supported`. */
  readonly resourceScopes?: unknown
  /** The ids of clients that were registered and could not be deleted. */
  readonly left: string[]
}

/** Deletes a client that was registered for the examination, or remembers that it stays. */
export async function takeAway(client: Document, context: DoctorContext): Promise<Outcome> {
  const outcome = await deleteClient(client, context)
  const gone = outcome.kind === 'passed' || (outcome.kind === 'note' && outcome.finding === 'deletion-status')
  if (!gone) context.left.push(String(client.members['client_id']))
  return outcome
}
