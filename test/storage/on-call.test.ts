// Who watches an engine hears of each call once it is over, with its time and, if it failed, with what the caller gets.
import t from 'tap'
import type { Test } from 'tap'
import { batch, single, statement, unit } from '#src/storage/driver.ts'
import type { OnCall, Unit } from '#src/storage/driver.ts'
import { openDriver } from '#src/storage/open.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'

const ADD = statement('insert into replays (id, expires_at) values ($1, 1) returning id')
const IDS = statement('select id from replays order by id')
const WRONG = statement('select nothing from nowhere')

// oxlint-disable-next-line require-yield -- a unit that breaks before its first step
function* breaks(): Unit<void> {
  throw new Error('not so')
}

async function hears(t: Test, databaseUrl: string): Promise<void> {
  const heard: { kind: string; ms: number; error: unknown }[] = []
  const onCall: OnCall = (kind, ms, error) => heard.push({ kind, ms, error })
  const driver = await openDriver(databaseUrl, onCall)
  heard.length = 0
  const begun = performance.now()
  const failureOf = (call: Promise<unknown>): Promise<unknown> => call.then(() => undefined).catch((error: unknown) => error)

  t.match(await driver.write(single(ADD, 'a')), [{ id: 'a' }])
  await driver.write(batch({ statement: ADD, parameters: ['b'] }))
  t.match(await driver.read(IDS, []), [{ id: 'a' }, { id: 'b' }])
  const failures = [await failureOf(driver.read(WRONG, [])), await failureOf(driver.write(unit(breaks)))]
  await driver.close()
  failures.push(await failureOf(driver.write(single(ADD, 'c'))), await failureOf(driver.read(IDS, [])))

  const took = performance.now() - begun
  t.strictSame(
    heard.map(({ kind, error }) => [kind, error !== undefined]),
    [
      ['write', false],
      ['write', false],
      ['read', false],
      ['read', true],
      ['write', true],
      ['write', true],
      ['read', true],
    ],
  )
  t.strictSame(
    heard.flatMap(({ error }) => (error === undefined ? [] : [error])),
    failures,
  )
  t.ok(
    heard.every(({ ms }) => ms >= 0 && ms <= took),
    'in ms',
  )
  t.ok(heard[0]!.ms > 0)
}

t.test('SQLite', async (t) => hears(t, 'sqlite::memory:'))
await withPostgres(t, async (t, server) => hears(t, await server.createDatabase()))
