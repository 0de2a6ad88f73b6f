/** Runs steps one after another and reports each as it ends. */
import { renderOutcome, type Tally } from './outcome-report.ts'
import type { Context, Step } from './probe/step.ts'

/** @returns how many steps ended in which way. */
export async function runSteps(steps: readonly Step[], context: Context, write: (line: string) => void, color: boolean): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, note: 0 }
  for (const step of steps) {
    const outcome = await step.run(context)
    tally[outcome.kind] += 1
    for (const line of renderOutcome(step.title, outcome, color)) write(line)
  }
  return tally
}
