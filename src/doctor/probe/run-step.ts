/** Runs a step, or skips it: the one place that keeps later steps from acting on what an earlier one found wrong. */
import { spoils } from '../findings.ts'
import type { FindingId } from '../findings.ts'
import { shown } from './shown.ts'
import { skipped } from './step.ts'
import type { Outcome, Step } from './step.ts'

/**
 * Never throws, so that whatever a server sends, the clients that were registered there are deleted at the end.
 *
 * @param found the findings of all steps before
 * @param url the examined address
 */
export async function runStep<C>(step: Step<C>, context: C, found: readonly FindingId[], url: string): Promise<Outcome> {
  const { uses = [] } = step
  const wrong = found.find((finding) => uses.some((subject) => spoils(finding, subject)))
  if (wrong !== undefined) return skipped(`not after ${wrong}`)
  return attempt(url, async () => step.run(context))
}

/** The outcome of some work; if it throws, the outcome says so. */
export async function attempt(url: string, work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work()
  } catch (error) {
    return {
      kind: 'failed',
      finding: 'check-unfinished',
      url,
      expected: 'an answer that can be examined',
      received: `one that ends the check: ${error instanceof Error ? error.message : shown(error)}`,
      advice: 'Look at what the server sends. If it is right, this is a fault of the doctor: please report it.',
    }
  }
}
