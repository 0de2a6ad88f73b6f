/** A row of the benchmark, for one server. */
import { run } from '../measure/load.ts'
import type { Load } from '../measure/load.ts'
import type { ServerProcess } from '../servers/processes.ts'

export interface Scenario {
  readonly name: string
  /** What the bare server signs at /token. */
  readonly sign: readonly ('ES256' | 'RS256')[]
  /** Takes hardly more than a bare server. */
  readonly cheap?: boolean
  /** What has to run before `load(amount)`, unmeasured, one after the other. */
  supply?(amount: number): readonly Load[]
  /** A round's load; called once a round. */
  load(amount: number): Load
}

export const BOTH: Scenario['sign'] = ['ES256', 'RS256']

export async function supply(server: ServerProcess, scenario: Scenario, amount: number): Promise<void> {
  for (const load of scenario.supply?.(amount) ?? []) await run(server, load)
}
