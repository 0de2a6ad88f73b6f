/** `user list`: a table for people, `--json` for programs. */
import Table from 'cli-table3'
import { PERSON_SCOPES, personClaims } from '../domain/user/user-claims.ts'
import type { User } from '../domain/user/user.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'

export async function listUsers(call: Call): Promise<void> {
  const users = await withStorage(call, (storage) => storage.users.list())
  if (call.options['json'] === true) call.output.write(`${JSON.stringify(users.map(renderUser), undefined, 2)}\n`)
  else if (users.length === 0) call.output.write('There is nobody yet: the administrator is made when the server starts.\n')
  else call.output.write(`${renderTable(users)}\n`)
}

/** Without the password's hash, and with the words of UserInfo (OpenID Connect Core section 5.1) where it has one. */
function renderUser(user: User) {
  const { preferred_username: username, ...claims } = personClaims(user, PERSON_SCOPES)
  return {
    sub: user.id,
    username,
    ...claims,
    name: user.profile.name,
    administrator: user.origin === 'environment',
    disabled: user.disabledAt !== undefined,
    created_at: new Date(user.createdAt).toISOString(),
    updated_at: new Date(user.updatedAt).toISOString(),
  }
}

function renderTable(users: readonly User[]): string {
  // Without colours: the table may go into a file.
  const table = new Table({ head: ['Login', 'Name', 'E-mail', 'Status', 'Since'], style: { head: [], border: [] } })
  for (const user of users) {
    const { name, givenName, familyName } = user.profile
    const status = [user.origin === 'environment' ? ['administrator'] : [], user.disabledAt === undefined ? [] : ['disabled']].flat()
    table.push([
      user.username,
      name ?? [givenName, familyName].filter((part) => part !== undefined).join(' '),
      user.email ?? '',
      status.join(', ') || 'active',
      new Date(user.createdAt).toISOString().slice(0, 10),
    ])
  }
  return table.toString()
}
