/** `session list` and `session end`. */
import * as operations from '../../operations/sessions.ts'
import type { ListedSession } from '../../operations/sessions.ts'
import { findUser } from '../../operations/users/users.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { minute, printJson, printTable } from '../terminal/print.ts'
import { isSet, readNumber, readText } from '../read-options.ts'

export async function listSessions(call: Call): Promise<void> {
  const query = { user: readText(call, 'user'), limit: readNumber(call, 'limit') }
  const { sessions, more } = valueOf(call, await withOperations(call, (context) => operations.listSessions(context, query)))
  if (isSet(call, 'json')) printJson(call, sessions.map(operations.sessionJson))
  else if (sessions.length === 0) call.output.write('Nobody is logged in now.\n')
  else printTable(call, ['User', 'Logged in (UTC)', 'Last seen (UTC)', 'At most until (UTC)', 'Session'], sessions.map(row))
  if (more) call.errors.write('There are more: add --user or --limit.\n')
}

const row = ({ session, username }: ListedSession): string[] => [
  username,
  ...[session.authTime, session.lastSeenAt, session.expiresAt].map(minute),
  session.idHash,
]

export async function endSessions(call: Call): Promise<void> {
  const [id] = call.positionals
  const name = readText(call, 'user')
  if ((id === undefined) === (name === undefined)) throw new CommandRefused('Name either a session, or a user with --user.')
  const hints = { 'not-found': `List them with: ${call.program} session list` }
  await withOperations(call, async (context) => {
    if (id !== undefined) {
      const username = valueOf(call, await operations.endSession(context, id), hints)
      call.output.write(`This session of ${username} has ended.\n`)
      return
    }
    const user = valueOf(call, await findUser(context, name!), { 'not-found': `List them with: ${call.program} user list` })
    valueOf(call, await operations.endUserSessions(context, user))
    call.output.write(`All sessions of ${user.username} have ended.\n`)
  })
}
