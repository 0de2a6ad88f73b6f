/** The store of users. What ends a user's access ends sessions and grants in the same unit of work. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import type { UserProfile, User } from '../../domain/user/user.ts'
import { runWithEvent } from './audit-events.ts'
import { run, statement, unit } from '../driver.ts'
import type { Call, Driver, Row, Unit } from '../driver.ts'
import { LAST_CHARACTER, flag, instant, json, optionalInstant, optionalText, originOf, storedOrigin, text } from './rows.ts'
import { endLinksToOthers, endResetsOf } from './end-links.ts'
import { END_GRANTS_OF, END_PERSONAL_TOKENS, endAllOf } from './end-all.ts'
import { endSessionsOf } from './end-session.ts'
import { deleteRecordsOfUser } from './records-of.ts'
import type { PasswordChange, Users } from '../storage.ts'

const INSERT = statement(`
  insert into users (id, username, password_hash, origin, profile, email, email_verified, created_at, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
  on conflict (username) do nothing
  returning id`)
const FIND = statement('select * from users where id = $1')
const FIND_BY_USERNAME = statement('select * from users where username = $1')
const LIST = statement('select * from users order by username')
const LIST_FROM = statement('select * from users where username > $1 and username >= $2 and username < $3 order by username limit $4')
/** Anybody can say that an address is theirs: those of whom it is known come first. */
const FIND_BY_EMAIL = statement('select * from users where lower(email) = $1 order by email_verified desc, created_at, id limit 10')
const FIND_ADMINISTRATOR = statement("select * from users where origin = 'environment' order by created_at limit 1")
const UPDATE = statement(`
  update users set username = $2, profile = $3, email = $4, email_verified = $5, updated_at = $6
  where id = $1 and not exists (select 1 from users other where other.username = $2 and other.id <> $1)
  returning id`)
const UPDATE_OWN = statement('update users set profile = $2, email = $3, email_verified = $4, updated_at = $5 where id = $1 returning id')
const CHANGE_PASSWORD = statement('update users set password_hash = $2, updated_at = $3 where id = $1 returning id')
/** Whether an owner who can log in is left without $1, which counts only if $1 is one. */
const LEAVES_AN_OWNER = `(
  disabled_at is not null or (coalesce(role, '') <> 'owner' and origin <> 'environment')
  or exists (select 1 from users other where other.role = 'owner' and other.disabled_at is null and other.id <> $1)
  or exists (select 1 from users other where other.origin = 'environment' and other.disabled_at is null and other.id <> $1))`
const LIST_OWNERS = statement("select * from users where role = 'owner'")
const LOCK_OWNERS = statement("select id from users where role = 'owner' order by id for no key update")
const LOCK_ADMINISTRATOR = statement("select id from users where origin = 'environment' order by created_at for no key update")
const CHANGE_ROLE = statement(`
  update users set role = $2, role_changed_at = $3
  where id = $1 and origin <> 'environment' and coalesce(role, '') = $4 and ${LEAVES_AN_OWNER}
  returning id`)
/** Whom a provider barred, the operator disables, so that no provider lifts it. */
const DISABLE = statement(`
  update users set disabled_at = $2, barred_by = null, updated_at = $2
  where id = $1 and (disabled_at is null or barred_by is not null) and ${LEAVES_AN_OWNER}
  returning id`)
const ENABLE = statement(`
  update users set disabled_at = null, barred_by = null, updated_at = $2 where id = $1 and disabled_at is not null returning id`)
const UNLOCK = statement('update users set browsers_forgotten_at = $2 where id = $1 returning id')
const FORGET_ATTEMPTS = statement('delete from login_attempts where subject = $1')
const DELETE = statement(`delete from users where id = $1 and ${LEAVES_AN_OWNER} returning id`)

/** $3 is an identifier as JSON has it; resources are a JSON array. */
const END_GRANTS_FOR = statement(`
  update grants set revoked_at = $2 where user_id = $1 and revoked_at is null and replace(resources, $3, '') <> resources`)

export function createUsers(driver: Driver): Users {
  return {
    insert: (user, event) => driver.write(unit(() => insertUser(user, event))),
    async find(id) {
      const [row] = await driver.read(FIND, [id])
      return row && toUser(row)
    },
    async findByUsername(username) {
      const [row] = await driver.read(FIND_BY_USERNAME, [username])
      return row && toUser(row)
    },
    async findAdministrator() {
      const [row] = await driver.read(FIND_ADMINISTRATOR, [])
      return row && toUser(row)
    },
    async listOwners() {
      const found = await Promise.all([driver.read(FIND_ADMINISTRATOR, []), driver.read(LIST_OWNERS, [])])
      return found.flat().map(toUser)
    },
    async list() {
      return (await driver.read(LIST, [])).map(toUser)
    },
    async listFrom({ after = '', prefix = '', limit }) {
      return (await driver.read(LIST_FROM, [after, prefix, prefix + LAST_CHARACTER, limit])).map(toUser)
    },
    async findByEmail(email) {
      return (await driver.read(FIND_BY_EMAIL, [email])).map(toUser)
    },
    update: (user, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const { id, username, profile, email, emailVerified } = user
          const parameters = [id, username, JSON.stringify(profile), email ?? null, emailVerified ? 1 : 0, now]
          const updated = yield* runWithEvent({ statement: UPDATE, parameters }, event)
          if (!updated) return false
          yield* endSessionsOf(id, now)
          yield* endLinksToOthers(id, email)
          return true
        }),
      ),
    updateOwn: ({ id, profile, email, emailVerified }, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const parameters = [id, JSON.stringify(profile), email ?? null, emailVerified ? 1 : 0, now]
          yield* endLinksToOthers(id, email)
          return yield* runWithEvent({ statement: UPDATE_OWN, parameters }, event)
        }),
      ),
    changePassword: (id, change, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* endResetsOf(id)
          return yield* setPassword(id, change, now, event)
        }),
      ),
    changeRole: (id, { before, after, management }, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* lockOwners()
          const parameters = [id, after ?? null, now, before ?? '']
          const changed = yield* runWithEvent({ statement: CHANGE_ROLE, parameters }, event)
          if (!changed) return false
          yield* endSessionsOf(id, now)
          if (management !== undefined) yield* run(END_GRANTS_FOR, id, now, JSON.stringify(management))
          return true
        }),
      ),
    disable: (id, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* lockOwners()
          const disabled = yield* runWithEvent({ statement: DISABLE, parameters: [id, now] }, event)
          yield* endAllOf(id, now)
          return disabled
        }),
      ),
    enable: (id, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const enabled = yield* runWithEvent({ statement: ENABLE, parameters: [id, now] }, event)
          if (!enabled) return false
          // A session, grant or link that was made while the user was being disabled must not become valid.
          yield* endAllOf(id, now)
          return true
        }),
      ),
    unlock: (id, subject, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* run(FORGET_ATTEMPTS, subject)
          return yield* runWithEvent({ statement: UNLOCK, parameters: [id, now] }, event)
        }),
      ),
    async delete(id, now, event) {
      await deleteRecordsOfUser(driver, id)
      return driver.write(
        unit(function* (): Unit<boolean> {
          yield* lockOwners()
          yield* endSessionsOf(id, now)
          return yield* runWithEvent({ statement: DELETE, parameters: [id] }, event)
        }),
      )
    },
  }
}

/** Changes of owners wait for each other, so that two don't end each other. */
function* lockOwners(): Unit<void> {
  yield* run(LOCK_ADMINISTRATOR)
  yield* run(LOCK_OWNERS)
}

/** Returns whether the name was free. */
export const insertUser = (user: User, event: AuditEvent | undefined): Unit<boolean> => runWithEvent(insertCall(user), event)

/** Changes the password, and ends what came of the one before; returns whether the user exists. */
export function* setPassword(
  id: string,
  { passwordHash, endGrants, keptSession }: PasswordChange,
  now: number,
  event: AuditEvent | undefined,
): Unit<boolean> {
  const changed = yield* runWithEvent({ statement: CHANGE_PASSWORD, parameters: [id, passwordHash, now] }, event)
  yield* endSessionsOf(id, now, keptSession)
  if (!endGrants) return changed
  yield* run(END_GRANTS_OF, id, now)
  yield* run(END_PERSONAL_TOKENS, id)
  return changed
}

/** The call that stores a user, and returns a row unless the name is taken. */
export function insertCall({ id, username, passwordHash, origin, profile, email, emailVerified, createdAt }: User): Call {
  const stored = [storedOrigin(origin), JSON.stringify(profile), email ?? null, emailVerified ? 1 : 0]
  return { statement: INSERT, parameters: [id, username, passwordHash ?? '', ...stored, createdAt] }
}

export function toUser(row: Row): User {
  return {
    ...toUserProfile(row),
    passwordHash: text(row, 'password_hash') || undefined,
    origin: originOf(row) as User['origin'],
    role: optionalText(row, 'role') as User['role'],
    roleChangedAt: optionalInstant(row, 'role_changed_at'),
    disabledAt: optionalInstant(row, 'disabled_at'),
    barredBy: optionalText(row, 'barred_by'),
    browsersForgottenAt: optionalInstant(row, 'browsers_forgotten_at'),
    createdAt: instant(row, 'created_at'),
  }
}

/** The select list that `toUserProfile(row, 'user_')` reads, for joins with `users u`. */
export const USER_COLUMNS = `
  u.id as user_id, u.username as user_username, u.profile as user_profile, u.email as user_email,
  u.email_verified as user_email_verified, u.updated_at as user_updated_at`

/** @param prefix of the column names in a join */
export function toUserProfile(row: Row, prefix = ''): UserProfile {
  return {
    id: text(row, `${prefix}id`),
    username: text(row, `${prefix}username`),
    profile: json(row, `${prefix}profile`),
    email: optionalText(row, `${prefix}email`),
    emailVerified: flag(row, `${prefix}email_verified`),
    updatedAt: instant(row, `${prefix}updated_at`),
  }
}
