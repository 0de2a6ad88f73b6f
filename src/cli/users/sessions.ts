/** `session list` and `session end`. */
import { canonicalUsername } from '../../domain/user/username.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { askFor } from '../managed.ts'
import type { Item } from '../managed.ts'
import { minuteOf, printJson, printTable } from '../terminal/print.ts'
import { isSet, readText } from '../read-options.ts'

export async function listSessions(call: Call): Promise<void> {
  const query = { user: readText(call, 'user'), limit: readText(call, 'limit') }
  const { items: sessions, more } = await askFor(call, 'session.list', { query })
  if (isSet(call, 'json')) printJson(call, sessions)
  else if (sessions.length === 0) call.output.write('Nobody is logged in now.\n')
  else printTable(call, ['User', 'Logged in (UTC)', 'Last seen (UTC)', 'At most until (UTC)', 'Session'], sessions.map(row))
  if (more) call.errors.write('There are more: add --user or --limit.\n')
}

const row = (session: Item<'session.list'>): string[] => [
  session.user,
  ...[session.logged_in_at, session.last_seen_at, session.expires_at].map(minuteOf),
  session.id,
]

export async function endSessions(call: Call): Promise<void> {
  const [id] = call.positionals
  const name = readText(call, 'user')
  if ((id === undefined) === (name === undefined)) throw new CommandRefused('Name either a session, or a user with --user.')
  if (id !== undefined) {
    const hints = { 'not-found': `List them with: ${call.program} session list` }
    const { user } = await askFor(call, 'session.end', { params: { id } }, hints)
    call.output.write(`This session of ${user} has ended.\n`)
    return
  }
  const username = canonicalUsername(name!)
  await askFor(call, 'session.end-all', { params: { username } }, { 'not-found': `List them with: ${call.program} user list` })
  call.output.write(`All sessions of ${username} have ended.\n`)
}
