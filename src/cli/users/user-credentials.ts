/** `user add`, `user passwd` and `user reset-factors`. */
import { canonicalUsername } from '../../domain/user/username.ts'
import { resetFactors as reset } from '../../operations/users/factors.ts'
import * as operations from '../../operations/users/user-credentials.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { confirm, readNewPassword } from '../terminal/prompt.ts'
import { isSet } from '../read-options.ts'
import { readMembers, warnOfSharers, withUser } from './users.ts'

export async function addUser(call: Call): Promise<void> {
  const said = { username: call.positionals[0]!, ...readMembers(call) }
  const hints = { conflict: `Choose another name; to change a password: ${call.program} user passwd` }
  await withOperations(call, async (context) => {
    valueOf(call, await operations.checkNewUser(context, said), hints) // before anyone types a password
    const user = valueOf(call, await operations.addUser(context, { ...said, password: await readNewPassword(call) }), hints)
    call.output.write(`${user.username} can log in now.\n`)
    await warnOfSharers(call, context, user)
  })
}

export async function changePassword(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    valueOf(call, operations.checkPasswordChangeable(context, user))
    const endGrants = isSet(call, 'endGrants')
    valueOf(call, await operations.changePassword(context, user, { password: await readNewPassword(call), endGrants }))
    const kept = endGrants
      ? 'and their sessions and the apps that were connected have ended'
      : 'and their sessions have ended. Apps with offline access stay connected; --end-grants ends them, too'
    call.output.write(`The password of ${user.username} is changed, ${kept}.\n`)
  })
}

export async function resetFactors(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    const question = `Delete all passkeys and codes of ${user.username}? Type the name to confirm: `
    await confirm(call, question, (answer) => canonicalUsername(answer) === user.username)
    valueOf(call, await reset(context, user))
    call.output.write(`The passkeys and codes of ${user.username} are deleted, and their sessions have ended.\n`)
  })
}
