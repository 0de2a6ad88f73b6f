/** A program on this machine that speaks MCP over its standard input and output (stdio). */

/** Whose the process is: each user has one, or each session. */
export const SHARES = ['person', 'session'] as const
export type Share = (typeof SHARES)[number]

/** A variable that the program gets. */
export interface PassedVariable {
  readonly name: string
  /** Where the value is, never the value itself: `env:NAME` or `file:PATH`. */
  readonly value: string
}

/** How a program runs. */
export interface ProcessRules {
  readonly per: Share
  readonly env: readonly PassedVariable[]
  /** Another account of this machine; absent for that of the server. */
  readonly user?: string | undefined
  /** Its working directory; absent for an empty folder of its own. */
  readonly directory?: string | undefined
}

export const USUAL_PROCESS: ProcessRules = { per: 'person', env: [] }

/** The words of a command: the program, then its arguments. No shell reads them. */
export type Words = readonly string[]

/** An MCP server behind the gate: its address, or the command that starts it. */
export type Upstream = string | Words

export const isCommand = (upstream: Upstream): upstream is Words => typeof upstream !== 'string'
