/** The store of identities: which account at which provider belongs to which user. The caller encrypts refresh tokens. */
import type { AuditEvent } from '../../../domain/audit/audit-event.ts'
import type { Identity } from '../../../domain/provider/identity.ts'
import type { User } from '../../../domain/user/user.ts'
import { LEAVE_PROVIDED } from '../access/groups.ts'
import { insertEvent } from '../audit-events.ts'
import { endAllOf } from '../end-all.ts'
import { unuseLink, useLink } from '../end-links.ts'
import { endSession } from '../end-session.ts'
import { run, single, statement, unit } from '../../driver.ts'
import type { Call, Driver, Row, Unit } from '../../driver.ts'
import { hasOtherWay } from '../factors.ts'
import { giveInvitation } from '../links.ts'
import { flag, instant, json, optionalInstant, optionalText, text } from '../rows.ts'
import { insertCall as insertUser } from '../users.ts'
import type { Identities, WaysIn } from '../../storage.ts'

const INSERT = statement(`
  insert into identities
    (id, user_id, provider_id, issuer, subject, managed, claims, refresh_token, linked_at, last_login_at, last_used_at, last_checked_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
  on conflict (provider_id, issuer, subject) do nothing
  returning id`)
const FIND = statement('select * from identities where provider_id = $1 and issuer = $2 and subject = $3')
const LIST_OF = statement('select * from identities where user_id = $1 order by linked_at, id')
const LIST_UNREACHABLE = statement(`
  select provider_id, count(*) as n from identities where unreachable_since is not null group by provider_id`)
/** The provider has said anew who this is, and a rule has admitted it: what failed before is over. */
const LOG_IN = statement(`
  update identities
  set claims = $2, refresh_token = coalesce($3, refresh_token), last_login_at = $4, last_used_at = $4, last_checked_at = $4,
    unreachable_since = null, failed_at = null, failure = null
  where id = $1
  returning user_id`)
/** Lets a user in again whom nobody but the provider had barred. */
const LIFT = statement(
  'update users set disabled_at = null, barred_by = null, updated_at = $3 where id = $1 and barred_by = $2 returning id',
)
const FOLLOW = statement('update users set profile = $2, email = $3, email_verified = $4, updated_at = $5 where id = $1')
const LIST_TOKENS = statement('select id, refresh_token from identities where id > $1 and refresh_token is not null order by id limit $2')
const REPLACE_TOKEN = statement('update identities set refresh_token = $3 where id = $1 and refresh_token = $2 returning id')
const DELETE_USER = statement('delete from users where id = $1')
const DELETE = statement('delete from identities where id = $1 and user_id = $2 returning provider_id')
export const SESSIONS_BY = statement('select id_hash from sessions where user_id = $1 and identity_id = $2')
export const END_GRANTS_BY = statement('update grants set revoked_at = $3 where user_id = $1 and identity_id = $2 and revoked_at is null')

export function createIdentities(driver: Driver): Identities {
  return {
    async find({ providerId, issuer, subject }) {
      const [row] = await driver.read(FIND, [providerId, issuer, subject])
      return row && toIdentity(row)
    },
    async listOf(userId) {
      return (await driver.read(LIST_OF, [userId])).map(toIdentity)
    },
    async listUnreachable() {
      return new Map((await driver.read(LIST_UNREACHABLE, [])).map((row) => [text(row, 'provider_id'), instant(row, 'n')]))
    },
    link: (identity, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const [linked] = yield insertCall(identity)
          if (linked !== undefined) yield insertEvent(event)
          return linked !== undefined
        }),
      ),
    admit: (user, identity, events, invitation) =>
      driver.write(
        unit(function* (): Unit<'admitted' | 'name taken' | 'known' | 'gone'> {
          if (invitation === undefined) return yield* admit(user, identity, events)
          const { tokenHash, joined } = invitation
          const used = yield* useLink(tokenHash, 'invitation', identity.linkedAt)
          if (used === undefined) return 'gone'
          const outcome = yield* admit(user, identity, events)
          if (outcome === 'admitted') yield* giveInvitation(used, user.id, identity.linkedAt, joined)
          else yield* unuseLink(tokenHash)
          return outcome
        }),
      ),
    logIn: ({ id, claims, encryptedRefreshToken }, follow, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const [found] = yield* run(LOG_IN, id, JSON.stringify(claims), encryptedRefreshToken ?? null, now)
          if (found === undefined) return false
          yield* lift(text(found, 'user_id'), id, now)
          if (follow !== undefined) {
            const { userId, profile, email, emailVerified } = follow
            yield* run(FOLLOW, userId, JSON.stringify(profile), email ?? null, emailVerified ? 1 : 0, now)
          }
          if (event !== undefined) yield insertEvent(event)
          return true
        }),
      ),
    async listTokens(after, limit) {
      const rows = await driver.read(LIST_TOKENS, [after, limit])
      return rows.map((row) => ({ id: text(row, 'id'), encryptedRefreshToken: text(row, 'refresh_token') }))
    },
    async replaceToken(id, before, after) {
      return (await driver.write(single(REPLACE_TOKEN, id, before, after))).length === 1
    },
    unlink: (identity, now, event, ways) => driver.write(unit(() => unlink(identity, now, event, ways))),
  }
}

function* admit(user: User, identity: Identity, events: readonly AuditEvent[]): Unit<'admitted' | 'name taken' | 'known'> {
  const [known] = yield* run(FIND, identity.providerId, identity.issuer, identity.subject)
  if (known !== undefined) return 'known'
  const [inserted] = yield insertUser(user)
  if (inserted === undefined) return 'name taken'
  const [linked] = yield insertCall(identity)
  if (linked === undefined) {
    // Another login has let the account in since: this user is one too many.
    yield* run(DELETE_USER, user.id)
    return 'known'
  }
  for (const event of events) yield insertEvent(event)
  return 'admitted'
}

/** A session, grant, link or token that was made while the user was being barred must not become valid. */
function* lift(userId: string, id: string, now: number): Unit<void> {
  const [lifted] = yield* run(LIFT, userId, id, now)
  if (lifted === undefined) return
  yield* endAllOf(userId, now)
}

function* unlink(
  { id, userId }: Pick<Identity, 'id' | 'userId'>,
  now: number,
  event: AuditEvent,
  ways: WaysIn | undefined,
): Unit<'deleted' | 'last' | 'unknown'> {
  if (ways !== undefined && !(yield* hasOtherWay(userId, id, ways))) return 'last'
  const [unlinked] = yield* run(DELETE, id, userId)
  if (unlinked === undefined) return 'unknown'
  yield* run(LEAVE_PROVIDED, userId, text(unlinked, 'provider_id'))
  for (const session of yield* run(SESSIONS_BY, userId, id)) yield* endSession(text(session, 'id_hash'), now)
  yield* run(END_GRANTS_BY, userId, id, now)
  yield insertEvent(event)
  return 'deleted'
}

function insertCall(identity: Identity): Call {
  const { id, userId, providerId, issuer, subject, managed, claims, encryptedRefreshToken } = identity
  const { linkedAt, lastLoginAt, lastUsedAt, lastCheckedAt } = identity
  const account = [id, userId, providerId, issuer, subject, managed ? 1 : 0, JSON.stringify(claims), encryptedRefreshToken ?? null]
  return { statement: INSERT, parameters: [...account, linkedAt, lastLoginAt, lastUsedAt, lastCheckedAt] }
}

export function toIdentity(row: Row): Identity {
  return {
    id: text(row, 'id'),
    userId: text(row, 'user_id'),
    providerId: text(row, 'provider_id'),
    issuer: text(row, 'issuer'),
    subject: text(row, 'subject'),
    managed: flag(row, 'managed'),
    claims: json(row, 'claims'),
    encryptedRefreshToken: optionalText(row, 'refresh_token'),
    linkedAt: instant(row, 'linked_at'),
    lastLoginAt: instant(row, 'last_login_at'),
    lastUsedAt: instant(row, 'last_used_at'),
    lastCheckedAt: instant(row, 'last_checked_at'),
    unreachableSince: optionalInstant(row, 'unreachable_since'),
    failedAt: optionalInstant(row, 'failed_at'),
    failure: optionalText(row, 'failure'),
  }
}
