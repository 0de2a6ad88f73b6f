/** `client update`. */
import type { Call } from '../command.ts'
import { valueOf } from '../configured.ts'
import { readText } from '../read-options.ts'
import { withClient } from './clients.ts'

export async function updateClient(call: Call): Promise<void> {
  await withClient(call, async (id, ask) => {
    const held = await ask('client.hold-to-profile', { params: { client_id: id }, body: { profile: readText(call, 'profile') } })
    const { security_profile: profile } = valueOf(call, held)
    const sentence = profile === undefined ? 'is held to no profile of its own' : `is held to the profile ${profile}`
    call.output.write(`${id} ${sentence}, from its next request on.\n`)
  })
}
