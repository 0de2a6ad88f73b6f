/**
 * Fills an installation with every kind of record and keeps it for the tests of upgrades: `npx tsx scripts/make-fixtures.ts`.
 * A release runs it once: test/fixtures/VERSION holds its SQLite file, its PostgreSQL database, its export, and what is
 * known of all three. What was kept of a release never changes again; `--force` is for one that isn't out yet.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { openStorage } from '../src/storage/open.ts'
import { startEmbedded } from '../test/support/processes/embedded-postgres.ts'
import { createDatabases } from '../test/support/processes/postgres.ts'
import type { Facts } from '../test/upgrade/facts.ts'
import { findUnfilled } from '../test/upgrade/rows.ts'
import { fillInstallation } from '../test/upgrade/story/fill.ts'
import { runCommand } from '../test/upgrade/story/timeline.ts'
import { dumpPostgres } from './dump-postgres.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
const target = fileURLToPath(new URL(`../test/fixtures/${version}/`, import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'solar-fixtures-'))
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true })]
const teardown = (ending: () => unknown) => endings.unshift(ending)

/** The same records in PostgreSQL; a dump that doesn't restore to just this is refused. */
async function movedToPostgres(exported: string, { settings, at }: Facts): Promise<string> {
  const server = createDatabases((await startEmbedded({ teardown })).url)
  const url = await server.createDatabase()
  await runCommand(`import ${exported}`, '', { ...settings, DATABASE_URL: url })
  const storage = await openStorage(url)
  await storage.leases.take('sweep', 'a node', at, at + 120_000)
  await storage.close()
  const dump = await dumpPostgres(url)
  const copy = await server.createDatabase()
  await server.execute(dump, new URL(copy).pathname.slice(1))
  if ((await dumpPostgres(copy)) !== dump) throw new Error('the dump restores to another database')
  return dump
}

try {
  process.chdir(folder) // a file .env of the checkout must not count
  const databaseUrl = `sqlite:${join(folder, 'solar.db')}`
  const facts = await fillInstallation({ teardown }, databaseUrl, folder, version)
  const unfilled = await findUnfilled(databaseUrl)
  if (unfilled.length > 0) throw new Error(`nothing fills ${unfilled.join(', ')}: let something happen in test/upgrade/story/ that does`)

  const variables = { ...facts.settings, DATABASE_URL: databaseUrl }
  await runCommand('backup copy.db', '', variables)
  await runCommand('export export.jsonl', '', variables)
  const dump = await movedToPostgres('export.jsonl', facts)

  if (process.argv.includes('--force')) rmSync(target, { recursive: true, force: true })
  mkdirSync(target) // refuses what is there already
  writeFileSync(join(target, 'solar.db.gz'), gzipSync(readFileSync('copy.db'), { level: 9 }))
  writeFileSync(join(target, 'export.jsonl'), readFileSync('export.jsonl'))
  writeFileSync(join(target, 'postgres.sql'), dump)
  writeFileSync(join(target, 'facts.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
  process.stdout.write(`${target}: ${Object.values(facts.rows).reduce((sum, rows) => sum + rows, 0)} rows\n`)
} finally {
  for (const end of endings) await end()
}
