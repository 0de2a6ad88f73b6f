/** Whose account came back from a provider: finds, links or makes the person, and keeps what the provider said (threat-model.md T20). */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { newId } from '../../crypto/random.ts'
import type { Vault } from '../../crypto/vault.ts'
import type { Link } from '../../domain/link/link.ts'
import { followedProfile, ownerOf, usernamesFor } from '../../domain/provider/account.ts'
import type { Namesake } from '../../domain/provider/account.ts'
import type { Identity, IdentityClaims } from '../../domain/provider/identity.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import type { User } from '../../domain/user/user.ts'
import { canonicalUsername } from '../../domain/user/username.ts'
import type { Arrival } from '../../providers/provider-client.ts'
import type { Audit } from '../kernel/audit.ts'
import type { Admit } from './admission.ts'
import type { Refusal } from './refusals.ts'

/** Why somebody who came back can't come in. `taken`: another person here has the address. */
export interface Turned extends Refusal {
  readonly problem: 'admission' | 'taken' | 'disabled'
}

export interface Accounts {
  signIn(request: FastifyRequest, provider: Provider, arrival: Arrival): Promise<Result<SignedIn, Turned>>
  /** Makes the account of somebody who was invited, in one unit with the use of the invitation. `gone`: somebody else was faster. */
  invite(
    request: FastifyRequest,
    provider: Provider,
    arrival: Arrival,
    invitation: Link,
  ): Promise<Result<User, Turned | { readonly problem: 'gone' }>>
}

export interface SignedIn {
  readonly user: User
  readonly identityId: string
  /** Whether the provider ever gave something to ask it again with. */
  readonly canBeAskedAgain: boolean
}

interface Needs {
  readonly audit: Audit
  readonly admit: Admit
  readonly vault: Vault
}

export function createAccounts(app: FastifyInstance, { audit, admit, vault }: Needs): Accounts {
  const { users, identities } = app.storage
  const { adminUsername } = app.settings

  const signIn: Accounts['signIn'] = async (request, provider, arrival) => {
    const { claims, refreshToken } = arrival
    const { issuer, subject } = claims
    const known = await identities.find({ providerId: provider.id, issuer, subject })
    const namesakes = await namesakesOf(claims, known?.userId)
    const owner = known === undefined ? ownerOf(claims, provider, namesakes) : undefined
    const owned = known === undefined ? (owner?.kind === 'link' ? owner.user : undefined) : await users.find(known.userId)
    const admission = await admit({ provider, claims, user: owned })
    if (!admission.admitted) return err({ problem: 'admission', reason: admission.reason, missing: admission.missing })
    // Whom this very account had barred, it lets in again.
    if (owned?.disabledAt !== undefined && (known === undefined || owned.barredBy !== known.id))
      return err({ problem: 'disabled', reason: 'the user is disabled' })
    if (owner?.kind === 'taken') return err({ problem: 'taken', reason: 'another user has this address' })

    const now = app.now()
    const canBeAskedAgain = (refreshToken ?? known?.encryptedRefreshToken) !== undefined
    const identity = newIdentity(provider, arrival, owned)
    if (owned === undefined) return letIn(request, provider, identity, admission.by)
    if (known === undefined) {
      const event = audit.event(request, linked(provider, owned, identity, admission.by))
      // Another login of the same account was a moment faster, and decides whose it is.
      if (!(await identities.link(identity, event))) return signIn(request, provider, arrival)
      return ok({ user: owned, identityId: identity.id, canBeAskedAgain })
    }
    const follow = provider.settings.follow && known.managed ? followed(claims, owned, namesakes) : undefined
    const changed = follow === undefined ? [] : changesOf(owned, follow)
    const event = { name: 'user.updated', details: { user: owned.username, changed, provider: provider.name } } as const
    await identities.logIn(
      { ...identity, id: known.id },
      changed.length === 0 ? undefined : follow,
      now,
      changed.length === 0 ? undefined : audit.event(request, { ...event, actor: 'server' }),
    )
    return ok({ user: owned, identityId: known.id, canBeAskedAgain })
  }

  const invite: Accounts['invite'] = async (request, provider, arrival, invitation) => {
    const { claims } = arrival
    const taken = err({ problem: 'taken', reason: 'the account, or its address, is of somebody who is here already' } as const)
    const known = await identities.find({ providerId: provider.id, issuer: claims.issuer, subject: claims.subject })
    if (known !== undefined || (await namesakesOf(claims, undefined)).length > 0) return taken
    const identity = newIdentity(provider, arrival, undefined)
    const made = await make(request, provider, identity, 'invitation', invitation)
    return typeof made === 'object' ? ok(made) : made === 'gone' ? err({ problem: 'gone' }) : taken
  }

  const newIdentity = (provider: Provider, { claims, refreshToken }: Arrival, owned: User | undefined): Identity => {
    const now = app.now()
    return {
      id: newId(),
      userId: owned?.id ?? newId(),
      providerId: provider.id,
      issuer: claims.issuer,
      subject: claims.subject,
      managed: owned === undefined,
      claims,
      encryptedRefreshToken: refreshToken && vault.encrypt(refreshToken),
      linkedAt: now,
      lastLoginAt: now,
      lastUsedAt: now,
      lastCheckedAt: now,
    }
  }

  /** Makes somebody new, or finds who was made a moment before. */
  async function letIn(request: FastifyRequest, provider: Provider, identity: Identity, by: string) {
    const made = await make(request, provider, identity, by)
    const canBeAskedAgain = identity.encryptedRefreshToken !== undefined
    if (typeof made === 'object') return ok({ user: made, identityId: identity.id, canBeAskedAgain })
    const faster = await identities.find(identity)
    const user = faster && (await users.find(faster.userId))
    return user === undefined
      ? err({ problem: 'taken' as const, reason: 'every name for this account is taken' })
      : ok({ user, identityId: faster!.id, canBeAskedAgain: faster!.encryptedRefreshToken !== undefined })
  }

  /**
   * Makes somebody new, under the first name that nobody has. Who was invited counts as made by an operator, and needs no rule; the
   * account of the provider manages them all the same.
   */
  async function make(request: FastifyRequest, provider: Provider, identity: Identity, by: string, invitation?: Link) {
    const { claims } = identity
    const address = claims.emailVerified ? claims.email : invitation?.address
    for (const username of usernamesFor(claims, provider.name).filter((each) => each !== canonicalUsername(adminUsername))) {
      const user: User = {
        id: identity.userId,
        username,
        origin: invitation === undefined ? 'provider' : 'operator',
        profile: followedProfile(claims, { profile: {} }),
        email: address,
        emailVerified: address !== undefined,
        createdAt: identity.linkedAt,
        updatedAt: identity.linkedAt,
      }
      const invited = invitation !== undefined && { invited: true }
      const details = { user: username, provider: provider.name, ...invited }
      const added = audit.event(request, { name: 'user.added', actor: 'server', userId: user.id, details })
      const events = [added, audit.event(request, linked(provider, user, identity, by))]
      const outcome = await identities.admit(user, identity, events, invitation && used(request, invitation, user))
      if (outcome === 'admitted') return user
      // Another login of the same account was a moment faster, or another use of the invitation.
      if (outcome !== 'name taken') return outcome
    }
    return 'name taken'
  }

  const used = (request: FastifyRequest, { tokenHash, data: { group } }: Link, { id: userId, username }: User) => {
    const details = { user: username, group, invited: true }
    return { tokenHash, joined: audit.event(request, { name: 'group.joined', actor: 'server', userId, details }) }
  }

  /** Everybody else who has the address, or is called by it. */
  async function namesakesOf({ email }: IdentityClaims, except: string | undefined): Promise<Namesake[]> {
    if (email === undefined) return []
    const called = await users.findByUsername(email)
    const found = new Map([...(await users.findByEmail(email)), ...(called === undefined ? [] : [called])].map((user) => [user.id, user]))
    found.delete(except ?? '')
    return Promise.all([...found.values()].map(async (user) => ({ user, identities: await identities.listOf(user.id) })))
  }

  return { signIn, invite }
}

const linked = (provider: Provider, user: User, { issuer, subject }: Identity, rule: string) =>
  ({ name: 'identity.linked', actor: 'server', details: { user: user.username, provider: provider.name, issuer, subject, rule } }) as const

/** An address that somebody else has by now doesn't follow. */
function followed(claims: IdentityClaims, user: User, namesakes: readonly Namesake[]) {
  const follows = claims.emailVerified && namesakes.length === 0
  const { email, emailVerified } = follows ? claims : user
  return { userId: user.id, profile: followedProfile(claims, user), email, emailVerified }
}

function changesOf(before: User, after: Pick<User, 'profile' | 'email'>): string[] {
  const names = [...new Set([...Object.keys(before.profile), ...Object.keys(after.profile)])] as (keyof User['profile'])[]
  const changed = names.filter((name) => JSON.stringify(before.profile[name]) !== JSON.stringify(after.profile[name]))
  return [...(before.email === after.email ? [] : ['email']), ...changed]
}
