// The version of a folder of migrations.
import { mkdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { newestVersion } from '#src/storage/migrate.ts'
import { openStorage } from '#src/storage/open.ts'
import { createDatabase } from '#src/storage/sqlite/sqlite-database.ts'
import { fillKeysAgain } from './client-keys.ts'

t.test('the newest migration counts, and no other file does', async (t) => {
  const folder = t.testdir({ '0001.do.initial.sql': '', '0012.do.more.sql': '', 'README.md': '', '0099.undo.all.sql': '' })
  t.equal(newestVersion(pathToFileURL(`${folder}/`)), 12)
})

t.test('without migrations, or without their folder, there is no version', async (t) => {
  const folder = t.testdir()
  mkdirSync(`${folder}/empty`)
  t.equal(newestVersion(pathToFileURL(`${folder}/empty/`)), 0)
  t.equal(newestVersion(pathToFileURL(`${folder}/none/`)), 0)
})

t.test('clients from before migration 60 are found as new ones are', async (t) => {
  const file = `${t.testdir()}/solar-system.db`
  const storage = await openStorage(`sqlite:${file}`)
  const database = createDatabase(file)
  t.teardown(async () => {
    database.close()
    await storage.close()
  })
  const { before, without, after } = await fillKeysAgain(storage, 'SQLite', async (sql) => database.exec(sql))
  t.strictSame([without, after], [[[], []], before])
  t.strictSame(before[1]!.length, 3, 'one of them has no host')
})
