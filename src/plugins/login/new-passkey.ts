/** A passkey that somebody has just made for a page of ours. Owns that its challenge counts once; not who may add it, nor where it is kept. */
import type { FastifyInstance } from 'fastify'
import { passkeyIdOf, verifyCreation } from '../../crypto/passkeys.ts'
import { wasJustUsed } from '../../domain/link/link.ts'
import type { Link } from '../../domain/link/link.ts'
import { SET_UP_LIFETIME_MS } from '../../domain/user/factor-set-up.ts'
import type { SetUp } from '../../domain/user/factor-set-up.ts'
import type { Passkey } from '../../domain/user/factors.ts'
import { parsePasskeyName } from '../../domain/user/passkeys.ts'

/** `undefined` if the answer of the browser is wrong, or not new. */
export async function receivePasskey(
  app: FastifyInstance,
  { credential = '', name: typed = '' }: { readonly credential?: string; readonly name?: string },
  { userId, challenge }: Pick<SetUp, 'userId' | 'challenge'>,
): Promise<Passkey | undefined> {
  const { rpId, issuer } = app.settings
  if (rpId === undefined) return undefined
  const made = await verifyCreation(credential, { challenge, origin: new URL(issuer).origin, rpId })
  const now = app.now()
  if (made === undefined || !(await app.storage.replays.use(`passkey:${challenge}`, now + SET_UP_LIFETIME_MS))) return undefined
  const name = parsePasskeyName(typed) ?? `Passkey ${new Date(now).toISOString().slice(0, 10)}`
  return { ...made, userId, name, rpId, createdAt: now }
}

/** Whether a link has just made the passkey of an answer: a second click on the button is answered like the first one. */
export async function wasJustMade(app: FastifyInstance, credential: string, link: Link): Promise<boolean> {
  const id = wasJustUsed(link, app.now()) ? passkeyIdOf(credential) : undefined
  return id !== undefined && (await app.storage.factors.findPasskey(id))?.userId === link.userId
}
