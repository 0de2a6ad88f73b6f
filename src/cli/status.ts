/** `status`. */
import { databaseName } from '../config/database-name.ts'
import { inMegabytes } from '../operations/status.ts'
import { findServer } from '../process/running-server.ts'
import type { RunningServer } from '../process/running-server.ts'
import { VERSION } from '../process/version.ts'
import type { Call } from './command.ts'
import { valueOf } from './configured.ts'
import { withManagement } from './managed.ts'
import type { Answer } from './managed.ts'
import { dayOf, printJson, printSheet } from './terminal/print.ts'
import { isSet } from './read-options.ts'

const DAY_MS = 86_400_000

type Status = Answer<'server.read-status'>

/** What only the machine itself knows. */
interface Machine {
  readonly server: RunningServer | undefined
  readonly database: string
}

export async function showStatus(call: Call): Promise<void> {
  await withManagement(call, async (ask, here) => {
    const status = valueOf(call, await ask('server.read-status'))
    const machine = here && { server: findServer(here.config.databaseUrl), database: databaseName(here.config.databaseUrl) }
    if (isSet(call, 'json')) printJson(call, machine === undefined ? status : withMachine(status, machine))
    else printSheet(call, rows(status, machine, Date.now()))
  })
}

function rows(status: Status, machine: Machine | undefined, now: number): string[][] {
  const { bytes, schema_version: schemaVersion } = status.database
  const waiting = status.clients_waiting
  return [
    ['Version', [versionRow(status, machine), ...status.version_needs.map(({ message }) => message)].join('\n')],
    ['Issuer', status.issuer],
    ...(machine === undefined ? [] : [['Server', described(machine)]]),
    ['Database', `${machine === undefined ? '' : `${machine.database}, `}${inMegabytes(bytes)}, schema version ${schemaVersion}`],
    ['Users', String(status.users)],
    ['Clients', waiting === undefined ? String(status.clients) : `${status.clients}, of which ${waiting} wait for approval`],
    ['Live grants', String(status.live_grants)],
    ['Live sessions', String(status.live_sessions)],
    ['Logins today (UTC)', `${status.logins_today} that have not ended, ${status.failed_logins_today} that failed`],
    ['Signing keys', status.keys.map((listed) => keyRow(listed, now)).join('\n') || 'none yet: the server makes them when it starts'],
  ]
}

/** On the machine itself, of what is installed there: the line about the server says which version runs. */
function versionRow({ version, node }: Status, machine: Machine | undefined): string {
  const shown = machine === undefined ? version : VERSION
  return [shown, ...(node === undefined ? [] : [`on Node.js ${node}`])].join(' ')
}

const described = ({ server }: Machine): string =>
  server === undefined
    ? 'none runs on this machine, as far as can be seen here'
    : `version ${server.version} runs as ${server.issuer} since ${server.startedAt} (process ${server.pid})`

const DAYS = new Intl.NumberFormat('en', { style: 'unit', unit: 'day', unitDisplay: 'long' })

function keyRow({ kid, alg, state, signs_from: from }: Status['keys'][number], now: number): string {
  const age = Math.floor((now - Date.parse(from)) / DAY_MS)
  const since = state === 'next' ? `signs from ${dayOf(from)}` : `signs since ${dayOf(from)} (${DAYS.format(age)})`
  return `${alg} ${kid} ${since}`
}

const withMachine = (status: Status, { server, database }: Machine) => ({
  ...status,
  version: VERSION,
  server: server && { version: server.version, issuer: server.issuer, pid: server.pid, started_at: server.startedAt },
  database: { name: database, ...status.database },
})
