/**
 * Asks providers again about people who are in use here, and ends what came of an account that is gone or that no rule lets in any more.
 * Owns what an answer means; not who is due (storage), nor the pace (src/jobs/identity-checks-job.ts).
 */
import type { FastifyInstance } from 'fastify'
import { newId } from '../../crypto/random.ts'
import type { Vault } from '../../crypto/vault.ts'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { PROVIDED_JWT_TTL } from '../../domain/provider/check-schedule.ts'
import type { Identity } from '../../domain/provider/identity.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { User } from '../../domain/user/user.ts'
import type { Admit } from './admission.ts'
import type { ConnectTo } from './connect.ts'
import type { FollowGroups } from './provided-groups.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Asks about those who are due, up to a bound; resolves to how many were due. Never throws. For the job that runs beside the server. */
    checkIdentities(): Promise<number>
  }
}

interface Needs {
  readonly connectTo: ConnectTo
  readonly vault: Vault
  readonly admit: Admit
  readonly followGroups: FollowGroups
}

/** Identities that are asked about at once: a provider counts requests, and the database has other work. */
const BATCH = 8

export function createIdentityChecks(app: FastifyInstance, { connectTo, vault, admit, followGroups }: Needs): () => Promise<number> {
  const { identityChecks, users } = app.storage
  const { providerGrace, accessTokenTtl, providedJwtTtl, refreshTokenIdleTtl } = app.settings
  const grace = providerGrace * 1000

  /** A resource may let its tokens live longer than others. */
  async function inUse() {
    const ttls = (await app.storage.resources.list()).map((resource) => resource.accessTokenTtl ?? 0)
    const tokenLife = providedJwtTtl === undefined ? Math.max(accessTokenTtl, ...ttls) : PROVIDED_JWT_TTL
    return { tokenLifeMs: tokenLife * 1000, idleMs: refreshTokenIdleTtl * 1000 }
  }

  async function check(identity: Identity, providers: readonly Provider[], silent: Set<string>): Promise<void> {
    const user = await users.find(identity.userId)
    const provider = providers.find(({ id }) => id === identity.providerId)
    /* c8 ignore next -- deleted since the identity was claimed, and the identity with them */
    if (user === undefined || provider === undefined) return
    const { encryptedRefreshToken: sealed, claims } = identity
    const token = sealed === undefined || !vault.opens(sealed) ? undefined : vault.decrypt(sealed)
    const enabled = (await app.enabledProviders()).some(({ id }) => id === provider.id)
    if (token === undefined || !enabled || silent.has(provider.id)) {
      // What it said last still has to meet the rules of today.
      const admission = await admit({ provider, claims, user })
      if (!admission.admitted) return fail(identity, user, provider, `no rule admits them any more (${admission.reason})`)
      await followGroups(user, provider, claims)
      return beSilent(identity, user, provider, token === undefined ? 'it gave nothing to ask with' : 'it is disabled or silent')
    }
    const asked = await connectTo(provider).recheck(token, claims)
    if (!asked.ok) {
      if (asked.error.ended === true) return fail(identity, user, provider, asked.error.reason)
      if (asked.error.kind === 'unreachable') silent.add(provider.id)
      return beSilent(identity, user, provider, asked.error.reason)
    }
    const { claims: said, refreshToken } = asked.value
    if (said.issuer !== identity.issuer || said.subject !== identity.subject)
      return fail(identity, user, provider, 'the provider names another account')
    const next = refreshToken === undefined || refreshToken === token ? sealed : vault.encrypt(refreshToken)
    const admission = await admit({ provider, claims: said, user })
    if (!admission.admitted) return fail(identity, user, provider, `no rule admits them any more (${admission.reason})`)
    await confirm(identity, token, { claims: said, encryptedRefreshToken: next })
    await followGroups(user, provider, said)
  }

  /** If a login was faster, what it brought counts; but the same token in another encryption is no other token. */
  async function confirm(identity: Identity, token: string, said: Pick<Identity, 'claims' | 'encryptedRefreshToken'>): Promise<void> {
    if (await identityChecks.confirm(identity, said, app.now())) return
    const stored = (await identityChecks.findToken(identity.id))?.encryptedRefreshToken
    if (stored !== undefined && vault.opens(stored) && vault.decrypt(stored) === token)
      await identityChecks.confirm({ ...identity, encryptedRefreshToken: stored }, said, app.now())
  }

  /** A provider that can't be asked is forgiven for a while: since it is silent, or since a login that left nothing to ask with. */
  async function beSilent(identity: Identity, user: User, provider: Provider, reason: string): Promise<void> {
    const now = app.now()
    const first = await identityChecks.countUnreachable(identity.id, now)
    // It is over already.
    if (first === undefined) return
    const since = identity.encryptedRefreshToken === undefined ? identity.lastCheckedAt : first
    if (now - since >= grace) return fail(identity, user, provider, `the provider could not be asked for too long: ${reason}`)
    app.log.warn({ provider: provider.name, user: user.id, reason }, 'a provider could not be asked about somebody, trying again later')
  }

  /** Ends the identity, unless another token or a login was faster. */
  async function fail(identity: Identity, user: User, provider: Provider, reason: string): Promise<void> {
    const now = app.now()
    const details = fitDetails({ user: user.username, provider: provider.name, reason, managed: identity.managed })
    const event = { id: newId(), at: now, name: 'identity.failed', actor: 'server', userId: user.id, details } as const
    const stored = await identityChecks.findToken(identity.id)
    if (stored?.encryptedRefreshToken !== identity.encryptedRefreshToken) return
    if (await identityChecks.end(identity, { reason, now, event }))
      app.log.warn({ provider: provider.name, user: user.id, reason }, 'somebody who came by a provider lost access')
  }

  return async () => {
    try {
      const { due, used } = await identityChecks.claim(app.now(), BATCH, await inUse())
      if (used.length === 0) return due
      const providers = await app.storage.providers.list()
      const silent = new Set<string>()
      await Promise.all(used.map((identity) => check(identity, providers, silent)))
      return due
    } catch (error) {
      app.log.warn({ err: error }, 'asking providers again failed, trying again later')
      return 0
    }
  }
}
