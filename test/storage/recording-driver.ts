/** A driver that remembers which statements it was given. */
import type { Driver, Statement, Unit } from '#src/storage/driver.ts'

type Written = (() => Unit<unknown>) & { readonly short?: { readonly statement: Statement } }

/**
 * @param seen gets each statement, the other one of those units that PostgreSQL does by one statement included
 */
export function recordingDriver(driver: Driver, seen: Set<Statement>): Driver {
  function* watch<T>(unit: () => Unit<T>): Unit<T> {
    const work = unit()
    let step = work.next()
    while (step.done !== true) {
      seen.add(step.value.statement)
      step = work.next(yield step.value)
    }
    return step.value
  }
  return {
    ...driver,
    read(statement, parameters) {
      seen.add(statement)
      return driver.read(statement, parameters)
    },
    write(unit) {
      const { short } = unit as Written
      if (short !== undefined) seen.add(short.statement)
      return driver.write(() => watch(unit))
    },
  }
}
