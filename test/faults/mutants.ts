/** Servers that go wrong only when they are killed: without a crash every client gets what it should. */
import pg from 'pg'
import type { Driver, Row, Unit } from '#src/storage/driver.ts'
import { single, statement, stepsOf } from '#src/storage/driver.ts'
import { createStorage } from '#src/storage/open.ts'
import { encode, openPostgres, types } from '#src/storage/postgres/postgres.ts'
import { openSqlite } from '#src/storage/sqlite/sqlite.ts'
import { openDatabase } from '#src/storage/sqlite/sqlite-database.ts'
import type { Storage } from '#src/storage/storage.ts'

/** How long the answers are ahead of their commit, in ms. */
const AHEAD_MS = 400
const FORGET = statement('update grants set redeemed_at = null where id = $1')

const sqlitePath = (url: string) => url.slice('sqlite:'.length)
const isSqlite = (url: string) => url.startsWith('sqlite:')
const openDriver = (url: string): Promise<Driver> => (isSqlite(url) ? openSqlite(sqlitePath(url)) : openPostgres(url))

/** By name; each opens a migrated database. */
export const MUTANTS: Readonly<Record<string, (databaseUrl: string) => Promise<Storage>>> = {
  'answers before the commit': async (url) =>
    createStorage(answersEarly(await (isSqlite(url) ? askSqlite(sqlitePath(url)) : askPostgres(url)))),
  'remembers used codes in memory': async (url) => forgetful(await openDriver(url)),
}

type Ask = (text: string, values: readonly (string | number | null)[]) => Promise<Row[]>

async function askSqlite(path: string): Promise<Ask> {
  const database = await openDatabase(path)
  return async (text, values) => database.prepare(text.replace(/\$(\d+)/g, '?$1')).all(...values) as Row[]
}

async function askPostgres(url: string): Promise<Ask> {
  const client = new pg.Client({ connectionString: url, types })
  await client.connect()
  return async (text, values) => (await client.query<Row>(text, values.map(encode))).rows
}

/** One connection, on which a transaction stays open for a while: other connections meanwhile read what isn't committed yet. */
function answersEarly(ask: Ask): Driver {
  let last: Promise<unknown> = Promise.resolve()
  let open = false

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }

  async function begin(): Promise<void> {
    if (open) return
    open = true
    await ask('begin', [])
    const commit = async () => {
      open = false
      await ask('commit', [])
    }
    setTimeout(() => void inTurn(commit), AHEAD_MS)
  }

  async function runUnit<T>(unit: Unit<T>): Promise<T> {
    await begin()
    await ask('savepoint unit', [])
    try {
      let step = unit.next()
      while (step.done !== true) step = unit.next(await ask(step.value.statement.text, step.value.parameters))
      await ask('release unit', [])
      return step.value
    } catch (error) {
      await ask('rollback to unit', [])
      throw error
    }
  }

  return {
    read: ({ text }, parameters) => inTurn(() => ask(text, parameters)),
    write: (work) => inTurn(() => runUnit(stepsOf(work))),
    ping: async () => undefined,
    size: async () => 0,
    load: () => ({ connections: 1, idle: 1, waiting: 0 }),
    close: async () => void (await last),
  }
}

/** What was used is known to this process only. */
function forgetful(driver: Driver): Storage {
  const storage = createStorage(driver)
  const used = new Set<string>()
  return {
    ...storage,
    grants: {
      ...storage.grants,
      async redeem(redemption) {
        const { codeHash, grantId, now } = redemption
        if (used.has(codeHash)) {
          await storage.grants.revoke(grantId, now)
          return 'replayed'
        }
        const outcome = await storage.grants.redeem(redemption)
        if (outcome !== 'redeemed') return outcome
        used.add(codeHash)
        await driver.write(single(FORGET, grantId))
        return outcome
      },
    },
  }
}
