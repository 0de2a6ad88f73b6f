/** GET /account/data: what is kept about somebody, as a JSON file for them. Owns its members; never a secret or its hash. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { displayName } from '../../domain/client/client-display.ts'
import { USER_SCOPES, userClaims } from '../../domain/user/user-claims.ts'
import { AccountQuery } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { ListedConsent, ListedGrant } from '../../storage/storage.ts'
import type { Entrance } from './entrance.ts'

/** Most records of a kind, of which nobody has so many. */
const MOST = 10_000

const instant = (at: number): string => new Date(at).toISOString()

const data: FastifyPluginAsyncTypebox<{ entrance: Entrance }> = async (app, { entrance }) => {
  const { issuer, sessionIdleTtl } = app.settings
  const { users, groups, factors, identities, providers, grants, consents, sessions, auditEvents, personalTokens } = app.storage

  /** What somebody logs in with besides a password: never a key or a secret, or what is left of one. */
  async function waysIn(userId: string) {
    const { passkeys, codes, recoveryCodes } = await factors.listOf(userId)
    const names = new Map((await providers.list()).map(({ id, name }) => [id, name]))
    return {
      passkeys: passkeys.map(({ name, createdAt, lastUsedAt, backedUp }) => ({
        name,
        created_at: instant(createdAt),
        ...(lastUsedAt !== undefined && { last_used_at: instant(lastUsedAt) }),
        backed_up: backedUp,
      })),
      ...(codes !== undefined && { one_time_codes_since: instant(codes.createdAt) }),
      recovery_codes_left: recoveryCodes,
      providers: (await identities.listOf(userId)).map(({ providerId, claims, linkedAt, lastLoginAt }) => ({
        provider: names.get(providerId),
        linked_at: instant(linkedAt),
        last_login_at: instant(lastLoginAt),
        said: claims,
      })),
    }
  }

  app.get(
    PATHS.accountData,
    { attachValidation: true, schema: { querystring: AccountQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      // After a login the page comes first: a download would leave the login page there.
      const found = await entrance.open(request, reply, PATHS.account, 'matters')
      const user = found && (await users.find(found.user.id))
      if (user === undefined) return reply
      const now = app.now()
      const of = { userId: user.id, now, limit: MOST }
      const kept = {
        server: issuer,
        exported_at: instant(now),
        account: {
          sub: user.id,
          ...userClaims(user, USER_SCOPES),
          created_at: instant(user.createdAt),
          updated_at: instant(user.updatedAt),
        },
        groups: (await groups.listOf(user.id)).map(({ group, since }) => ({ group, since: instant(since) })),
        sign_in: await waysIn(user.id),
        apps: (await grants.list(of)).map(grantMembers),
        allowed: (await consents.list(user.id, MOST)).map(consentMembers),
        sessions: (await sessions.list({ ...of, idleSince: now - sessionIdleTtl * 1000 })).map(({ session }) => ({
          browser: session.browser,
          network: session.network,
          logged_in_at: instant(session.authTime),
          amr: session.amr,
          last_seen_at: instant(session.lastSeenAt),
          expires_at: instant(session.expiresAt),
        })),
        personal_tokens: (await personalTokens.list(of)).map(({ token: { name, scopes, createdAt, expiresAt, lastUsedAt } }) => ({
          name,
          scopes,
          created_at: instant(createdAt),
          expires_at: instant(expiresAt),
          ...(lastUsedAt !== undefined && { last_used_at: instant(lastUsedAt) }),
        })),
        events: (await auditEvents.list({ userId: user.id, since: 0, limit: MOST })).map(
          ({ at, name, actor, address, clientId, details }) => ({
            at: instant(at),
            event: name,
            actor,
            address,
            client_id: clientId,
            details,
          }),
        ),
      }
      return reply
        .header('cache-control', 'no-store')
        .header('content-disposition', 'attachment; filename="account.json"')
        .header('x-content-type-options', 'nosniff')
        .type('application/json; charset=utf-8')
        .send(JSON.stringify(kept, undefined, 2))
    },
  )
}

const grantMembers = ({ grant, client, refreshedAt = grant.createdAt, refreshedFrom }: ListedGrant) => ({
  client_id: client.id,
  client_name: displayName(client, 'en'),
  scopes: grant.scopes,
  resources: grant.resources,
  created_at: instant(grant.createdAt),
  last_used_at: instant(refreshedAt),
  last_used_from: refreshedFrom,
  expires_at: instant(grant.expiresAt),
})

const consentMembers = ({ consent, client, updatedAt }: ListedConsent) => ({
  client_id: client.id,
  client_name: displayName(client, 'en'),
  receiver: consent.receiver,
  permissions: consent.scopes.map((scope) => scope.split(' ').slice(0, 2).join(' ')),
  resources: consent.resources,
  allowed_at: instant(updatedAt),
})

export default fp(data, { name: 'account-data', encapsulate: true, dependencies: ['settings', 'storage', 'clock', 'session'] })
