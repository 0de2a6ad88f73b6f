/** `user add`: a person who can log in. */
import { canonicalUsername, isUsername } from '../domain/user/username.ts'
import { hashPassword } from '../crypto/password.ts'
import { newId } from '../crypto/random.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { readNewPassword } from './new-password.ts'
import { readPerson } from './person-options.ts'

export async function addUser(call: Call): Promise<void> {
  const username = parseUsername(call.positionals[0]!)
  const person = readPerson(call)
  await withStorage(call, async ({ users }, config) => {
    if (username === canonicalUsername(config.adminUsername)) {
      throw new CommandRefused(
        `${username} is the administrator, whom the server makes when it starts (ADMIN_USERNAME): choose another name.`,
      )
    }
    const taken = new CommandRefused(
      `${username} exists already: choose another name, or change that user's password with ${call.program} user passwd.`,
    )
    if ((await users.findByUsername(username)) !== undefined) throw taken // before anybody types a password
    const passwordHash = await hashPassword(await readNewPassword(call))
    const now = Date.now()
    const user = { id: newId(), username, passwordHash, ...person, createdAt: now, updatedAt: now }
    if (!(await users.insert({ ...user, origin: 'operator' }))) throw taken
  })
  call.output.write(`${username} can log in now.\n`)
}

function parseUsername(raw: string): string {
  const username = canonicalUsername(raw)
  if (isUsername(username)) return username
  throw new CommandRefused('The name to log in with must have 1 to 128 characters, without blanks and without invisible ones.')
}
