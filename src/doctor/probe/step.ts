/** What a step is, what it may find, and what it can know from the steps before it. */
import type { FindingId } from '../findings.ts'
import type { NoReply, Reply, Send } from './http.ts'

export type Members = Record<string, unknown>

/** A JSON document and the reply that brought it. */
export type Document = { reply: Reply; members: Members }

/** What the steps share. A step that finds something sets it; a step that needs it and misses it is skipped. */
export type Context = {
  /** The address that is verified, as people or an MCP server give it: what clients compare `issuer` with. */
  readonly issuer: string
  /** The MCP server that tokens are for, if it is known. */
  readonly resource?: string
  readonly send: Send
  metadata?: Document
  registration?: Document
  /** The replies of the token endpoint's error steps. */
  readonly tokenErrors: Reply[]
}

export type Failure = {
  finding: FindingId
  url: string
  status?: number
  expected: string
  received: string
  body?: string
  advice: string
}

export type Outcome =
  | { kind: 'passed'; detail?: string }
  | { kind: 'note'; finding: FindingId; detail: string }
  | { kind: 'skipped'; detail: string }
  | ({ kind: 'failed' } & Failure)

/** One thing that is verified. Its title is the sentence that should be true. */
export type Step<C = Context> = { title: string; run: (context: C) => Outcome | Promise<Outcome> }

/** What is wrong with a reply; the rest of a failure is read from the reply itself. */
export type Complaint = Pick<Failure, 'finding' | 'expected' | 'received' | 'advice'>

export const passed = (detail?: string): Outcome => (detail === undefined ? { kind: 'passed' } : { kind: 'passed', detail })
export const noted = (finding: FindingId, detail: string): Outcome => ({ kind: 'note', finding, detail })
export const skipped = (detail: string): Outcome => ({ kind: 'skipped', detail })

/** A failure that shows the reply it was found in. */
export const failed = (reply: Reply, complaint: Complaint): Outcome => ({
  kind: 'failed',
  url: reply.url,
  status: reply.status,
  body: reply.body,
  ...complaint,
})

/** A failure without any reply. */
export const unanswered = (noReply: NoReply): Outcome => ({
  kind: 'failed',
  finding: noReply.finding,
  url: noReply.url,
  expected: 'an answer',
  received: noReply.sentence,
  advice: noReply.advice,
})

/** A step about the metadata document; skipped when there is none. */
export function metadataStep(title: string, check: (metadata: Document, context: Context) => Outcome | Promise<Outcome>): Step {
  return { title, run: (context) => (context.metadata ? check(context.metadata, context) : skipped('there is no metadata')) }
}

/** A step about the client that was registered; skipped when there is none. */
export function clientStep(title: string, check: (registration: Document, context: Context) => Outcome | Promise<Outcome>): Step {
  return { title, run: (context) => (context.registration ? check(context.registration, context) : skipped('no client was registered')) }
}
