/** How the requests of a resource reach the MCP server behind it, as an operator decides. */
import type { ProcessRules, Upstream } from './command/command.ts'

/** What the upstream learns of the user: nothing, plain headers, or a short-lived signed statement. */
export const IDENTITIES = ['none', 'headers', 'assertion'] as const
export type Identity = (typeof IDENTITIES)[number]

/** A header that every request to the upstream gets. */
export interface UpstreamHeader {
  readonly name: string
  /** Where the value is, never the value itself: `env:NAME` or `file:PATH`, perhaps after a word such as `Bearer`. */
  readonly value: string
}

/** The scope that a tool needs; the tool `*` means all that no other rule names. */
export interface ToolRule {
  readonly tool: string
  readonly scope: string
}

export interface Gate {
  /** Absent where it is given at each start (`protect URL`, `protect -- COMMAND`). */
  readonly upstream?: Upstream | undefined
  readonly identity: Identity
  /** How the command runs, where the upstream is one; absent for what is usual. */
  readonly process?: ProcessRules | undefined
  readonly headers: readonly UpstreamHeader[]
  /** Whether the upstream was seen to refuse requests of 2026-07-28 whose headers say something else than their body. */
  readonly validatesHeaders?: boolean | undefined
  /** None: tools need no more than other requests. */
  readonly tools: readonly ToolRule[]
}

export const NO_GATE: Gate = { identity: 'none', headers: [], tools: [] }

/** Means all tools that no rule names. */
export const OTHER_TOOLS = '*'
