// A database that can't be used is one sentence on what to do and exit code 1, whatever the command and the engine.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { openStorage } from '#src/storage/open.ts'
import { createDatabase } from '#src/storage/sqlite/sqlite-database.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { openTerminal } from './terminal/terminal.ts'

const SECRET = 'a secret of tests, longer than 32 characters'
const NEWER = `insert into schema_version (version, name) values (9000, 'future')`

async function refused(t: Test, databaseUrl: string, sentence: RegExp, commands: readonly string[]): Promise<void> {
  const { pipe } = openTerminal(t, { DATABASE_URL: databaseUrl, SECRET })
  for (const words of commands) {
    const { code, output, errors } = await pipe(words)
    t.match({ code, output }, { code: 1, output: '' }, words)
    t.match(errors, sentence, words)
    t.equal(errors.indexOf('\n'), errors.length - 1, `one line: ${words}`)
  }
}

t.test('SQLite', async (t) => {
  const folder = t.testdir({ 'text.db': 'this is text, and nothing else than that', empty: '' })
  const commands = ['migrate', 'user list', `import ${folder}/empty`, `export ${folder}/export.jsonl`]
  const newer = join(folder, 'newer.db')
  await (await openStorage(`sqlite:${newer}`)).close()
  const database = createDatabase(newer)
  database.exec(NEWER)
  database.close()
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'file'), '')

  await refused(
    t,
    `sqlite:${newer}`,
    /^The database has version 9000, but this program only knows \d+: start a newer version of the program, or use another database\.\n/,
    commands,
  )
  await refused(
    t,
    `sqlite:${folder}/text.db`,
    /text\.db is damaged, or is not a SQLite database: restore a backup, or set DATABASE_URL to another file\.\n/,
    [...commands, `backup ${folder}/backup.db`],
  )
  await refused(
    t,
    `sqlite:${folder}/folder`,
    /folder can't be opened \(.*\): check that its folder is writable, or set DATABASE_URL\.\n/,
    commands,
  )
  await refused(t, `sqlite:${folder}/file/x.db`, /x\.db can't be opened|There is no database/, commands)
  await refused(t, `sqlite://${folder}/x.db`, /^DATABASE_URL .* must have the path right after the colon/, commands)
})

await withPostgres(t, async (t, server) => {
  const folder = t.testdir({ empty: '' })
  const commands = ['migrate', 'user list', `import ${folder}/empty`, `export ${folder}/export.jsonl`]
  const url = await server.createDatabase()
  const changed = (change: (url: URL) => void) => {
    const copy = new URL(url)
    change(copy)
    return copy.href
  }
  await refused(
    t,
    changed((url) => (url.password = 'wrong')),
    /^PostgreSQL at \S+ refuses the user \S+: check name and password in DATABASE_URL \(.*\)\.\n/,
    commands,
  )
  await refused(
    t,
    changed((url) => (url.pathname = '/nowhere')),
    /^PostgreSQL at \S+ has no database nowhere: create it, or check the name in DATABASE_URL \(.*\)\.\n/,
    commands,
  )
  await refused(t, `${url}?ssl_mode=require`, /^DATABASE_URL has the unknown parameter ssl_mode: known are /, commands)
  await refused(t, 'postgres://user:p@ss@:x/', /^DATABASE_URL \(its value isn't shown\) must be a valid URL/, commands)
  await (await openStorage(url)).close()
  await server.execute(NEWER, new URL(url).pathname.slice(1))
  await refused(t, url, /^The database has version 9000, but this program only knows \d+/, commands)
})
