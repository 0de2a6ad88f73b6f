/** `user reset-factors` and `user factor-link`. */
import { canonicalUsername } from '../../domain/user/username.ts'
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { isSet } from '../read-options.ts'
import { confirm } from '../terminal/prompt.ts'
import { printLink } from './links.ts'
import { withUser } from './users.ts'

export async function resetFactors(call: Call): Promise<void> {
  await withUser(call, async ({ username, has_password: hasPassword }, ask) => {
    const question = `Delete all passkeys and codes of ${username}? Type the name to confirm: `
    await confirm(call, question, (answer) => canonicalUsername(answer) === username)
    valueOf(call, await ask('user.reset-factors', { params: { username } }))
    call.output.write(`The passkeys and codes of ${username} are deleted, and their sessions have ended.\n`)
    if (!hasPassword)
      call.errors.write(`This account has no password. A link to a new passkey: ${call.program} user factor-link ${username}\n`)
  })
}

export async function makeFactorLink(call: Call): Promise<void> {
  await withUser(call, async ({ username }, ask) => {
    printLink(call, valueOf(call, await ask('link.factor', { params: { username }, body: { print: isSet(call, 'print') } })))
  })
}
