// The version of a folder of migrations.
import { mkdirSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { newestVersion } from '#src/storage/migrate.ts'

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
