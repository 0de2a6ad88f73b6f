/** The store of logout notices: which clients to notify when a session ends. end-session.ts makes them due. */
import { single, statement } from '../driver.ts'
import type { Driver } from '../driver.ts'
import { claimDue } from './outbox.ts'
import { optionalText, text } from './rows.ts'
import type { LogoutNotices } from '../storage.ts'

const INSERT = statement(`
  insert into logout_notices (sid, client_id, user_id, expires_at, sector, attempts) values ($1, $2, $3, $4, $5, 0)
  on conflict (sid, client_id) do nothing`)
/** The attempts stop when the notice expires. */
const claim = (which: string) =>
  claimDue({
    table: 'logout_notices',
    key: 'sid, client_id',
    returning: 'sid, client_id, user_id, sector',
    which: `and expires_at > $1 ${which}`,
  })
const CLAIM = claim('')
const CLAIM_OF_SESSION = claim('and sid = $3')
const DELETE = statement('delete from logout_notices where sid = $1 and client_id = $2')

export function createLogoutNotices(driver: Driver): LogoutNotices {
  return {
    async insert({ sid, clientId, userId, sector }, expiresAt) {
      await driver.write(single(INSERT, sid, clientId, userId, expiresAt, sector ?? null))
    },
    async claim(now, limit, sid) {
      const rows = await driver.write(sid === undefined ? single(CLAIM, now, limit) : single(CLAIM_OF_SESSION, now, limit, sid))
      return rows.map((row) => ({
        sid: text(row, 'sid'),
        clientId: text(row, 'client_id'),
        userId: text(row, 'user_id'),
        sector: optionalText(row, 'sector'),
      }))
    },
    async delete({ sid, clientId }) {
      await driver.write(single(DELETE, sid, clientId))
    },
  }
}
