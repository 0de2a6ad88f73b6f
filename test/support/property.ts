/** Properties by fast-check as assertions of tap, and hostile text in their messages. */
import fc from 'fast-check'
import type { Test } from 'tap'

export function holds<Values>(t: Test, property: fc.IProperty<Values>, numRuns = 500): void {
  const outcome = fc.check(property, { numRuns })
  t.ok(!outcome.failed, fc.defaultReportMessage(outcome) ?? `held for ${outcome.numRuns} cases`)
}

/** Text as a test's title may show it: some characters would break the lines of the report. */
export const shown = (text: string): string =>
  JSON.stringify(text).replace(/[^\x20-\x7E]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
