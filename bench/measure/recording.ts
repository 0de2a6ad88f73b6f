/** What one server is asked and answers, so that a bare one can repeat it. */
import type { BareRoute } from '../servers/bare.ts'
import type { Answer, Load, Shot, Step } from './load.ts'
import type { Scenario } from '../rows/scenario.ts'
import { load as repeat } from '../rows/stocks.ts'

/** The first request and the first answer of each step. */
export interface Recording {
  readonly shots: Shot[]
  readonly answers: Answer[]
}

/** The same load, recorded. */
export function record(load: Load, { shots, answers }: Recording): Load {
  const recorded = (step: Step, index: number): Step => ({
    expected: step.expected,
    next(turn) {
      const shot = step.next(turn)
      shots[index] ??= shot
      return shot
    },
    onAnswer(answer, turn) {
      answers[index] ??= answer
      step.onAnswer?.(answer, turn)
    },
  })
  return { ...load, ...recorded(load, 0), followedBy: (load.followedBy ?? []).map((step, index) => recorded(step, index + 1)) }
}

const pathname = ({ path }: Shot): string => path.split('?', 1)[0]!

export function bareRoutes({ shots, answers }: Recording, sign: Scenario['sign']): BareRoute[] {
  return shots.map((shot, index) => {
    const { status, headers, body } = answers[index]!
    return { method: shot.method, path: pathname(shot), status, headers, body, sign: pathname(shot) === '/token' ? sign : [] }
  })
}

/** Asks for the recorded answers again and again. */
export function bareLoad({ shots, answers }: Recording, amount: number): Load {
  const [first, ...others] = shots.map((shot, index): Step => ({ expected: answers[index]!.status, next: () => shot }))
  return repeat(amount, first!, ...others)
}
