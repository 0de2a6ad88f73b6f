/** Drivers that show which statements they are given. */
import { stepsOf, unit } from '#src/storage/driver.ts'
import type { Driver, Statement, Unit } from '#src/storage/driver.ts'

/** @param seen gets each statement, short forms included */
export function recordingDriver(driver: Driver, seen: Set<Statement>): Driver {
  const watched = watchedDriver(driver, (statement) => seen.add(statement))
  return {
    ...watched,
    write(work) {
      if (work.kind === 'short') seen.add(work.call.statement)
      return watched.write(work)
    },
  }
}

/** @param seen gets each statement, as often as the driver executes it */
export function watchedDriver(driver: Driver, seen: (statement: Statement) => void): Driver {
  function* watch<T>(steps: Unit<T>): Unit<T> {
    let step = steps.next()
    while (step.done !== true) {
      seen(step.value.statement)
      step = steps.next(yield step.value)
    }
    return step.value
  }
  return {
    ...driver,
    read(statement, parameters) {
      seen(statement)
      return driver.read(statement, parameters)
    },
    write: (work) => driver.write(unit(() => watch(stepsOf(work)))),
  }
}
