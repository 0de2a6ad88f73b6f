/** Turns findings into a verdict for each client. Pure: the steps have asked, this only concludes. */
import { CLIENTS } from './clients.ts'
import type { ClientId, ClientProfile } from './clients.ts'
import { FINDINGS } from './findings.ts'
import type { FindingId } from './findings.ts'
import type { Failure, Outcome } from './probe/step.ts'

/** One problem. `client` is set if it was found while that client was imitated. */
export type Finding = Pick<Failure, 'finding'> &
  Partial<Omit<Failure, 'finding'>> & { readonly client?: ClientId; readonly detail?: string }

/** `out-of-reach`: only an address that the client's cloud can't reach is in the way. */
export type Verdict = 'works' | 'stopped' | 'out-of-reach'

export interface ClientVerdict {
  readonly id: ClientId
  readonly name: string
  readonly verdict: Verdict
  /** What stops it. */
  readonly findings: readonly FindingId[]
}

/** The problem that an outcome reports; undefined if it reports none. */
export function findingIn(outcome: Outcome, client?: ClientId): Finding | undefined {
  if (outcome.kind !== 'failed' && outcome.kind !== 'note') return undefined
  const { kind: _, ...finding } = outcome
  return { ...finding, ...(client !== undefined && { client }) }
}

export const stopsEveryone = ({ finding }: Finding): boolean => FINDINGS[finding].stops === 'all'

/** Whether a finding keeps a client from connecting. */
export function stops({ finding, client }: Finding, { id, traits }: ClientProfile): boolean {
  const whom = FINDINGS[finding].stops
  if (whom === 'nobody') return false
  if (client !== undefined) return client === id
  return whom === 'all' || (whom !== 'itself' && traits.includes(whom))
}

export function clientVerdicts(found: readonly Finding[]): ClientVerdict[] {
  return CLIENTS.map((profile) => {
    const findings = [...new Set(found.filter((each) => stops(each, profile)).map(({ finding }) => finding))]
    return { id: profile.id, name: profile.name, verdict: verdictOf(findings), findings }
  })
}

function verdictOf(findings: readonly FindingId[]): Verdict {
  if (findings.length === 0) return 'works'
  return findings.every((finding) => finding === 'local-address') ? 'out-of-reach' : 'stopped'
}
