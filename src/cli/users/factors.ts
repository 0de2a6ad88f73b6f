/** `user reset-factors` and `user factor-link`. */
import { canonicalUsername } from '../../domain/user/username.ts'
import { resetFactors as reset } from '../../operations/users/factors.ts'
import { makeFactorLink as make } from '../../operations/users/links.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { isSet } from '../read-options.ts'
import { confirm } from '../terminal/prompt.ts'
import { printLink } from './links.ts'
import { withUser } from './users.ts'

export async function resetFactors(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    const question = `Delete all passkeys and codes of ${user.username}? Type the name to confirm: `
    await confirm(call, question, (answer) => canonicalUsername(answer) === user.username)
    valueOf(call, await reset(context, user))
    call.output.write(`The passkeys and codes of ${user.username} are deleted, and their sessions have ended.\n`)
    if (user.passwordHash === undefined)
      call.errors.write(`This account has no password. A link to a new passkey: ${call.program} user factor-link ${user.username}\n`)
  })
}

export async function makeFactorLink(call: Call): Promise<void> {
  await withUser(call, async (user, context) => {
    printLink(call, valueOf(call, await make(context, user, { print: isSet(call, 'print') })), user.username)
  })
}
