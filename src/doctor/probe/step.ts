/** A step: what it may find, and what it knows from the steps before it. */
import type { FindingId, Subject } from '../findings.ts'
import type { NoReply, Reply, Send } from './http.ts'

export type Members = Readonly<Record<string, unknown>>

/** A JSON document and the reply that brought it. */
export interface Document {
  readonly reply: Reply
  readonly members: Members
}

/** What the steps share. A step sets what it finds; a step that misses what it needs is skipped. */
export interface Context {
  /** The address that is verified, as people or an MCP server give it. Clients compare `issuer` with it. */
  readonly issuer: string
  /** The MCP server that the tokens are for, if known. */
  readonly resource?: string
  readonly send: Send
  metadata?: Document
  registration?: Document
  /** The replies of the token endpoint's error steps. */
  readonly tokenErrors: Reply[]
}

export interface Failure {
  readonly finding: FindingId
  readonly url: string
  readonly status?: number
  readonly expected: string
  readonly received: string
  readonly body?: string
  readonly advice: string
}

export type Outcome =
  | { readonly kind: 'passed'; readonly detail?: string }
  | { readonly kind: 'note'; readonly finding: FindingId; readonly detail: string }
  | { readonly kind: 'skipped'; readonly detail: string }
  | ({ readonly kind: 'failed' } & Failure)

export interface Step<C = Context> {
  /** The sentence that should be true. */
  readonly title: string
  /** What it acts on. It doesn't run once an earlier step has found that wrong. */
  readonly uses?: readonly Subject[]
  readonly run: (context: C) => Outcome | Promise<Outcome>
}

/** What is wrong with a reply; the rest of a failure is taken from the reply itself. */
export type Complaint = Pick<Failure, 'finding' | 'expected' | 'received' | 'advice'>

export const passed = (detail?: string): Outcome => (detail === undefined ? { kind: 'passed' } : { kind: 'passed', detail })
export const noted = (finding: FindingId, detail: string): Outcome => ({ kind: 'note', finding, detail })
export const skipped = (detail: string): Outcome => ({ kind: 'skipped', detail })

/** A failure found in a reply. */
export const failed = (reply: Reply, complaint: Complaint): Outcome => ({
  kind: 'failed',
  url: reply.url,
  status: reply.status,
  body: reply.body,
  ...complaint,
})

/** A failure because no reply came. */
export const unanswered = (noReply: NoReply): Outcome => ({
  kind: 'failed',
  finding: noReply.finding,
  url: noReply.url,
  expected: 'an answer',
  received: noReply.sentence,
  advice: noReply.advice,
})

/** A step about the metadata document; skipped when there is none. */
export function metadataStep(
  title: string,
  check: (metadata: Document, context: Context) => Outcome | Promise<Outcome>,
  uses: readonly Subject[] = [],
): Step {
  return { title, uses, run: (context) => (context.metadata ? check(context.metadata, context) : skipped('there is no metadata')) }
}

/** A step about the client that was registered; skipped when there is none. */
export function clientStep(title: string, check: (registration: Document, context: Context) => Outcome | Promise<Outcome>): Step {
  return { title, run: (context) => (context.registration ? check(context.registration, context) : skipped('no client was registered')) }
}
