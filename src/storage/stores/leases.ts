/** The store of leases, for work that one node at a time does. */
import { single, statement } from '../driver.ts'
import type { Driver } from '../driver.ts'
import type { Leases } from '../storage.ts'

const TAKE = statement(`
  insert into leases (name, holder, expires_at) values ($1, $2, $4)
  on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
  where leases.holder = excluded.holder or leases.expires_at <= $3
  returning holder`)
const DELETE = statement('delete from leases where name = $1 and holder = $2')

export function createLeases(driver: Driver): Leases {
  return {
    async take(name, holder, now, expiresAt) {
      return (await driver.write(single(TAKE, name, holder, now, expiresAt))).length === 1
    },
    async delete(name, holder) {
      await driver.write(single(DELETE, name, holder))
    },
  }
}
