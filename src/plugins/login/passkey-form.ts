/** What a page needs to ask for a passkey: a challenge, signed into its transaction, and the options for the browser. */
import type { FastifyInstance } from 'fastify'
import { newSecret } from '../../crypto/random.ts'
import { requestOptions } from '../../crypto/passkeys.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { Passkey } from '../../domain/user/factors.ts'
import { PATHS } from '../../schemas/paths.ts'

/** @param of the person whose passkeys count, and these; any passkey of this host if absent */
export function preparePasskey(
  { settings: { rpId, base } }: FastifyInstance,
  transaction: Transaction,
  of?: { readonly userId: string; readonly passkeys: readonly Passkey[] },
): { readonly transaction: Transaction; readonly model: { passkey?: { action: string; options: string } } } {
  const passkeys = of?.passkeys.filter((passkey) => passkey.rpId === rpId)
  if (rpId === undefined || passkeys?.length === 0) return { transaction, model: {} }
  const value = newSecret()
  const options = JSON.stringify(requestOptions({ challenge: value, rpId }, passkeys))
  return {
    transaction: { ...transaction, challenge: { value, ...(of !== undefined && { userId: of.userId }) } },
    model: { passkey: { action: base + PATHS.loginPasskey, options } },
  }
}
