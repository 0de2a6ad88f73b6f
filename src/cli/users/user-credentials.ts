/** `user add` and `user passwd`. */
import { snakeCased } from '../../operations/handlers/handler.ts'
import { ADMINISTRATORS_PASSWORD, checkNewUser } from '../../operations/users/user-credentials.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { withManagement } from '../managed.ts'
import { readNewPassword } from '../terminal/prompt.ts'
import { isSet } from '../read-options.ts'
import { printLink } from './links.ts'
import { readMembers, warnOfSharers, withUser } from './users.ts'

export async function addUser(call: Call): Promise<void> {
  const [username, members] = [call.positionals[0]!, readMembers(call)]
  const hints = { conflict: `Choose another name; to change a password: ${call.program} user passwd` }
  await withManagement(call, async (ask, here) => {
    // Before anyone types a password; a server says it afterwards.
    if (here !== undefined) valueOf(call, await checkNewUser(here, { username, ...members }), hints)
    const password = isSet(call, 'passkeyLink') ? undefined : await readNewPassword(call)
    const user = valueOf(call, await ask('user.add', { body: { username, password, ...snakeCased(members) } }), hints)
    const params = { username: user.username }
    if (password === undefined) printLink(call, valueOf(call, await ask('link.factor', { params, body: { print: isSet(call, 'print') } })))
    else call.output.write(`${user.username} can log in now.\n`)
    warnOfSharers(call, user.email_shared_with)
  })
}

export async function changePassword(call: Call): Promise<void> {
  await withUser(call, async ({ username, administrator }, ask) => {
    if (administrator) throw new CommandRefused(`${username} ${ADMINISTRATORS_PASSWORD}`)
    const endGrants = isSet(call, 'endGrants')
    const body = { password: await readNewPassword(call), end_grants: endGrants }
    valueOf(call, await ask('user.change-password', { params: { username }, body }))
    const kept = endGrants
      ? 'and their sessions and the apps that were connected have ended'
      : 'and their sessions have ended. Apps with offline access stay connected; --end-grants ends them, too'
    call.output.write(`The password of ${username} is changed, ${kept}.\n`)
  })
}
