/** A request that may pass, as far as its head says. */
import type { GateMatch } from '../../domain/gate/gate-table.ts'
import type { Holder } from '../../domain/gate/session-binding.ts'
import type { Caller } from './gate-token.ts'

export interface Passing {
  readonly gated: GateMatch
  readonly caller: Caller
  readonly holder: Holder
  /** The upstream's own. */
  readonly sessionId: string | undefined
  /** Where the upstream wants this message (HTTP with SSE); path and query. */
  readonly endpoint: string | undefined
}

/** To whom sessions and addresses belong that the answer names. */
export const holderOf = (issuer: string, { resource }: GateMatch, { claims }: Caller): Holder => ({
  issuer,
  resource: resource.identifier,
  subject: claims.sub,
  clientId: claims.client_id,
})
