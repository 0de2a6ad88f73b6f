// Which files are imported. test/storage/transfer.test.ts tests what the storage does with the records.
import t from 'tap'
import { FORMAT, Unreadable, createSeal, makeSecretCheck, renderLine } from '#src/transfer/format.ts'
import type { Header, Line, Seal } from '#src/transfer/format.ts'
import { exportRecords } from '#src/transfer/export.ts'
import { findOccupied, importRecords } from '#src/transfer/import.ts'
import { CHUNK_SIZE, RecordsRefused, TABLES } from '#src/storage/transfer.ts'
import type { Column, Table, Transfer, Values } from '#src/storage/transfer.ts'

const header: Header = {
  format: FORMAT,
  version: 1,
  schema: 5,
  engine: 'sqlite',
  issuer: 'https://auth.example.com',
  exported_at: '2026-11-23T12:00:00.000Z',
  secret_check: makeSecretCheck('secret'),
}
const NEWEST = 5
const COLUMNS: readonly Column[] = [
  { name: 'id', type: 'text', nullable: false, optional: false },
  { name: 'count', type: 'bigint', nullable: true, optional: true },
  { name: 'added', type: 'bigint', nullable: false, optional: true },
]
const ids = { table: 'users', columns: ['id', 'count'] }

/** A database whose tables all have the same columns, and the records that were inserted. */
function createMemory(filled: Partial<Record<Table, Values[]>> = {}) {
  const inserted: { table: Table; columns: string[]; records: readonly Values[] }[] = []
  const transfer: Transfer = {
    columns: async () => [...COLUMNS],
    async *read(table) {
      if (filled[table] !== undefined) yield filled[table]
    },
    async insert(table, columns, records) {
      if (records.some(([id]) => id === 'twice')) throw new RecordsRefused(new Error('unique constraint'))
      if (records.some(([id]) => id === 'broken')) throw new TypeError('a defect')
      inserted.push({ table, columns: columns.map(({ name }) => name), records })
    },
  }
  return { transfer, inserted }
}

function importing(
  lines: readonly (string | Header | Line)[],
  accept: (header: Header) => Seal | undefined = () => undefined,
  memory = createMemory(),
) {
  async function* texts() {
    for (const line of lines) yield typeof line === 'string' ? line : renderLine(line).trimEnd()
  }
  const progress: unknown[] = []
  const outcome = importRecords(texts(), memory.transfer, {
    newestSchema: NEWEST,
    accept,
    onProgress: (...step) => void progress.push(step),
  })
  return { outcome, ...memory, progress }
}

t.test('records arrive table by table in chunks, and progress is reported for each', async (t) => {
  const many = Array.from({ length: CHUNK_SIZE + 1 }, (_, index) => [`id-${index}`, index])
  const { outcome, inserted, progress } = importing([
    header,
    ids,
    ...many,
    { table: 'clients', columns: ['added', 'id'] },
    [1, 'x'],
    { table: 'grants', columns: ['id'] },
    { records: { users: CHUNK_SIZE + 1, clients: 1, grants: 0 } },
  ])
  t.strictSame(await outcome, { header, records: CHUNK_SIZE + 2, sealed: false })
  t.strictSame(
    inserted.map(({ table, columns, records }) => [table, columns, records.length]),
    [
      ['users', ['id', 'count'], CHUNK_SIZE],
      ['users', ['id', 'count'], 1],
      ['clients', ['added', 'id'], 1],
    ],
  )
  t.strictSame(progress, [
    ['users', CHUNK_SIZE, false],
    ['users', CHUNK_SIZE + 1, false],
    ['users', CHUNK_SIZE + 1, true],
    ['clients', 1, false],
    ['clients', 1, true],
    ['grants', 0, true],
  ])
})

t.test('what was exported can be imported, and an empty export too', async (t) => {
  for (const filled of [
    {},
    {
      signing_keys: [['kid', 1, 2]],
      replays: [
        ['a', null, 3],
        ['b', 1, 4],
      ],
    },
  ] as Partial<Record<Table, Values[]>>[]) {
    const steps: unknown[] = []
    let text = ''
    const exported = exportRecords(createMemory(filled).transfer, header, createSeal('secret'), (...step) => void steps.push(step))
    for await (const part of exported) text += part
    const { outcome, inserted } = importing(text.trimEnd().split('\n'), () => createSeal('secret'))
    t.match(await outcome, { sealed: true })
    t.strictSame(Object.fromEntries(inserted.map(({ table, records }) => [table, records])), filled)
    t.equal(steps.filter((step) => (step as unknown[])[2] === true).length, TABLES.length)
  }
})

t.test('a file that was cut off, changed, or of another version is refused with the line', async (t) => {
  const end = { records: { users: 1 } }
  for (const [lines, sentence] of [
    [[], /^it is not an export of this program/],
    [['hello'], /^it is not an export of this program/],
    [[{ ...header, schema: NEWEST + 1 }], /^it comes from a newer version/],
    [[header], /^line 2: the file was cut off, because the end of the export is missing: copy it again, or export again\.$/],
    [[header, ids, ['a', 1]], /^line 4: the file was cut off/],
    [[header, ids, '["a'], /^line 3: this is not a line of an export/],
    [[header, ids, ['a', 1], ''], /^line 4: this is not a line of an export/],
    [[header, ids, ['a', 1], end, ['b', 1]], /^line 5: there is more text after the end/],
    [[header, ids, ['a', 1], { records: { users: 2 } }], /^line 4: the numbers of records do not match/],
    [[header, ids, ['a', 1], { records: { users: 1, clients: 0 } }], /^line 4: the numbers of records/],
    [[header, { records: { users: 1 } }], /^line 2: the numbers of records/],
    [[header, ['a', 1], end], /^line 2: a record comes before the line that names its table/],
    [
      [header, { table: 'spaceships', columns: ['id'] }],
      /^line 2: this version has no table "spaceships": import with the version that exported the file\.$/,
    ],
    [[header, { table: 'leases', columns: ['id'] }], /^line 2: this version has no table "leases"/],
    [[header, { table: 'users; drop table users', columns: ['id'] }], /^line 2: this version has no table/],
    [[header, ids, ids], /^line 3: the table users occurs twice/],
    [[header, { table: 'users', columns: ['id', 'colour'] }], /^line 2: this version has no column "colour" in users/],
    [[header, { table: 'users', columns: ['count'] }], /^line 2: the table users lacks the column id: export with a newer version/],
    [[header, { table: 'users', columns: ['id', 'id'] }], /^line 2: the table users has the same column twice/],
    [[header, ids, [1, 1]], /^line 3: the id of this record of users has the wrong type/],
    [[header, ids, [null, 1]], /^line 3: the id of this record/],
    [[header, ids, ['a', '1']], /^line 3: the count of this record/],
    [[header, ids, ['a', 1.5]], /^line 3: the count of this record/],
    [[header, ids, ['a', 2 ** 53]], /^line 3: the count of this record/],
    [[header, ids, ['a', { $gt: 0 }]], /^line 3: the count of this record/],
    [[header, ids, ['a']], /^line 3: the count of this record/],
    [[header, ids, ['a', null, 1]], /^line 3: this record of users has more values than columns/],
    [
      [header, ids, ['twice', 1], end],
      /^line 4: a record of users up to this line is a duplicate, or refers to a missing record \(unique constraint\)/,
    ],
  ] as [(string | Header | Line)[], RegExp][]) {
    await t.rejects(importing(lines).outcome, { name: 'Unreadable', message: sentence }, sentence.source)
  }
})

t.test('a sealed file that anybody changed, or took the seal off, is refused', async (t) => {
  let text = ''
  const filled: Partial<Record<Table, Values[]>> = { users: [['a', 1, 2]] }
  for await (const part of exportRecords(createMemory(filled).transfer, header, createSeal('secret'), () => undefined)) text += part
  const lines = text.trimEnd().split('\n')
  const last = JSON.parse(lines.at(-1)!) as { records: Record<string, number>; seal: string }
  const changed = (from: string, to: string) => lines.map((line) => (line === from ? to : line))
  const added = lines.flatMap((line) => (line === '["a",1,2]' ? [line, '["b",1,2]'] : [line]))
  for (const [about, given] of Object.entries({
    'another value': changed('["a",1,2]', '["b",1,2]'),
    'one more record, also counted': [...added.slice(0, -1), JSON.stringify({ ...last, records: { ...last.records, users: 2 } })],
    'no seal': [...lines.slice(0, -1), JSON.stringify({ records: last.records })],
    'another seal': [...lines.slice(0, -1), JSON.stringify({ ...last, seal: `${last.seal.slice(0, -1)}_` })],
  }))
    await t.rejects(
      importing(given, () => createSeal('secret')).outcome,
      { name: 'Unreadable', message: /^line \d+: the seal does not match the lines before it: the file was changed after the export/ },
      about,
    )
})

t.test('the origin of a file is checked before anything is imported', async (t) => {
  const { outcome, inserted } = importing([header, ids, ['a', 1], { records: { users: 1 } }], ({ secret_check }) => {
    throw new Unreadable(`not with ${typeof secret_check}`)
  })
  await t.rejects(outcome, { name: 'Unreadable', message: 'not with string' })
  t.strictSame(inserted, [])
})

t.test('a defect is not blamed on the file', async (t) => {
  await t.rejects(importing([header, ids, ['broken', 1], { records: { users: 1 } }]).outcome, { name: 'TypeError' })
})

t.test('a database that holds anything is not empty', async (t) => {
  t.equal(await findOccupied(createMemory().transfer), undefined)
  t.equal(await findOccupied(createMemory({ login_attempts: [['account:helen', 1]] }).transfer), 'login_attempts')
})
