/** From what was found to a verdict for each client. Pure: the steps have asked, this only judges. */
import { FINDINGS, type FindingId } from './findings.ts'
import type { Failure, Outcome } from './probe/step.ts'
import { type ClientId, type ClientProfile, CLIENTS } from './clients.ts'

/** One thing that was found. `client` is the one that was imitated when it was. */
export type Found = Pick<Failure, 'finding'> & Partial<Omit<Failure, 'finding'>> & { readonly client?: ClientId; readonly detail?: string }

/** `out-of-reach`: all is well, but for an address that the client's cloud can't see. */
export type Verdict = 'works' | 'stopped' | 'out-of-reach'
export type ClientVerdict = {
  readonly id: ClientId
  readonly name: string
  readonly verdict: Verdict
  /** What stops it. */
  readonly findings: readonly FindingId[]
}

/** What an outcome holds against the server; undefined if nothing. */
export function foundIn(outcome: Outcome, client?: ClientId): Found | undefined {
  if (outcome.kind !== 'failed' && outcome.kind !== 'note') return undefined
  const { kind: _, ...found } = outcome
  return { ...found, ...(client !== undefined && { client }) }
}

export const stopsEveryone = ({ finding }: Found): boolean => FINDINGS[finding].stops === 'all'

/** Whether a finding keeps a client from connecting. */
export function stops({ finding, client }: Found, { id, traits }: ClientProfile): boolean {
  const whom = FINDINGS[finding].stops
  if (whom === 'nobody') return false
  if (client !== undefined) return client === id
  return whom === 'all' || (whom !== 'itself' && traits.includes(whom))
}

/** What each client will meet. */
export function judgeClients(found: readonly Found[]): ClientVerdict[] {
  return CLIENTS.map((profile) => {
    const findings = [...new Set(found.filter((each) => stops(each, profile)).map(({ finding }) => finding))]
    return { id: profile.id, name: profile.name, verdict: verdictOf(findings), findings }
  })
}

function verdictOf(findings: readonly FindingId[]): Verdict {
  if (findings.length === 0) return 'works'
  return findings.every((finding) => finding === 'local-address') ? 'out-of-reach' : 'stopped'
}
