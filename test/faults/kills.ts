/** A server under load, killed at random moments and started again on the same data, and held against its clients' journal each time. */
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { SECRET } from '#test/support/app.ts'
import { createInstallation, startServer } from '#test/support/processes/server-process.ts'
import { takeCensus } from './census.ts'
import { createCustomers, keepComing, logIn } from './customers.ts'
import { openJournal } from './journal.ts'
import { readLedger } from './ledger.ts'
import { prove } from './proof.ts'
import type { Findings } from './proof.ts'
import type { Seeded } from './seeded.ts'

type Teardown = { teardown(fn: () => unknown): unknown }

/** Clients at the same time. */
const CUSTOMERS = 12
/** When a kill comes after the load has begun, in ms. */
const EARLIEST_MS = 150
const LATEST_MS = 600
/** What the load must have been told before: on a busy machine a kill waits for it, so long in ms. */
const FEWEST_ANSWERS = 16
const PATIENCE_MS = 20_000

export interface KillOptions {
  readonly kills: number
  readonly random: Seeded
  /** When a kill comes at the latest, in ms after the load began. */
  readonly latestMs?: number
  /** An empty PostgreSQL database; else it is an SQLite file. */
  readonly databaseUrl?: string
  /** The name of a mutant that takes the server's place. */
  readonly mutant?: string
  /** What happens to the database once the server runs. */
  readonly worsen?: () => Promise<void>
  /** Kills something else than the server, which stays, and resolves when that is there again. */
  readonly killElse?: () => Promise<void>
}

export interface KillReport extends Findings {
  readonly kills: number
  /** What clients were told, each of it journaled. */
  readonly answers: number
  /** What was sent and never answered: it may have happened or not. */
  readonly unanswered: number
  /** Halves, and what is there more often than it was asked for. */
  readonly census: string[]
}

const MUTANT_SERVER = fileURLToPath(new URL('mutant-server.ts', import.meta.url))

export async function killAndProve(
  t: Teardown,
  { kills, random, latestMs = LATEST_MS, databaseUrl, mutant, worsen, killElse }: KillOptions,
): Promise<KillReport> {
  const installation = await createInstallation(t, {
    SECRET,
    RATE_LIMIT_REGISTER: 'off',
    RATE_LIMIT_TOKEN: 'off',
    CODE_TTL: '10m', // a code that has expired proves nothing
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
    ...(mutant !== undefined && { MUTANT: mutant }),
  })
  const start = () => startServer(t, installation, mutant === undefined ? {} : { script: MUTANT_SERVER })
  const journal = openJournal(join(installation.folder, 'journal.jsonl'))
  t.teardown(() => journal.close())
  const customers = createCustomers(installation.issuer, journal)
  const findings: Findings = { lost: [], twice: [], checks: 0 }

  let server = await start()
  await worsen?.()
  let proved = 0
  for (let kill = 0; kill < kills; kill++) {
    const { cookies } = await logIn(customers)
    const before = journal.answers()
    let over = false
    const crowd = Array.from({ length: CUSTOMERS }, () => keepComing(customers, cookies, random, () => over, findings.lost))
    await wait(random.between(EARLIEST_MS, latestMs))
    for (const begun = performance.now(); journal.answers() - before < FEWEST_ANSWERS && performance.now() - begun < PATIENCE_MS;)
      await wait(5)
    try {
      await (killElse ?? (() => server.end('SIGKILL')))()
    } finally {
      over = true
    }
    if (killElse === undefined) server = await start()
    else await server.ready()
    await Promise.all(crowd)
    proved = await prove(customers, journal, random, findings, proved)
  }
  await prove(customers, journal, random, findings, 0)
  await server.end('SIGTERM')
  const ledger = readLedger(journal.read())
  const census = await takeCensus(installation.env['DATABASE_URL']!, ledger)
  return { ...findings, kills, answers: ledger.answers, unanswered: ledger.unanswered, census }
}
