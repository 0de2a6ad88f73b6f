/** `user add` and `user passwd`. */
import * as operations from '../../operations/users/user-credentials.ts'
import { makeFactorLink } from '../../operations/users/links.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { readNewPassword } from '../terminal/prompt.ts'
import { isSet } from '../read-options.ts'
import { printLink } from './links.ts'
import { readMembers, warnOfSharers, withUser } from './users.ts'

export async function addUser(call: Call): Promise<void> {
  const said = { username: call.positionals[0]!, ...readMembers(call) }
  const hints = { conflict: `Choose another name; to change a password: ${call.program} user passwd` }
  await withOperations(call, async (context) => {
    valueOf(call, await operations.checkNewUser(context, said), hints) // before anyone types a password
    const password = isSet(call, 'passkeyLink') ? undefined : await readNewPassword(call)
    const user = valueOf(call, await operations.addUser(context, { ...said, password }), hints)
    if (password === undefined)
      printLink(call, valueOf(call, await makeFactorLink(context, user, { print: isSet(call, 'print') })), user.username)
    else call.output.write(`${user.username} can log in now.\n`)
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
