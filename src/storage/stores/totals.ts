/** Counts records for an operator. */
import { statement } from '../driver.ts'
import type { Driver } from '../driver.ts'
import type { Totals } from '../storage.ts'
import { instant } from './rows.ts'

const COUNT_USERS = statement('select count(*) as n from (select 1 as one from users limit $1) u')
const COUNT_CLIENTS = statement('select count(*) as n from (select 1 as one from clients limit $1) c')
const COUNT = statement(`
  select
    (select count(*) from (select 1 as one from grants where expires_at > $1 and revoked_at is null limit $4) g) as grants,
    (select count(*) from sessions where expires_at > $1 and last_seen_at > $2) as sessions,
    (select count(*) from sessions where expires_at > $1 and last_seen_at > $2 and auth_time >= $3) as logins,
    (select count(*) from audit_events where at >= $3 and name = 'login.failed') as failed_logins`)
const COUNT_OF = statement(`
  select
    (select count(*) from grants where user_id = $1 and expires_at > $2 and revoked_at is null) as grants,
    (select count(*) from sessions where user_id = $1 and expires_at > $2 and last_seen_at > $3) as sessions`)
const VERSION = statement('select max(version) as version from schema_version')

export function createTotals(driver: Driver): Totals {
  return {
    async count({ now, idleSince, since, most = Number.MAX_SAFE_INTEGER }) {
      const [users] = await driver.read(COUNT_USERS, [most])
      const [clients] = await driver.read(COUNT_CLIENTS, [most])
      const [row] = await driver.read(COUNT, [now, idleSince, since, most])
      const count = (name: string): number => instant(row!, name)
      return {
        users: instant(users!, 'n'),
        clients: instant(clients!, 'n'),
        grants: count('grants'),
        sessions: count('sessions'),
        logins: count('logins'),
        failedLogins: count('failed_logins'),
      }
    },
    async countOf(userId, { now, idleSince }) {
      const [row] = await driver.read(COUNT_OF, [userId, now, idleSince])
      return { grants: instant(row!, 'grants'), sessions: instant(row!, 'sessions') }
    },
  }
}

export async function measure(driver: Driver): Promise<{ size: number; version: number }> {
  const [row] = await driver.read(VERSION, [])
  return { size: await driver.size(), version: instant(row!, 'version') }
}
