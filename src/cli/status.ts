/** `status`. */
import { databaseName } from '../config/database-name.ts'
import type { ListedKey } from '../operations/keys.ts'
import { inMegabytes, readStatus, statusJson } from '../operations/status.ts'
import type { Status } from '../operations/status.ts'
import { findServer } from '../process/running-server.ts'
import type { RunningServer } from '../process/running-server.ts'
import { VERSION } from '../process/version.ts'
import type { Call } from './command.ts'
import { valueOf, withOperations } from './configured.ts'
import { day, printJson, printSheet } from './terminal/print.ts'
import { isSet } from './read-options.ts'

const DAY_MS = 86_400_000

export async function showStatus(call: Call): Promise<void> {
  await withOperations(call, async (context) => {
    const status = valueOf(call, await readStatus(context))
    const { databaseUrl } = context.config
    const server = findServer(databaseUrl)
    const database = databaseName(databaseUrl)
    if (isSet(call, 'json')) printJson(call, withMachine(status, server, database))
    else printSheet(call, rows(status, server, database, context.now()))
  })
}

function rows(status: Status, server: RunningServer | undefined, database: string, now: number): string[][] {
  return [
    ['Version', VERSION],
    ['Issuer', status.issuer],
    ['Server', server === undefined ? 'none runs on this machine, as far as can be seen here' : described(server)],
    ['Database', `${database}, ${inMegabytes(status.size)}, schema version ${status.schemaVersion}`],
    ['Users', String(status.users)],
    ['Clients', status.waiting === undefined ? String(status.clients) : `${status.clients}, of which ${status.waiting} wait for approval`],
    ['Live grants', String(status.grants)],
    ['Live sessions', String(status.sessions)],
    ['Logins today (UTC)', `${status.logins} that have not ended, ${status.failedLogins} that failed`],
    ['Signing keys', status.keys.map((listed) => keyRow(listed, now)).join('\n') || 'none yet: the server makes them when it starts'],
  ]
}

const described = ({ version, startedAt, pid, issuer }: RunningServer): string =>
  `version ${version} runs as ${issuer} since ${startedAt} (process ${pid})`

const DAYS = new Intl.NumberFormat('en', { style: 'unit', unit: 'day', unitDisplay: 'long' })

function keyRow({ key: { kid, alg, activeAt }, state }: ListedKey, now: number): string {
  const since =
    state === 'next'
      ? `signs from ${day(activeAt)}`
      : `signs since ${day(activeAt)} (${DAYS.format(Math.floor((now - activeAt) / DAY_MS))})`
  return `${alg} ${kid} ${since}`
}

/** With what only this machine knows. */
function withMachine(status: Status, server: RunningServer | undefined, database: string) {
  const told = statusJson(status)
  return {
    version: VERSION,
    ...told,
    server: server && { version: server.version, issuer: server.issuer, pid: server.pid, started_at: server.startedAt },
    database: { name: database, ...told.database },
  }
}
