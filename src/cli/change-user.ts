/** `user update`, `passwd`, `disable`, `enable`, `delete`: what happens to a person who is there already. */
import type { User } from '../domain/user/user.ts'
import { canonicalUsername } from '../domain/user/username.ts'
import { hashPassword } from '../crypto/password.ts'
import type { Users } from '../storage/storage.ts'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { withStorage } from './configured.ts'
import { confirm } from './confirm.ts'
import { readNewPassword } from './new-password.ts'
import { readPerson } from './person-options.ts'

export async function updateUser(call: Call): Promise<void> {
  if (Object.keys(call.options).length === 0)
    throw new CommandRefused(`Nothing is to be changed: ${call.program} help user update shows what can be.`)
  await withUser(call, async (user, users) => {
    if (isAdministrator(user) && call.options['email'] !== undefined) {
      throw new CommandRefused(`${user.username} is the administrator, whose address is ADMIN_EMAIL: set that and start the server again.`)
    }
    const { id, username } = user
    if (!(await users.update({ id, username, ...readPerson(call, user) }, Date.now()))) throw gone(user)
    call.output.write(`What apps are told of ${username} is changed, and their sessions are ended.\n`)
  })
}

export async function changePassword(call: Call): Promise<void> {
  await withUser(call, async (user, users) => {
    if (isAdministrator(user)) {
      throw new CommandRefused(
        `${user.username} is the administrator, whose password is ADMIN_PASSWORD: set that and start the server again.`,
      )
    }
    const changed = await users.changePassword(user.id, await hashPassword(await readNewPassword(call)), Date.now())
    if (!changed) throw gone(user)
    call.output.write(`The password of ${user.username} is changed, and their sessions are ended.\n`)
  })
}

export async function disableUser(call: Call): Promise<void> {
  await withUser(call, async (user, users) => {
    if (!(await users.disable(user.id, Date.now()))) throw new CommandRefused(`${user.username} is disabled already.`)
    call.output.write(`${user.username} is disabled: no login any more, and no app acts for them.\n`)
    if (isAdministrator(user))
      warn(call, `This is the administrator. It stays disabled until: ${call.program} user enable ${user.username}`)
  })
}

export async function enableUser(call: Call): Promise<void> {
  await withUser(call, async (user, users) => {
    if (!(await users.enable(user.id, Date.now()))) throw new CommandRefused(`${user.username} is not disabled.`)
    call.output.write(`${user.username} can log in again. Apps have to be allowed anew.\n`)
  })
}

export async function deleteUser(call: Call): Promise<void> {
  await withUser(call, async (user, users) => {
    if (isAdministrator(user)) {
      warn(
        call,
        'This is the administrator: the next start makes it again, as another user to all apps (another "sub"), unless ADMIN_USERNAME names somebody else.',
      )
    }
    await confirm(
      call,
      `Delete ${user.username} for good, with all that apps were allowed? Type the name to confirm: `,
      (answer) => canonicalUsername(answer) === user.username,
    )
    if (!(await users.delete(user.id, Date.now()))) throw gone(user)
    call.output.write(`${user.username} is deleted, with all that apps were allowed.\n`)
  })
}

async function withUser(call: Call, work: (user: User, users: Users) => Promise<void>): Promise<void> {
  const username = canonicalUsername(call.positionals[0]!)
  await withStorage(call, async ({ users }) => {
    const user = await users.findByUsername(username)
    if (user === undefined) throw new CommandRefused(`There is no user ${username}: ${call.program} user list shows who is there.`)
    await work(user, users)
  })
}

const isAdministrator = ({ origin }: User): boolean => origin === 'environment'
const warn = ({ errors }: Call, sentence: string): void => void errors.write(`${sentence}\n`)
const gone = ({ username }: User): CommandRefused => new CommandRefused(`${username} was deleted by somebody else at the same moment.`)
