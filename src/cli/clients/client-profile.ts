/** `client update`, and the keys of `client add`. */
import { readKeys } from '../../config/key-argument.ts'
import { findClient } from '../../operations/clients/clients.ts'
import { holdClientToProfile } from '../../operations/clients/client-profile.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { valueOf, withOperations } from '../configured.ts'
import { isSet, readText } from '../read-options.ts'

export async function updateClient(call: Call): Promise<void> {
  await withOperations(call, async (context) => {
    const hints = { 'not-found': `List them with: ${call.program} client list` }
    const client = valueOf(call, await findClient(context, call.positionals[0]!), hints)
    const { id, metadata } = valueOf(call, await holdClientToProfile(context, client, { profile: readText(call, 'profile') }))
    const { securityProfile } = metadata
    const held = securityProfile === undefined ? 'is held to no profile of its own' : `is held to the profile ${securityProfile}`
    call.output.write(`${id} ${held}, from its next request on.\n`)
  })
}

/**
 * How a client that an operator adds authenticates, as members of a registration.
 *
 * @throws {CommandRefused} if the keys can't be read, or the client would have a secret besides
 */
export function readAuthentication(call: Call) {
  const named = readText(call, 'keys')
  if (named === undefined) return { token_endpoint_auth_method: isSet(call, 'confidential') ? 'client_secret_basic' : 'none' }
  if (isSet(call, 'confidential')) throw new CommandRefused('A client has a secret (--confidential) or keys (--keys), not both.')
  const keys = readKeys(named)
  if (!keys.ok) throw new CommandRefused(`--keys must ${keys.error}.`)
  const { jwks, jwksUri } = keys.value
  return { token_endpoint_auth_method: 'private_key_jwt', jwks: jwks ?? null, jwks_uri: jwksUri ?? null }
}
