// Operations on a database as a whole, as callers other than the command line have them: outcomes instead of sentences on a stream.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { Test } from 'tap'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { backUpDatabase, migrateDatabase, restoreDatabase } from '#src/operations/database.ts'
import { exportToFile, exportToStream } from '#src/operations/export.ts'
import type { TransferContext } from '#src/operations/export.ts'
import { importFromFile, importFromStream } from '#src/operations/import.ts'
import { openStorage } from '#src/storage/open.ts'
import { StorageRefused } from '#src/storage/storage.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { NOW } from '#test/storage/conformance/records.ts'
import { contents } from '#test/storage/every-record.ts'
import { SECRET, problemOf, valueOf } from './scene.ts'

const onProgress = () => undefined

const contextOf = (databaseUrl: string, changes: Partial<TransferContext> = {}): TransferContext => ({
  databaseUrl,
  ownFiles: databaseUrl.startsWith('sqlite:') ? [databaseUrl.slice('sqlite:'.length)] : [],
  secret: () => SECRET,
  secretPrevious: undefined,
  issuer: 'https://auth.example.com',
  now: () => NOW,
  ...changes,
})

/** A database with signing keys. */
async function fill(databaseUrl: string): Promise<void> {
  const storage = await openStorage(databaseUrl)
  await loadKeyset(storage.keys, SECRET, NOW)
  await storage.close()
}

async function sqlite(t: Test): Promise<{ context: TransferContext; path: (name: string) => string }> {
  const folder = t.testdir()
  const context = contextOf(`sqlite:${join(folder, 'server.db')}`)
  await fill(context.databaseUrl)
  return { context, path: (name) => join(folder, name) }
}

t.test('migrate makes a database of this version', async (t) => {
  const context = contextOf(`sqlite:${join(t.testdir(), 'new.db')}`)
  valueOf(await migrateDatabase(context))
  t.ok(Object.keys(await contents(context.databaseUrl)).length > 10)
})

t.test('a backup is written once, restored, and never over what the server runs with', async (t) => {
  const { context, path } = await sqlite(t)
  const file = path('backup.db')
  valueOf(await backUpDatabase(context, { file }))
  const before = readFileSync(file)
  t.match(problemOf(await backUpDatabase(context, { file })), { kind: 'conflict', message: `${file} already exists.` })
  t.strictSame(readFileSync(file), before)
  valueOf(await backUpDatabase(context, { file, replace: true }))
  t.match(problemOf(await backUpDatabase(context, { file: path('server.db'), replace: true })), {
    kind: 'invalid',
    message: /^The server runs with /,
  })
  t.match(problemOf(await backUpDatabase(context, { file: path('no/such') })), { kind: 'invalid', message: /can't be written \(ENOENT/ })
  const restored = valueOf(await restoreDatabase(context, { file, secrets: [] }))
  t.match(restored, { previous: /before-restore/, opens: false })
  const elsewhere = contextOf(`sqlite:${path('file/x.db')}`)
  writeFileSync(path('file'), '')
  t.match(problemOf(await restoreDatabase(elsewhere, { file, secrets: [] })), { kind: 'invalid', message: /can't be restored \(E/ })
  await t.rejects(restoreDatabase(context, { file: path('nothing'), secrets: [] }), StorageRefused)
})

t.test('an operator learns whether the secret that is there opens what was restored', async (t) => {
  const folder = t.testdir()
  const context = contextOf(`sqlite:${join(folder, 'new.db')}`)
  const file = join(folder, 'backup.db')
  const empty = join(folder, 'empty.db')
  valueOf(await migrateDatabase(context))
  valueOf(await backUpDatabase(context, { file: empty }))
  t.match(valueOf(await restoreDatabase(context, { file: empty, secrets: [] })), { opens: true }, 'without keys there is nothing to open')
  const secret = 'the secret of the backup, longer than 32'
  const storage = await openStorage(context.databaseUrl)
  await loadKeyset(storage.keys, secret, 1)
  await storage.close()
  valueOf(await backUpDatabase(context, { file }))
  const opens = async (secrets: string[]) => valueOf(await restoreDatabase(context, { file, secrets })).opens
  t.equal(await opens([secret]), true)
  t.equal(await opens([`${secret}!`, secret]), true)
  t.equal(await opens([`${secret}!`]), false)
  t.equal(await opens([]), false)
})

t.test('an export goes to a file or a stream, and comes back from either', async (t) => {
  const { context, path } = await sqlite(t)
  const file = path('export.jsonl')
  valueOf(await exportToFile(context, { file, onProgress }))
  const stream = new PassThrough()
  const written = text(stream)
  valueOf(await exportToStream(context, { stream, name: 'The stream', onProgress }))
  stream.end('more')
  const withoutHeader = (exported: string) => exported.split('\n').slice(1).join('\n')
  t.equal(withoutHeader(await written), `${withoutHeader(readFileSync(file, 'utf8'))}more`, 'the stream stays open')
  t.match(JSON.parse(readFileSync(file, 'utf8').split('\n', 1)[0]!), {
    engine: 'sqlite',
    issuer: context.issuer,
    exported_at: new Date(NOW).toISOString(),
  })

  const first = contextOf(`sqlite:${path('first.db')}`, { issuer: 'https://other.example.com' })
  t.strictSame(valueOf(await importFromFile(first, { file, onProgress })), { records: 4, issuer: 'https://auth.example.com', sealed: true })
  const second = contextOf(`sqlite:${path('second.db')}`, { secret: () => 'another', secretPrevious: SECRET })
  const input = Readable.from([readFileSync(file)])
  t.equal(valueOf(await importFromStream(second, { stream: input, name: 'The stream', onProgress })).records, 4)
  t.strictSame(await contents(second.databaseUrl), await contents(context.databaseUrl))
})

t.test('an export or import that cannot be is refused, and nothing is written', async (t) => {
  const { context, path } = await sqlite(t)
  const file = path('export.jsonl')
  const replaced = { ...context, secret: () => 'another secret of tests, long enough', secretPrevious: SECRET }
  t.match(problemOf(await exportToFile(replaced, { file, onProgress })), {
    kind: 'conflict',
    message: /^The signing keys are still encrypted/,
  })
  t.notOk(existsSync(file))
  const closed = Object.assign(new Error('write EPIPE'), { code: 'EPIPE', syscall: 'write' })
  const failing = (error: Error) => new Writable({ write: (_chunk, _encoding, done) => done(error) })
  t.match(problemOf(await exportToStream(context, { stream: failing(closed), name: 'The stream', onProgress })), {
    kind: 'invalid',
    message: /^The stream ended early \(write EPIPE\)/,
  })
  await t.rejects(exportToStream(context, { stream: failing(new TypeError('a defect')), name: 'The stream', onProgress }), TypeError)

  valueOf(await exportToFile(context, { file, onProgress }))
  t.match(problemOf(await exportToFile(context, { file, onProgress })), { kind: 'conflict' })
  const target = contextOf(`sqlite:${path('target.db')}`)
  for (const [context, name, problem] of [
    [target, 'nothing', { kind: 'not-found', message: /^There is no file / }],
    [target, '.', { kind: 'invalid', message: /can't be read \(EISDIR/ }],
    [target, 'server.db', { kind: 'invalid', message: /can't be imported: .* Nothing was changed\.$/ }],
    [{ ...target, secret: () => 'another' }, 'export.jsonl', { kind: 'invalid', message: /SECRET differs from that of the export/ }],
  ] as const) {
    t.match(problemOf(await importFromFile(context, { file: path(name), onProgress })), problem, name)
  }
  valueOf(await importFromFile(target, { file, onProgress }))
  t.match(problemOf(await importFromFile(target, { file, onProgress })), {
    kind: 'conflict',
    message: /^The database isn't empty \(signing_keys\)/,
  })
})

await withPostgres(t, async (t, server) => {
  const { context, path } = await sqlite(t)
  const there = contextOf(await server.createDatabase())
  valueOf(await migrateDatabase(there))
  valueOf(await exportToFile(context, { file: path('from-sqlite'), onProgress }))
  t.equal(valueOf(await importFromFile(there, { file: path('from-sqlite'), onProgress })).records, 4)
  valueOf(await exportToFile(there, { file: path('from-postgres'), onProgress }))
  t.match(JSON.parse(readFileSync(path('from-postgres'), 'utf8').split('\n', 1)[0]!), { engine: 'postgres' })
  t.strictSame(await contents(there.databaseUrl), await contents(context.databaseUrl))
  await t.rejects(backUpDatabase(there, { file: path('backup') }), StorageRefused)
  t.notOk(existsSync(path('backup')))
})
