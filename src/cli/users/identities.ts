/** `user unlink`. */
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { withUser } from './users.ts'

export async function unlinkUser(call: Call): Promise<void> {
  const provider = call.positionals[1]!
  await withUser(call, async ({ username }, ask) => {
    valueOf(call, await ask('user.unlink', { params: { username, provider } }))
    call.output.write(`${username} has no account at ${provider} any more. What came of it has ended: sessions and apps.\n`)
  })
}
