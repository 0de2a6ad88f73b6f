/** A driver that records which statements it was given. */
import { stepsOf, unit } from '#src/storage/driver.ts'
import type { Driver, Statement, Unit } from '#src/storage/driver.ts'

/** @param seen gets each statement, short forms included */
export function recordingDriver(driver: Driver, seen: Set<Statement>): Driver {
  function* watch<T>(steps: Unit<T>): Unit<T> {
    let step = steps.next()
    while (step.done !== true) {
      seen.add(step.value.statement)
      step = steps.next(yield step.value)
    }
    return step.value
  }
  return {
    ...driver,
    read(statement, parameters) {
      seen.add(statement)
      return driver.read(statement, parameters)
    },
    write(work) {
      if (work.kind === 'short') seen.add(work.call.statement)
      return driver.write(unit(() => watch(stepsOf(work))))
    },
  }
}
