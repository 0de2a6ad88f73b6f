/** `user add`: a person who can log in. What an operator says about them counts as checked. */
import { plainText } from '../domain/text.ts'
import { canonicalUsername, isUsername } from '../domain/username.ts'
import { hashPassword } from '../keys/password.ts'
import { newId } from '../keys/random.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { readName } from './name-option.ts'
import { readNewPassword } from './new-password.ts'

export async function addUser(call: Call): Promise<void> {
  const username = parseUsername(call.positionals[0]!)
  const email = parseEmail(call.options['email'])
  const profile = {
    name: readName(call, 'name'),
    givenName: readName(call, 'given-name'),
    familyName: readName(call, 'family-name'),
  }
  await withStorage(call, async ({ users }, config) => {
    if (username === canonicalUsername(config.adminUsername)) {
      throw new CommandRefused(`${username} is the administrator, whom the server makes when it starts (ADMIN_USERNAME): choose another name.`)
    }
    const taken = new CommandRefused(`${username} exists already: choose another name, or change that user's password with ${call.program} user passwd.`)
    if ((await users.findByUsername(username)) !== undefined) throw taken // before anybody types a password
    const passwordHash = await hashPassword(await readNewPassword(call))
    const now = Date.now()
    const user = { id: newId(), username, passwordHash, profile, email, emailVerified: email !== undefined, createdAt: now, updatedAt: now }
    if (!(await users.insert({ ...user, origin: 'person' }))) throw taken
  })
  call.output.write(`${username} can log in now.\n`)
}

function parseUsername(raw: string): string {
  const username = canonicalUsername(raw)
  if (isUsername(username)) return username
  throw new CommandRefused('The name to log in with must have 1 to 128 characters, without blanks and without invisible ones.')
}

function parseEmail(raw: Call['options'][string]): string | undefined {
  if (typeof raw !== 'string') return undefined
  const email = raw.trim()
  if (email.length <= 254 && /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u.test(email)) return email
  throw new CommandRefused(`"${plainText(raw, 100)}" is no e-mail address.`)
}
