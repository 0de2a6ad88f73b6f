/** The store of login attempts. They are counted before the password is checked, so that parallel ones can't exceed the limit. */
import { single, statement } from '../driver.ts'
import type { Driver, Row } from '../driver.ts'
import { instant } from './rows.ts'
import type { LoginAttempts } from '../storage.ts'

const COUNT = statement(`
  insert into login_attempts (subject, attempts, expires_at) values ($1, 1, $3)
  on conflict (subject) do update set
    attempts = case when login_attempts.expires_at <= $2 then 1 else login_attempts.attempts + 1 end,
    expires_at = case when login_attempts.expires_at <= $2 then excluded.expires_at else login_attempts.expires_at end
  returning attempts, expires_at`)
const FORGIVE = statement('update login_attempts set attempts = attempts - 1 where subject = $1 and attempts > 0')
const CLEAR = statement('delete from login_attempts where subject = $1 returning attempts, expires_at')

export function createLoginAttempts(driver: Driver): LoginAttempts {
  return {
    async count(subject, now, expiresAt) {
      const rows = await driver.write(single(COUNT, subject, now, expiresAt))
      const [row] = rows as [Row]
      return toCounted(row)
    },
    async forgive(subject) {
      await driver.write(single(FORGIVE, subject))
    },
    async clear(subject) {
      const [row] = await driver.write(single(CLEAR, subject))
      return row && toCounted(row)
    },
  }
}

const toCounted = (row: Row) => ({ attempts: instant(row, 'attempts'), expiresAt: instant(row, 'expires_at') })
