/** Part of the clients' store: shared records, eviction, disabling. */
import type { AuditEvent } from '../../../domain/audit/audit-event.ts'
import type { RegisteredClient } from '../../../domain/client/client.ts'
import { insertEvent, insertSweptEvent, runWithEvent } from '../audit-events.ts'
import { toClient } from './client-row.ts'
import { run, statement, unit } from '../../driver.ts'
import type { Call, Driver, Unit } from '../../driver.ts'
import { keysOf } from './client-lists.ts'
import { instant } from '../rows.ts'
import type { Clients } from '../../storage.ts'

/** Re-registering refreshes created_at, so a client that is still requested is never swept as unused. */
const INSERT_SHARED = statement(`
  insert into clients (id, metadata, origin, created_at, share_key, approval, name_key, host_key) values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict (share_key) where share_key is not null do update set
    created_at = excluded.created_at,
    last_used_at = case when clients.last_used_at is not null then excluded.created_at end
  returning *`)
const COUNT = statement('select count(*) as n from clients')
/**
 * Clients that the server may delete by itself. What an operator refused or disabled stays, where it would only come back: a refused client, a
 * disabled document.
 */
const REMOVABLE = `(origin = 'registration' or (origin = 'document' and disabled_at is null)) and coalesce(approval, '') <> 'refused'`
/** No operator has decided about it. One that was approved waits for its first user. */
export const UNDECIDED = `coalesce(approval, 'waiting') = 'waiting'`
/**
 * Deletes at most $2 clients without grants that weren't used since $1, the longest idle first. Authorizing a client updates its
 * row, so the repeated condition spares a client that is being authorized meanwhile.
 */
export const DELETE_IDLE = statement(`
  delete from clients where last_used_at < $1 and id in (
    select id from clients
    where authorized_at is not null and ${REMOVABLE} and last_used_at < $1
      and not exists (select 1 from grants g where g.client_id = clients.id)
    order by last_used_at limit $2)
  returning id`)
/** The condition is repeated, as above. */
const EVICT_UNUSED = statement(`
  delete from clients where authorized_at is null and id in (
    select id from clients
    where authorized_at is null and ${REMOVABLE} and ${UNDECIDED}
    order by created_at limit $1)
  returning id`)
const IDLE_MS = 86_400_000
/** A disabled record is no longer shared. */
const DISABLE = statement('update clients set disabled_at = $2, share_key = null where id = $1 and disabled_at is null returning id')
const ENABLE = statement('update clients set disabled_at = null, enabled_at = $2 where id = $1 and disabled_at is not null returning id')
export const END_GRANTS = statement('update grants set revoked_at = $2 where client_id = $1 and revoked_at is null')

type Lifecycle = Pick<Clients, 'insertShared' | 'count' | 'evict' | 'disable' | 'enable'>

export function createClientLifecycle(driver: Driver): Lifecycle {
  return {
    insertShared: (client, shareKey, event) => driver.write(unit(() => insertShared(client, shareKey, event))),
    async count() {
      const [row] = await driver.read(COUNT, [])
      return instant(row!, 'n')
    },
    evict: (limit, now) => driver.write(unit(() => evict(limit, now))),
    disable: (id, now, event) => driver.write(unit(() => changeState({ statement: DISABLE, parameters: [id, now] }, id, now, event))),
    enable: (id, now, event) => driver.write(unit(() => changeState({ statement: ENABLE, parameters: [id, now] }, id, now, event))),
  }
}

function* insertShared(made: RegisteredClient, shareKey: string, event: AuditEvent | undefined): Unit<RegisteredClient> {
  const { id, metadata, origin, createdAt, approval } = made
  const [row] = yield* run(INSERT_SHARED, id, JSON.stringify(metadata), origin, createdAt, shareKey, approval ?? null, ...keysOf(made))
  const client = toClient(row!) as RegisteredClient // no other has a share_key
  if (event !== undefined) yield insertEvent({ ...event, clientId: client.id })
  return client
}

function* evict(limit: number, now: number): Unit<number> {
  const unused = yield* run(EVICT_UNUSED, limit)
  yield* insertSweptEvent(unused, 'no room, never allowed', now)
  if (unused.length === limit) return limit
  const idle = yield* run(DELETE_IDLE, now - IDLE_MS, limit - unused.length)
  yield* insertSweptEvent(idle, 'no room, idle', now)
  return unused.length + idle.length
}

/** Enabling ends grants, too: one that was made while the client was being disabled must not become valid. */
function* changeState(call: Call, id: string, now: number, event: AuditEvent | undefined): Unit<boolean> {
  const changed = yield* runWithEvent(call, event)
  if (changed) yield* run(END_GRANTS, id, now)
  return changed
}
