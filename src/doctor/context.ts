/** What the doctor's steps about an authorization server share, beyond what those of `verify` do. */
import type { Finding } from './diagnosis.ts'
import type { Context } from './probe/step.ts'

export interface DoctorContext extends Context {
  /** What was found so far. */
  readonly findings: readonly Finding[]
  /** The address of the MCP server, as it was given; `resource` is what it calls itself. */
  readonly resourceUrl?: string
  /** `scopes_supported` of its metadata. */
  readonly resourceScopes?: unknown
  /** The ids of clients that were registered and could not be deleted. */
  readonly remainingClients: string[]
}
