/** `user show`: what somebody sees on the page of their own account, as far as an operator may. */
import { MOST_PERSONAL_TOKENS } from '../../domain/token/personal-token.ts'
import { printEvents } from '../audit.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import type { Item } from '../managed.ts'
import { isSet } from '../read-options.ts'
import { minuteOf, printJson, printMembers, printTable } from '../terminal/print.ts'
import { withUser } from './users.ts'

/** How much of each list is shown. */
const SHOWN = 20
const limit = String(SHOWN)

export async function showUser(call: Call): Promise<void> {
  await withUser(call, async (shown, ask) => {
    const user = shown.username
    const { items: apps } = valueOf(call, await ask('grant.list', { query: { user, limit } }))
    const { items: sessions } = valueOf(call, await ask('session.list', { query: { user, limit } }))
    // Nobody has more, so these are all.
    const all = valueOf(call, await ask('personal-token.list', { query: { user, limit: String(MOST_PERSONAL_TOKENS) } })).items
    const tokens = all.slice(0, SHOWN)
    const { items: events, more: hasMoreEvents } = valueOf(call, await ask('event.list', { query: { user, limit } }))

    if (isSet(call, 'json')) printJson(call, { ...shown, apps, sessions, personal_tokens: tokens, events })
    else {
      printMembers(call, shown)
      printList('Apps', ['Client', 'Allowed', 'Since (UTC)', 'Last used (UTC)', 'Grant'], apps.map(appRow))
      printList('Sessions', ['Browser', 'From', 'Logged in (UTC)', 'Last seen (UTC)', 'Session'], sessions.map(sessionRow))
      printList('Personal access tokens', ['Name', 'For', 'Expires (UTC)', 'Last used (UTC)', 'Token'], tokens.map(tokenRow))
      if (events.length > 0) call.output.write('\nRecent activity (UTC)\n')
      printEvents(call, events)
    }
    tellMore(shown.live_grants - apps.length, 'Apps', 'grant')
    tellMore(shown.live_sessions - sessions.length, 'Sessions', 'session')
    tellMore(all.length - tokens.length, 'Personal access tokens', 'personal-token')
    if (hasMoreEvents) call.errors.write(`There are earlier events: ${call.program} audit list --user ${user} --limit 10000\n`)

    function printList(title: string, head: readonly string[], rows: readonly string[][]): void {
      if (rows.length === 0) return
      call.output.write(`\n${title}\n`)
      printTable(call, head, rows)
    }

    function tellMore(count: number, what: string, noun: string): void {
      if (count > 0)
        call.errors.write(`${what} that are not shown: ${count}. All: ${call.program} ${noun} list --user ${user} --limit 1000\n`)
    }
  })
}

const appRow = ({ client_name: name, scopes, resources, created_at: since, last_used_at: used, id }: Item<'grant.list'>): string[] => [
  name,
  [scopes.join(' '), ...resources].join('\n'),
  minuteOf(since),
  minuteOf(used),
  id,
]

const sessionRow = ({ browser = '', network = '', ...session }: Item<'session.list'>): string[] => [
  browser,
  network,
  minuteOf(session.logged_in_at),
  minuteOf(session.last_seen_at),
  session.id,
]

const tokenRow = (token: Item<'personal-token.list'>): string[] => [
  token.name,
  [token.resource ?? 'a resource that is gone', token.scopes.join(' ')].join('\n'),
  minuteOf(token.expires_at),
  token.last_used_at === null ? 'never' : minuteOf(token.last_used_at),
  token.id,
]
