/** Writes outcomes as they come. Where many steps in a row are skipped, only the first reason is written: the others follow from it. */
import type { Outcome } from './probe/step.ts'

/** So many skipped steps are still named one by one. */
const NAMED = 3

export interface Printed {
  outcome(title: string, outcome: Outcome): void
  /** Writes what is still held back: at the end, and before anything else is written. */
  end(): void
}

/** @param render the lines of an outcome */
export function printOutcomes(write: (line: string) => void, render: (title: string, outcome: Outcome) => string[]): Printed {
  let held: { readonly title: string; readonly outcome: Outcome }[] = []

  const print = (title: string, outcome: Outcome): void => render(title, outcome).forEach((line) => write(line))

  function end(): void {
    const [first] = held
    if (first !== undefined && held.length > NAMED) print(`${held.length} checks skipped`, first.outcome)
    else for (const { title, outcome } of held) print(title, outcome)
    held = []
  }

  return {
    end,
    outcome(title, outcome) {
      if (outcome.kind === 'skipped') return void held.push({ title, outcome })
      end()
      print(title, outcome)
    },
  }
}
