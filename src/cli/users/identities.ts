/** `user unlink`. */
import { unlinkUser as unlink } from '../../operations/users/identities.ts'
import { findUser } from '../../operations/users/users.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'

export async function unlinkUser(call: Call): Promise<void> {
  const [name = '', provider = ''] = call.positionals
  await withOperations(call, async (context) => {
    const user = valueOf(call, await findUser(context, name), { 'not-found': `List them with: ${call.program} user list` })
    valueOf(call, await unlink(context, user, provider))
    call.output.write(`${user.username} has no account at ${provider} any more. What came of it has ended: sessions and apps.\n`)
  })
}
