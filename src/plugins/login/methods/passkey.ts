/** A passkey: two factors at once, or the second one after another method (Web Authentication; threat-model.md T23). */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { passkeyIdOf, requestOptions, verifyRequest } from '../../../crypto/passkeys.ts'
import { newSecret } from '../../../crypto/random.ts'
import { PASSKEY_AMR } from '../../../domain/authorization/authentication.ts'
import { TRANSACTION_LIFETIME_MS } from '../../../domain/authorization/transaction.ts'
import type { Transaction } from '../../../domain/authorization/transaction.ts'
import type { Passkey } from '../../../domain/user/factors.ts'
import type { User } from '../../../domain/user/user.ts'
import { PATHS } from '../../../schemas/paths.ts'
import type { PasskeyForm } from '../../pages/factor-models.ts'
import type { Asked, LoginMethod } from './method.ts'

export const passkey: LoginMethod = {
  name: 'passkey',
  factor: 'either',
  amr: PASSKEY_AMR,
  isSetUp: true,
  counts: ({ rpId }) => rpId !== undefined,
  askFirst: async (app) => askFor(app),
  askSecond: (app, { user, stored }) => askFor(app, { userId: user.id, passkeys: stored.passkeys }),
}

/** A challenge, and the options for the browser. @param of the person whose passkeys count, and these; any passkey of this host if absent */
function askFor(
  { settings: { rpId, base } }: FastifyInstance,
  of?: { readonly userId: string; readonly passkeys: readonly Passkey[] },
): Asked<PasskeyForm> {
  const passkeys = of?.passkeys.filter((each) => each.rpId === rpId)
  if (rpId === undefined || passkeys?.length === 0) return { model: {} }
  const value = newSecret()
  const options = JSON.stringify(requestOptions({ challenge: value, rpId }, passkeys))
  return {
    challenge: { value, ...(of !== undefined && { userId: of.userId }) },
    model: { passkey: { action: base + PATHS.loginPasskey, options } },
  }
}

/** The owner of the passkey, if its answer is right, new, and from the person who was asked. */
export async function checkPasskey(
  app: FastifyInstance,
  request: FastifyRequest,
  credential: string,
  { challenge, startedAt }: Transaction,
): Promise<User | undefined> {
  const { factors, users, replays } = app.storage
  const { rpId, issuer } = app.settings
  const id = passkeyIdOf(credential)
  if (rpId === undefined || challenge === undefined || id === undefined) return undefined
  const found = await factors.findPasskey(id)
  if (found === undefined || found.rpId !== rpId || (challenge.userId ?? found.userId) !== found.userId) return undefined
  const { origin } = new URL(issuer)
  const verified = await verifyRequest(credential, found, { challenge: challenge.value, origin, rpId })
  if (verified === undefined) return undefined
  // Once on all nodes, for as long as the transaction with the challenge can be opened.
  if (!(await replays.use(`passkey:${challenge.value}`, startedAt + TRANSACTION_LIFETIME_MS))) return undefined
  const user = await users.find(found.userId)
  if (user === undefined || user.disabledAt !== undefined) return undefined
  if (await factors.usePasskey(id, verified, app.now())) return user
  request.log.warn({ user: user.id, username: user.username, passkey: found.name }, 'passkey refused: its counter went back')
  await app.audit.note(request, { name: 'passkey.copied', userId: user.id, details: { user: user.username, passkey: found.name } })
  return undefined
}
