/**
 * A login by which an operator tries a provider: what it says of somebody, and whether that lets them in. It makes no session and no
 * user, and keeps nothing of what the provider says.
 */
import { admit } from '../../domain/admission/admission.ts'
import type { Admission } from '../../domain/admission/admission.ts'
import { attemptSecrets } from '../../domain/provider/attempt-cookie.ts'
import { ownerOf } from '../../domain/provider/account.ts'
import type { Namesake } from '../../domain/provider/account.ts'
import type { IdentityClaims } from '../../domain/provider/identity.ts'
import { ATTEMPT_LIFETIME_MS, TRIAL_BROWSER } from '../../domain/provider/provider-attempt.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { ok } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { User } from '../../domain/user/user.ts'
import type { AttemptSecrets, ProviderClient } from '../../providers/provider-client.ts'
import { createProviderClient } from '../../providers/provider-clients.ts'
import type { OperationContext } from '../context.ts'
import { conflict } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import { admissionRules, connectionOf } from './check.ts'

export interface Trial {
  readonly provider: Provider
  readonly client: ProviderClient
  readonly secrets: AttemptSecrets
  /** Where the operator's browser goes. */
  readonly url: string
}

/**
 * @param state of `trialState`
 * @param port where the caller listens on the loopback interface, for `/callback`
 */
export async function beginTrial(
  context: OperationContext,
  provider: Provider,
  { state, port, send }: { readonly state: string; readonly port: number; readonly send?: typeof fetch | undefined },
): Promise<Outcome<Trial>> {
  const connection = connectionOf(context, provider)
  if (!connection.ok) return connection
  const client = createProviderClient(connection.value, context.now, send && { fetch: send })
  const secrets = attemptSecrets({ secret: context.newSecret() }, state)
  const departure = await client.depart(secrets, { prompt: 'select_account' })
  if (!departure.ok) return conflict(`Nobody can log in by ${provider.name}: ${departure.error.reason}.`)
  await context.storage.providerAttempts.insert({
    handleHash: sha256(state),
    browserHash: TRIAL_BROWSER,
    providerId: provider.id,
    progress: { port },
    expiresAt: context.now() + ATTEMPT_LIFETIME_MS,
  })
  return ok({ provider, client, secrets, url: departure.value.href })
}

/** What would come of such a login. */
export interface TrialResult {
  readonly claims: IdentityClaims
  /** Whether the provider gave something to ask it again with. */
  readonly canBeAskedAgain: boolean
  readonly admission: Admission
  /** `known` and `linked`: it is this user's. `taken`: somebody else has the address. */
  readonly owner: { readonly kind: 'known' | 'link'; readonly user: User } | { readonly kind: 'taken' | 'new' }
  /** By an operator, that is: whom this very account had barred, it lets in again. */
  readonly isDisabled: boolean
}

/** @param query of the address at which the browser came back */
export async function finishTrial(context: OperationContext, trial: Trial, query: URLSearchParams): Promise<Outcome<TrialResult>> {
  const { provider, client, secrets } = trial
  const arrived = await client.arrive(query, secrets)
  if (!arrived.ok) return conflict(arrived.error.reason)
  const { claims, refreshToken } = arrived.value
  const { users, identities } = context.storage
  const known = await identities.find({ ...claims, providerId: provider.id })
  const user = known && (await users.find(known.userId))
  const owner = user === undefined ? ownerOf(claims, provider, await namesakesOf(context, claims)) : { kind: 'known' as const, user }
  const person = 'user' in owner ? owner.user : undefined
  const admission = admit({ provider, claims }, await admissionRules(context), person !== undefined && person.origin !== 'provider')
  const isDisabled = person?.disabledAt !== undefined && (known === undefined || person.barredBy !== known.id)
  return ok({ claims, canBeAskedAgain: refreshToken !== undefined, admission, owner, isDisabled })
}

async function namesakesOf({ storage }: OperationContext, { email }: IdentityClaims): Promise<Namesake[]> {
  if (email === undefined) return []
  const called = await storage.users.findByUsername(email)
  const found = new Map([...(await storage.users.findByEmail(email)), ...(called ? [called] : [])].map((user) => [user.id, user]))
  return Promise.all([...found.values()].map(async (user) => ({ user, identities: await storage.identities.listOf(user.id) })))
}
