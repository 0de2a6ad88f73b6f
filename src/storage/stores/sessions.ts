/** The store of sessions, which are logged-in browsers. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import type { Session } from '../../domain/user/session.ts'
import { batch, run, single, statement, unit } from '../driver.ts'
import type { Driver, Parameter, Row, Statement, Unit } from '../driver.ts'
import { groupsColumn, toGroups } from './access/groups.ts'
import { CONSENT_COLUMNS, toConsent } from './grants/consents.ts'
import { insertEvent } from './audit-events.ts'
import { FIRST, authentication, instant, optionalText, text } from './rows.ts'
import { endSession, endSessionsOf } from './end-session.ts'
import { wake } from './providers/wake.ts'
import { STANDING_COLUMNS, toStanding } from './factors.ts'
import type { LiveSession, Sessions } from '../storage.ts'
import { USER_COLUMNS, toUserProfile } from './users.ts'

/** Somebody whom a provider let in is checked there, however they logged in this time. $2 is the user, $10 the identity of the login. */
const IDENTITY = '(select coalesce($10, (select id from identities where user_id = $2 and managed = 1 order by linked_at limit 1)))'
const INSERT = statement(`
  insert into sessions (id_hash, user_id, sid, auth_time, created_at, last_seen_at, expires_at, amr, acr, identity_id, provider_sid, browser, network)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${IDENTITY}, $11, $12, $13)`)
/** A session from before `sid` existed uses the hash of its first id, which reveals nothing about the id. */
const RENEW = statement(`
  update sessions set sid = coalesce(sid, id_hash), id_hash = $3, auth_time = $4, created_at = $5, last_seen_at = $6, expires_at = $7,
    amr = $8, acr = $9, identity_id = ${IDENTITY}, provider_sid = $11, browser = $12, network = $13
  where id_hash = $1 and user_id = $2
  returning sid`)
const RENEW_NOTICES = statement('update logout_notices set expires_at = $2 where sid = $1 and due_at is null')
/** A live session with its user, and with what `more` adds. */
const live = (which: string, more = { columns: '', joins: '' }): string => `
  select ${more.columns} s.id_hash, coalesce(s.sid, s.id_hash) as sid, s.auth_time, s.created_at, s.last_seen_at, s.expires_at, s.amr, s.acr, s.browser, s.network,
    s.identity_id, s.provider_sid, ${USER_COLUMNS}, ${groupsColumn('u.id')}, ${STANDING_COLUMNS}
  from sessions s join users u on u.id = s.user_id ${more.joins}
  where ${which} and s.expires_at > $2 and s.last_seen_at > $3 and u.disabled_at is null`
const FIND_LIVE = statement(live('s.id_hash = $1'))
const FIND_LIVE_WITH_CONSENT = statement(
  live('s.id_hash = $1', {
    columns: `${CONSENT_COLUMNS},`,
    joins: 'left join consents n on n.user_id = s.user_id and n.client_id = $4 and n.receiver = $5',
  }),
)
const FIND_CONSOLE = statement(live('s.console_hash = $1 and s.console_seen_at > $4'))
const SAVE_CONSOLE = statement('update sessions set console_hash = $2, console_seen_at = $3 where id_hash = $1 returning id_hash')
const TOUCH_CONSOLE = statement(`
  update sessions set console_seen_at = $2, last_seen_at = $2 where console_hash = $1 and console_seen_at < $2`)
const END_CONSOLE = statement('update sessions set console_hash = null, console_seen_at = null where console_hash = $1 returning id_hash')
/** Live sessions with the names of their users; `s` are the first ones in an order that an index has. */
const listed = (which: string, order: string): Statement =>
  statement(`
  select s.id_hash, coalesce(s.sid, s.id_hash) as sid, s.auth_time, s.created_at, s.last_seen_at, s.expires_at, s.amr, s.acr, s.browser, s.network,
    s.identity_id, s.provider_sid, s.user_id, u.username
  from (select * from sessions s where ${which} and s.expires_at > $1 and s.last_seen_at > $2 order by ${order} limit $3) s
    join users u on u.id = s.user_id and u.disabled_at is null
  order by ${order}`)
const LIST = listed('(s.expires_at, s.id_hash) < ($4, $5)', 's.expires_at desc, s.id_hash desc')
const LIST_OF_USER = listed('(s.created_at, s.id_hash) < ($4, $5) and s.user_id = $6', 's.created_at desc, s.id_hash desc')
const WAKE = statement(wake('(select identity_id from sessions where id_hash = $1)'))
const TOUCH = statement('update sessions set last_seen_at = $2 where id_hash = $1 and last_seen_at < $2')

export function createSessions(driver: Driver): Sessions {
  return {
    async insert(session) {
      const { idHash, userId, sid, authTime, createdAt, lastSeenAt, expiresAt } = session
      const parameters = [idHash, userId, sid, authTime, createdAt, lastSeenAt, expiresAt, ...circumstances(session)]
      await driver.write(batch({ statement: INSERT, parameters }, { statement: WAKE, parameters: [idHash, lastSeenAt] }))
    },
    renew: (idHash, session) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const { idHash: newIdHash, userId, authTime, createdAt, lastSeenAt, expiresAt } = session
          const instants = [authTime, createdAt, lastSeenAt, expiresAt]
          const [renewed] = yield* run(RENEW, idHash, userId, newIdHash, ...instants, ...circumstances(session))
          if (renewed === undefined) return false
          yield* run(RENEW_NOTICES, renewed['sid']!, expiresAt)
          yield* run(WAKE, newIdHash, lastSeenAt)
          return true
        }),
      ),
    async findLive(idHash, now, idleSince, asking) {
      if (asking === undefined) return toLive(await driver.read(FIND_LIVE, [idHash, now, idleSince]))
      const [row] = await driver.read(FIND_LIVE_WITH_CONSENT, [idHash, now, idleSince, asking.clientId, asking.receiver])
      const live = row && toLive([row])
      return live && { ...live, consent: row['consent_user_id'] === null ? undefined : toConsent(row, 'consent_') }
    },
    async saveConsole(idHash, consoleHash, now) {
      return (await driver.write(single(SAVE_CONSOLE, idHash, consoleHash, now))).length > 0
    },
    async findConsole(consoleHash, { now, idleSince, consoleIdleSince }) {
      return toLive(await driver.read(FIND_CONSOLE, [consoleHash, now, idleSince, consoleIdleSince]))
    },
    async touchConsole(consoleHash, now) {
      await driver.write(single(TOUCH_CONSOLE, consoleHash, now))
    },
    async endConsole(consoleHash) {
      return (await driver.write(single(END_CONSOLE, consoleHash))).length > 0
    },
    async list({ userId, now, idleSince, limit, after = FIRST }) {
      const [which, of] = userId === undefined ? [LIST, []] : [LIST_OF_USER, [userId]]
      const rows = await driver.read(which, [now, idleSince, limit, after.at, after.id, ...of])
      return rows.map((row) => ({ session: toSession(row), username: text(row, 'username') }))
    },
    async touch(idHash, now) {
      await driver.write(batch({ statement: TOUCH, parameters: [idHash, now] }, { statement: WAKE, parameters: [idHash, now] }))
    },
    end: (idHash, now, event) => driver.write(unit(() => withEvent(endSession(idHash, now), event))),
    endOf: (userId, now, event, kept) => driver.write(unit(() => withEvent(endSessionsOf(userId, now, kept), event))),
  }
}

/** How and from where somebody logged in. */
const circumstances = (session: Omit<Session, 'sid'>): Parameter[] => [
  JSON.stringify(session.amr),
  session.acr,
  session.identityId ?? null,
  session.providerSid ?? null,
  session.browser ?? null,
  session.network ?? null,
]

function* withEvent(steps: Unit<boolean>, event: AuditEvent | undefined): Unit<boolean> {
  const ended = yield* steps
  if (ended && event !== undefined) yield insertEvent(event)
  return ended
}

const toLive = ([row]: readonly Row[]): LiveSession | undefined =>
  row && { session: toSession(row), user: toUserProfile(row, 'user_'), groups: toGroups(row), standing: toStanding(row) }

const toSession = (row: Row): Session => ({
  idHash: text(row, 'id_hash'),
  userId: text(row, 'user_id'),
  sid: text(row, 'sid'),
  authTime: instant(row, 'auth_time'),
  createdAt: instant(row, 'created_at'),
  lastSeenAt: instant(row, 'last_seen_at'),
  expiresAt: instant(row, 'expires_at'),
  ...authentication(row),
  identityId: optionalText(row, 'identity_id'),
  providerSid: optionalText(row, 'provider_sid'),
  browser: optionalText(row, 'browser'),
  network: optionalText(row, 'network'),
})
