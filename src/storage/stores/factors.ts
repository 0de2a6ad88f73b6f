/** The store of passkeys, one-time codes and recovery codes. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import type { OneTimeCodes, Passkey, Standing } from '../../domain/user/factors.ts'
import type { User } from '../../domain/user/user.ts'
import { run, single, statement, unit } from '../driver.ts'
import type { Driver, Row, Unit } from '../driver.ts'
import type { Factors, SetUpBy, WaysIn } from '../storage.ts'
import { insertEvent, runWithEvent } from './audit-events.ts'
import { unuseLink, useLink } from './end-links.ts'
import { endSessionsOf } from './end-session.ts'
import { flag, instant, json, optionalInstant, optionalText, originOf, text } from './rows.ts'

/** What `toStanding` reads, for joins with `users u`. */
export const STANDING_COLUMNS = `
  u.origin, u.role, u.created_at as user_created_at,
  case when exists (select 1 from one_time_codes c where c.user_id = u.id) then 1 else 0 end as has_codes,
  case when exists (select 1 from passkeys p where p.user_id = u.id) then 1 else 0 end as has_passkeys`

/** Factors of one user change one after the other. */
const LOCK = statement('select id from users where id = $1 for no key update')
const LIST_PASSKEYS = statement('select * from passkeys where user_id = $1 order by created_at, id')
const FIND_CODES = statement('select * from one_time_codes where user_id = $1')
const COUNT_RECOVERY_CODES = statement('select count(*) as n from recovery_codes where user_id = $1 and used_at is null')
const FIND_PASSKEY = statement('select * from passkeys where id = $1')
const FIND_OTHERS = statement(`
  select 1 as found where exists (select 1 from passkeys where rp_id < $1) or exists (select 1 from passkeys where rp_id > $1)`)
const INSERT_PASSKEY = statement(`
  insert into passkeys (id, user_id, public_key, counter, transports, name, synced, backed_up, rp_id, created_at)
  select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
  where (select count(*) from passkeys where user_id = $2) < $11
  on conflict (id) do nothing
  returning id`)
const USE_PASSKEY = statement(`
  update passkeys set counter = $2, backed_up = $3, last_used_at = $4
  where id = $1 and (counter < $2 or (counter = 0 and $2 = 0))
  returning id`)
const RENAME_PASSKEY = statement('update passkeys set name = $3 where id = $2 and user_id = $1 returning id')
const DELETE_PASSKEY = statement('delete from passkeys where id = $2 and user_id = $1 returning id')
/** What lets user $1 in besides the passkey or the identity $2. */
const FIND_OTHER_WAY = statement(`
  select u.id from users u
  where u.id = $1 and (
    (u.password_hash <> '' and ($3 = 'on' or ($3 = 'admin' and u.origin = 'environment')))
    or exists (select 1 from passkeys p where p.user_id = u.id and p.id <> $2 and p.rp_id = $4)
    or exists (
      select 1 from identities i join providers r on r.id = i.provider_id
      where i.user_id = u.id and i.id <> $2 and i.failed_at is null and r.disabled_at is null))`)
const SAVE_CODES = statement(`
  insert into one_time_codes (user_id, secret, last_step, created_at) values ($1, $2, $3, $4)
  on conflict (user_id) do update set secret = excluded.secret, last_step = excluded.last_step, created_at = excluded.created_at
  returning user_id`)
const USE_STEP = statement('update one_time_codes set last_step = $2 where user_id = $1 and last_step < $2 returning user_id')
const DELETE_CODES = statement('delete from one_time_codes where user_id = $1 returning user_id')
const DELETE_RECOVERY_CODES = statement('delete from recovery_codes where user_id = $1 returning user_id')
const INSERT_RECOVERY_CODE = statement('insert into recovery_codes (user_id, code_hash, created_at) values ($1, $2, $3)')
const USE_RECOVERY_CODE = statement(`
  update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null returning user_id`)
const DELETE_PASSKEYS = statement('delete from passkeys where user_id = $1 returning id')

export function createFactors(driver: Driver): Factors {
  return {
    async listOf(userId) {
      const of = (wanted: typeof LIST_PASSKEYS) => driver.read(wanted, [userId])
      const [passkeys, [codes], [left]] = await Promise.all([of(LIST_PASSKEYS), of(FIND_CODES), of(COUNT_RECOVERY_CODES)])
      return { passkeys: passkeys.map(toPasskey), codes: codes && toCodes(codes), recoveryCodes: instant(left!, 'n') }
    },
    async findPasskey(id) {
      const [row] = await driver.read(FIND_PASSKEY, [id])
      return row && toPasskey(row)
    },
    async hasPasskeysOfOthers(rpId) {
      return (await driver.read(FIND_OTHERS, [rpId])).length > 0
    },
    insertPasskey: (passkey, atMost, event, by) => driver.write(unit(() => insertPasskey(passkey, atMost, event, by))),
    async usePasskey(id, { counter, backedUp }, now) {
      return (await driver.write(single(USE_PASSKEY, id, counter, backedUp ? 1 : 0, now))).length === 1
    },
    async renamePasskey(userId, id, name) {
      return (await driver.write(single(RENAME_PASSKEY, userId, id, name))).length === 1
    },
    deletePasskey: (userId, id, ways, event) => driver.write(unit(() => deletePasskey(userId, id, ways, event))),
    saveCodes: ({ userId, secret, lastStep, createdAt }, event, by = {}) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          if (!(yield* mayAdd(by, createdAt))) return false
          yield* runWithEvent({ statement: SAVE_CODES, parameters: [userId, secret, lastStep, createdAt] }, event)
          yield* endSessionsOf(userId, createdAt, by.session)
          return true
        }),
      ),
    async useStep(userId, step) {
      return (await driver.write(single(USE_STEP, userId, step))).length === 1
    },
    deleteCodes: (userId, event) => driver.write(unit(() => runWithEvent({ statement: DELETE_CODES, parameters: [userId] }, event))),
    saveRecoveryCodes: (userId, hashes, now, event) =>
      driver.write(
        unit(function* (): Unit<void> {
          yield* run(LOCK, userId)
          yield* run(DELETE_RECOVERY_CODES, userId)
          for (const hash of hashes) yield* run(INSERT_RECOVERY_CODE, userId, hash, now)
          if (event !== undefined) yield insertEvent(event)
        }),
      ),
    useRecoveryCode: (userId, hash, now, event) =>
      driver.write(unit(() => runWithEvent({ statement: USE_RECOVERY_CODE, parameters: [userId, hash, now] }, event))),
    reset: (userId, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* run(LOCK, userId)
          let gone = 0
          for (const each of [DELETE_PASSKEYS, DELETE_CODES, DELETE_RECOVERY_CODES]) gone += (yield* run(each, userId)).length
          if (gone === 0) return false
          yield* endSessionsOf(userId, now)
          if (event !== undefined) yield insertEvent(event)
          return true
        }),
      ),
  }
}

/** Whether the link that allows it, if it takes one, could still be used: now it is. */
function* mayAdd({ link }: SetUpBy, now: number): Unit<boolean> {
  return link === undefined || (yield* useLink(link, 'factor', now)) !== undefined
}

export function* insertPasskey(passkey: Passkey, atMost: number, event: AuditEvent | undefined, by: SetUpBy = {}): Unit<boolean> {
  const { id, userId, publicKey, counter, transports, name, synced, backedUp, rpId, createdAt } = passkey
  yield* run(LOCK, userId)
  if (!(yield* mayAdd(by, createdAt))) return false
  const details = [JSON.stringify(transports), name, synced ? 1 : 0, backedUp ? 1 : 0, rpId]
  const parameters = [id, userId, publicKey, counter, ...details, createdAt, atMost]
  const inserted = yield* runWithEvent({ statement: INSERT_PASSKEY, parameters }, event)
  if (inserted) yield* endSessionsOf(userId, createdAt, by.session)
  else if (by.link !== undefined) yield* unuseLink(by.link)
  return inserted
}

/** Whether something else lets a user in: of one user, this is asked by one caller after the other. */
export function* hasOtherWay(userId: string, id: string, { passwordLogin, rpId }: WaysIn): Unit<boolean> {
  yield* run(LOCK, userId)
  return (yield* run(FIND_OTHER_WAY, userId, id, passwordLogin, rpId ?? '')).length > 0
}

function* deletePasskey(userId: string, id: string, ways: WaysIn, event: AuditEvent | undefined): Unit<'deleted' | 'last' | 'unknown'> {
  if (!(yield* hasOtherWay(userId, id, ways))) return 'last'
  return (yield* runWithEvent({ statement: DELETE_PASSKEY, parameters: [userId, id] }, event)) ? 'deleted' : 'unknown'
}

export const toStanding = (row: Row): Standing => ({
  origin: originOf(row) as User['origin'],
  role: optionalText(row, 'role') as User['role'],
  createdAt: instant(row, 'user_created_at'),
  hasCodes: flag(row, 'has_codes'),
  hasPasskeys: flag(row, 'has_passkeys'),
})

const toPasskey = (row: Row): Passkey => ({
  id: text(row, 'id'),
  userId: text(row, 'user_id'),
  publicKey: text(row, 'public_key'),
  counter: instant(row, 'counter'),
  transports: json(row, 'transports'),
  name: text(row, 'name'),
  synced: flag(row, 'synced'),
  backedUp: flag(row, 'backed_up'),
  rpId: text(row, 'rp_id'),
  createdAt: instant(row, 'created_at'),
  lastUsedAt: optionalInstant(row, 'last_used_at'),
})

const toCodes = (row: Row): OneTimeCodes => ({
  userId: text(row, 'user_id'),
  secret: text(row, 'secret'),
  lastStep: instant(row, 'last_step'),
  createdAt: instant(row, 'created_at'),
})
