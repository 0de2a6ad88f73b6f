/** The form that sets up a second factor: a new secret for one-time codes, and a challenge for a new passkey. */
import type { FastifyInstance } from 'fastify'
import { codeUri, newCodeSecret } from '../../crypto/one-time-codes.ts'
import { creationOptions } from '../../crypto/passkeys.ts'
import { newSecret } from '../../crypto/random.ts'
import { signSetUp } from '../../domain/user/factor-set-up.ts'
import type { SetUp } from '../../domain/user/factor-set-up.ts'
import type { Passkey } from '../../domain/user/factors.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { FactorSetUpPage } from '../pages/factor-models.ts'
import type { LinkPasskeyPage } from '../pages/link-models.ts'
import { oneTimeCode } from './methods/one-time-code.ts'

/** What was wrong with the answer. A wrong code keeps its secret, which an app has already. */
export interface SetUpProblem {
  readonly problem: 'code' | 'passkey'
  readonly before: SetUp
}

/** For a passkey of somebody who has nothing else yet. @param boundTo the hash of the token of a link */
export function describePasskeySetUp(
  app: FastifyInstance,
  { id, username }: Pick<UserProfile, 'id' | 'username'>,
  boundTo: string,
  action: string,
): Pick<LinkPasskeyPage, 'setUp' | 'passkey'> {
  const { rpId, serviceName = 'Solar System' } = app.settings
  const challenge = newSecret()
  const setUp = signSetUp({ userId: id, boundTo, secret: '', challenge, at: app.now() }, app.macKeys)
  if (rpId === undefined) return { setUp }
  return { setUp, passkey: { action, options: JSON.stringify(creationOptions({ challenge, rpId }, serviceName, { id, username }, [])) } }
}

/** @param boundTo the hash of the id of a session */
export function describeSetUp(
  app: FastifyInstance,
  { id, username }: Pick<UserProfile, 'id' | 'username'>,
  boundTo: string,
  existing: readonly Passkey[],
  failed?: SetUpProblem,
): Omit<FactorSetUpPage, 'cancellable' | 'transaction'> {
  const { base, rpId, serviceName = 'Solar System' } = app.settings
  const challenge = newSecret()
  const secret = failed?.before.secret ?? newCodeSecret()
  const uri = codeUri(secret, serviceName, username)
  const options = rpId && JSON.stringify(creationOptions({ challenge, rpId }, serviceName, { id, username }, existing))
  return {
    action: base + PATHS.factorCodes,
    setUp: signSetUp({ userId: id, boundTo, secret, challenge, at: app.now() }, app.macKeys),
    username,
    ...(oneTimeCode.counts(app.settings) && { codes: { secret: secret.replaceAll(/.{4}(?=.)/g, '$& '), uri } }),
    ...(options !== undefined && { passkey: { action: base + PATHS.factorPasskey, options } }),
    ...(failed !== undefined && { problem: failed.problem }),
  }
}
