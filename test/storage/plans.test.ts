// No statement reads a growing table from end to end, as `explain` shows. The exceptions are listed here with their reasons.
import { join } from 'node:path'
import pg from 'pg'
import t from 'tap'
import type { Test } from 'tap'
import type { Statement } from '#src/storage/driver.ts'
import { createStorage } from '#src/storage/open.ts'
import { openSqlite } from '#src/storage/sqlite/sqlite.ts'
import { createDatabase } from '#src/storage/sqlite/sqlite-database.ts'
import { openPostgres } from '#src/storage/postgres/postgres.ts'
import { TABLES } from '#src/storage/transfer.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { runCheck } from './conformance/check.ts'
import { CHECKS } from './conformance/conformance.ts'
import { addEveryRecord } from './every-record.ts'
import { recordingDriver } from './recording-driver.ts'
import { openPreparedDriver } from '#test/support/memory-storage.ts'

/** Tables that stay small: by their nature, or because an operator fills them. */
const SMALL = [
  'signing_keys',
  'sealed_secrets',
  'resources',
  'groups',
  'access_rules',
  'initial_access_tokens',
  'providers',
  'admission_rules',
  'schema_version',
  'leases',
  'event_receivers',
  'rules_in_force',
]

/** Indices of the few who manage the server. */
const OF_FEW = ['users_administrator', 'users_role']

/** The indices and tables that a statement may read completely, by the text of the statement. */
const REASONED = new Map([
  // The command line lists all users.
  ['select * from users order by username', /^(users|sqlite_autoindex_users_2|users_username_key)$/],
  // An operator asks for it.
  ['select count(*) as n from (select 1 as one from users limit $1) u', /^(users|sqlite_autoindex_users_\d|users_\w+)$/],
  ['select count(*) as n from (select 1 as one from clients limit $1) c', /^(clients|sqlite_autoindex_clients_\d|clients_\w+)$/],
  // The index has only those that are in trouble.
  [
    'select provider_id, count(*) as n from identities where unreachable_since is not null group by provider_id',
    /^identities_unreachable$/,
  ],
  // After the loss of SECRET, with no server running.
  ['update identities set refresh_token = null', /^identities$/],
  // Runs once a minute, and takes 15 ms for a million clients (MAX_CLIENTS).
  ['select count(*) as n from clients', /^(clients|sqlite_autoindex_clients_1|clients_\w+)$/],
  // An operator asks for it: the index has those that wait alone.
  ["select count(*) as n from clients where approval = 'waiting'", /^clients_waiting$/],
  // Once at the start.
  [
    'select 1 as found where exists (select 1 from passkeys where rp_id < $1) or exists (select 1 from passkeys where rp_id > $1)',
    /^passkeys/,
  ],
  // An operator looks for one; reads the newest clients that nobody has allowed, up to a limit.
  ...['name_key', 'host_key'].map(
    (key) =>
      [
        `select * from (select * from clients where authorized_at is null order by created_at desc limit $3) c where ${key} >= $1 and ${key} < $2 and origin <> 'person' and approval is null order by created_at desc, id desc limit $4`,
        /^clients_unused$/,
      ] as const,
  ),
  // Reads the oldest clients, up to the first that may be deleted.
  [
    "delete from clients where authorized_at is null and id in ( select id from clients where authorized_at is null and (origin = 'registration' or (origin = 'document' and disabled_at is null)) and coalesce(approval, '') <> 'refused' and coalesce(approval, 'waiting') = 'waiting' order by created_at limit $1) returning id",
    /^clients_unused$/,
  ],
])

/** The statements that the checks of the contract make the storage run. */
const statements = new Set<Statement>()
t.before(async () => {
  for (const check of Object.values(CHECKS).flat())
    await runCheck(
      check,
      () => openPreparedDriver(),
      (driver) => createStorage(recordingDriver(driver, statements)),
    )
})

const textOf = ({ text }: Statement): string => text.trim().replace(/\s+/g, ' ')
/** The statements that have to find something. */
const searching = (): Statement[] => [...statements].filter((statement) => !/^insert into \w+ \([^)]*\) values/.test(textOf(statement)))

t.test('what SQLite reads completely is small, or has a reason', async (t) => {
  const path = join(t.testdir(), 'plans.db')
  await (await openSqlite(path)).close()
  const database = createDatabase(path)
  t.teardown(() => database.close())
  t.ok(searching().length > 80, `${searching().length} statements`)
  for (const statement of searching()) {
    if (/for no key update|\bas \( ?update\b/.test(textOf(statement))) continue // PostgreSQL's alone
    const plan = database.prepare(`explain query plan ${statement.text.replace(/\$(\d+)/g, '?$1')}`).all() as { detail: string }[]
    const details = plan.map(({ detail }) => detail)
    // A part with its own limit is read completely afterwards.
    const parts = details.flatMap((detail) => /^(?:CO-ROUTINE|MATERIALIZE) (\w+)/.exec(detail)?.[1] ?? [])
    const scans = details.flatMap((detail) => {
      const [, table, index] = /^SCAN (?!CONSTANT ROW)(\w+)(?: USING (?:COVERING )?INDEX (\w+))?/.exec(detail) ?? []
      return table === undefined || parts.includes(table) ? [] : [{ table, index }]
    })
    expectReasons(t, statement, scans)
    // Any number of clients may have been used in one instant.
    if (/order by last_used_at desc, id desc/.test(textOf(statement))) t.notMatch(details.join(), /TEMP B-TREE/, textOf(statement))
  }
})

t.test('every foreign key that SQLite follows before it deletes a record has an index', async (t) => {
  const path = join(t.testdir(), 'references.db')
  await (await openSqlite(path)).close()
  const database = createDatabase(path)
  t.teardown(() => database.close())
  for (const table of TABLES) {
    for (const { from } of database.prepare(`pragma foreign_key_list(${table})`).all() as { from: string }[]) {
      const [step] = database.prepare(`explain query plan select 1 from ${table} where ${from} = ?`).all() as { detail: string }[]
      t.match(step!.detail, /^SEARCH/, `${table}.${from}`)
    }
  }
})

await withPostgres(t, async (t, server) => {
  const skip = !server.superuser && 'only a superuser may change what the planner knows'
  await t.test('what PostgreSQL reads completely is small, or has a reason', { skip }, async (t) => {
    const url = await server.createDatabase()
    await (await openPostgres(url)).close()
    const client = new pg.Client({ connectionString: url })
    t.teardown(() => client.end())
    await client.connect()
    await addEveryRecord(url)
    // Makes the planner assume that every table is large.
    await client.query(
      "update pg_class set reltuples = 1000000, relpages = 1 where relkind in ('r', 'i') and relnamespace = current_schema()::regnamespace",
    )
    for (const statement of searching()) {
      // With an unknown limit the planner expects a tenth of the table. The plans that run know the limit.
      const text = statement.text.replace(/\blimit \$\d+/g, 'limit 50')
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (generic_plan, format json) ${text}`)
      expectReasons(t, statement, scansOf(rows[0]!['QUERY PLAN'][0].Plan))
    }

    // Most clients may have one name or host: what comes after one of them is as many as all, and still found by the index.
    await client.query(`
      insert into clients select (jsonb_populate_record(null::clients, to_jsonb(c) || jsonb_build_object(
        'id', 'same' || n, 'created_at', (n * 7919) % 20000, 'authorized_at', 1, 'name_key', 'same', 'host_key', 'same'))).*
      from (select * from clients limit 1) c, generate_series(1, 20000) n`)
    await client.query('analyze clients')
    const lists = searching().filter((statement) => /order by (name|host)_key desc/.test(textOf(statement)))
    t.equal(lists.length, 2)
    for (const { text } of lists) {
      const values = ['same', 10_000, 'same1', 'sa', 51]
      const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (format json) ${text}`, values)
      t.same(scansOf(rows[0]!['QUERY PLAN'][0].Plan), [], text)
    }
  })
})

/** Whether a plan reads a table from end to end, with or without an index. */
interface Scan {
  readonly table: string
  readonly index: string | undefined
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Plan[]
}

function scansOf({ Plans = [], ...plan }: Plan): Scan[] {
  const whole = /^(Seq|Index|Index Only) Scan$/.test(plan['Node Type']) && plan['Index Cond'] === undefined
  return [...(whole ? [{ table: plan['Relation Name']!, index: plan['Index Name'] }] : []), ...Plans.flatMap(scansOf)]
}

function expectReasons(t: Test, statement: Statement, scans: readonly Scan[]): void {
  const large = scans
    .filter(({ table, index = '' }) => !SMALL.includes(table) && !OF_FEW.includes(index))
    .map(({ table, index }) => index ?? table)
  t.same(
    large.filter((name) => REASONED.get(textOf(statement))?.test(name) !== true),
    [],
    textOf(statement),
  )
}
