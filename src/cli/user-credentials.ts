/** `user add` and `user passwd`. */
import * as operations from '../operations/user-credentials.ts'
import type { Call } from './command.ts'
import { valueOf, withOperations } from './configured.ts'
import { readNewPassword } from './prompt.ts'
import { readMembers, withUser } from './users.ts'

export async function addUser(call: Call): Promise<void> {
  const said = { username: call.positionals[0]!, ...readMembers(call) }
  const hints = { conflict: `Choose another name; to change a password: ${call.program} user passwd` }
  await withOperations(call, async (context) => {
    valueOf(call, await operations.checkNewUser(context, said), hints) // before anyone types a password
    const { username } = valueOf(call, await operations.addUser(context, { ...said, password: await readNewPassword(call) }), hints)
    call.output.write(`${username} can log in now.\n`)
  })
}

export async function changePassword(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    valueOf(call, operations.checkPasswordChangeable(user))
    valueOf(call, await operations.changePassword(context, user, await readNewPassword(call)))
    call.output.write(`The password of ${user.username} is changed, and their sessions have ended.\n`)
  })
}
