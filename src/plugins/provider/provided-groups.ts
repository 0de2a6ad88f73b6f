/**
 * Keeps people in the groups that their provider and the admission rules say, at each login and each check, and nobody in others by
 * these reasons. Owns no rule, and nothing of what an operator did by hand.
 */
import type { FastifyInstance } from 'fastify'
import { newId } from '../../crypto/random.ts'
import type { MembershipSource } from '../../domain/access/group.ts'
import { groupsBy, groupsByRules } from '../../domain/provider/provided-groups.ts'
import type { IdentityClaims } from '../../domain/provider/identity.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { User } from '../../domain/user/user.ts'

/** @param claims of the account at this provider, as it describes it now */
export type FollowGroups = (user: Pick<User, 'id' | 'username'>, provider: Provider, claims: IdentityClaims) => Promise<void>

export function createGroupFollower(app: FastifyInstance): FollowGroups {
  const { admissionRules, groups, identities, providers } = app.storage

  /** What rules say of all accounts of the user that still count: one account doesn't take back what another gives. */
  async function byRules({ id }: Pick<User, 'id'>, provider: Provider, claims: IdentityClaims): Promise<string[]> {
    const rules = (await admissionRules.list()).filter(({ group }) => group !== undefined)
    if (rules.length === 0) return []
    const [known, all] = [await providers.list(), await identities.listOf(id)]
    const others = all.flatMap((identity) => {
      const other = known.find((each) => each.id === identity.providerId)
      const isThis = identity.providerId === provider.id && identity.subject === claims.subject
      return isThis || other === undefined || identity.failedAt !== undefined ? [] : [{ provider: other, claims: identity.claims }]
    })
    return [{ provider, claims }, ...others].flatMap((applicant) => groupsByRules(applicant, rules))
  }

  return async (user, provider, claims) => {
    const wanted: [MembershipSource, string[]][] = [
      [`provider:${provider.id}`, groupsBy(provider, { claims })],
      ['admission', await byRules(user, provider, claims)],
    ]
    const before = await groups.listOf(user.id)
    if (wanted.every(([source, names]) => names.length === 0 && !before.some((each) => each.source === source))) return
    const existing = new Set((await groups.list()).map(({ group }) => group.name))
    for (const [source, names] of wanted) {
      const now = app.now()
      const next = names.filter((name) => existing.has(name))
      await groups.follow(user.id, source, next, now, (name, group) => ({
        id: newId(),
        at: now,
        name,
        actor: 'server',
        userId: user.id,
        details: { group, user: user.username, source },
      }))
    }
  }
}
