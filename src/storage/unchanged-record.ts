/** Changes that count only if a record is still as somebody saw it: compared in the unit of work of the change itself. */
import { run, statement, stepsOf, unit } from './driver.ts'
import type { Driver, Outcome, Row, Statement, Unit, Work } from './driver.ts'

/** Records with a version of their own at the management API. */
export type RecordKind = 'user' | 'client' | 'resource' | 'provider' | 'group'

/** A record was changed or deleted since somebody saw it. Nothing has happened. */
export class RecordChanged extends Error {}

interface Statements {
  readonly find: Statement
  /** Changes nothing, and has others wait who would change it now. */
  readonly hold: Statement
}

const of = (table: string, key: string): Statements => ({
  find: statement(`select * from ${table} where ${key} = $1`),
  hold: statement(`update ${table} set ${key} = ${key} where ${key} = $1 returning *`),
})
const STATEMENTS: Readonly<Record<RecordKind, Statements>> = {
  user: of('users', 'id'),
  client: of('clients', 'id'),
  resource: of('resources', 'id'),
  provider: of('providers', 'name'),
  group: of('groups', 'name'),
}

/** A driver whose first write rejects with `RecordChanged` unless the record is as it is now. */
export async function whileUnchanged(driver: Driver, kind: RecordKind, key: string): Promise<Driver> {
  const { find, hold } = STATEMENTS[kind]
  const [before] = await driver.read(find, [key])
  let isFirst = true
  return {
    ...driver,
    async write<W extends Work>(work: W): Promise<Outcome<W>> {
      if (!isFirst) return driver.write(work)
      isFirst = false
      const checked = unit(function* (): Unit<Outcome<W>> {
        const [row] = yield* run(hold, key)
        if (!isSame(before, row)) throw new RecordChanged()
        return yield* stepsOf(work)
      })
      return driver.write(checked) as Promise<Outcome<W>>
    },
  }
}

const isSame = (one: Row | undefined, other: Row | undefined): boolean => JSON.stringify(one) === JSON.stringify(other)
