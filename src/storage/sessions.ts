/** The store of logged-in browsers. */
import { single, statement } from './driver.ts'
import type { Driver } from './driver.ts'
import { instant, text } from './rows.ts'
import type { Sessions } from './storage.ts'
import { USER_COLUMNS, toUser } from './users.ts'

const INSERT = statement(`
  insert into sessions (id_hash, user_id, auth_time, created_at, last_seen_at, expires_at) values ($1, $2, $3, $4, $5, $6)`)
const FIND_LIVE = statement(`
  select s.id_hash, s.auth_time, s.created_at, s.last_seen_at, s.expires_at, ${USER_COLUMNS}
  from sessions s join users u on u.id = s.user_id
  where s.id_hash = $1 and s.expires_at > $2 and s.last_seen_at > $3 and u.disabled_at is null`)
const TOUCH = statement('update sessions set last_seen_at = $2 where id_hash = $1 and last_seen_at < $2')
const DELETE = statement('delete from sessions where id_hash = $1')

export function createSessions(driver: Driver): Sessions {
  return {
    async insert(session) {
      const { idHash, userId, authTime, createdAt, lastSeenAt, expiresAt } = session
      await driver.write(single(INSERT, idHash, userId, authTime, createdAt, lastSeenAt, expiresAt))
    },
    async findLive(idHash, now, idleSince) {
      const [row] = await driver.read(FIND_LIVE, [idHash, now, idleSince])
      if (row === undefined) return undefined
      const user = toUser(row, 'user_')
      const session = {
        idHash: text(row, 'id_hash'),
        userId: user.id,
        authTime: instant(row, 'auth_time'),
        createdAt: instant(row, 'created_at'),
        lastSeenAt: instant(row, 'last_seen_at'),
        expiresAt: instant(row, 'expires_at'),
      }
      return { session, user }
    },
    async touch(idHash, now) {
      await driver.write(single(TOUCH, idHash, now))
    },
    async delete(idHash) {
      await driver.write(single(DELETE, idHash))
    },
  }
}
