/** How a client authenticates that `client add` makes. */
import { readKeys } from '../../config/key-argument.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { isSet, readText } from '../read-options.ts'

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
  return { token_endpoint_auth_method: 'private_key_jwt', jwks, jwks_uri: jwksUri }
}
