/** What happens to clients as they become many, or unwanted: lists, shared records, making room, disabling. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import type { RegisteredClient } from '../../domain/client/client.ts'
import { insertEvent, insertSweptEvent, runWithEvent } from './audit-events.ts'
import { toClient } from './client-row.ts'
import { run, statement, unit } from '../driver.ts'
import type { Call, Driver, Unit } from '../driver.ts'
import { instant } from './rows.ts'
import type { Clients } from '../storage.ts'

/** The last who registers decides how young it is: a client that is still asked for is neither unused nor idle. */
const INSERT_SHARED = statement(`
  insert into clients (id, metadata, origin, created_at, share_key) values ($1, $2, $3, $4, $5)
  on conflict (share_key) where share_key is not null do update set
    created_at = excluded.created_at,
    last_used_at = case when clients.last_used_at is not null then excluded.created_at end
  returning *`)
const LIST = statement(`
  select * from clients where (created_at, id) < ($1, $2) and lower(id || ' ' || metadata) like $3 escape '\\'
  order by created_at desc, id desc limit $4`)
const COUNT = statement('select count(*) as n from clients')
/** Clients that may go without an operator's word. A disabled document client stays, because fetching it again would enable it. */
const REMOVABLE = `(origin = 'registration' or (origin = 'document' and disabled_at is null))`
/**
 * Clients without grants that were not used since $1, the longest idle first, at most $2. Authorizing a client updates its row:
 * the repeated condition checks a client that is being authorized meanwhile once more.
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
    where authorized_at is null and ${REMOVABLE}
    order by created_at limit $1)
  returning id`)
const IDLE_MS = 86_400_000
/** Nobody else gets a shared record that is disabled. */
const DISABLE = statement('update clients set disabled_at = $2, share_key = null where id = $1 and disabled_at is null returning id')
const ENABLE = statement('update clients set disabled_at = null, enabled_at = $2 where id = $1 and disabled_at is not null returning id')
const END_GRANTS = statement('update grants set revoked_at = $2 where client_id = $1 and revoked_at is null')

type Lifecycle = Pick<Clients, 'insertShared' | 'list' | 'count' | 'evict' | 'disable' | 'enable'>

export function createClientLifecycle(driver: Driver): Lifecycle {
  return {
    insertShared: (client, shareKey, event) => driver.write(unit(() => insertShared(client, shareKey, event))),
    async list({ after = { id: '', createdAt: Number.MAX_SAFE_INTEGER }, search = '', limit }) {
      return (await driver.read(LIST, [after.createdAt, after.id, containing(search), limit])).map(toClient)
    },
    async count() {
      const [row] = await driver.read(COUNT, [])
      return instant(row!, 'n')
    },
    evict: (limit, now) => driver.write(unit(() => evict(limit, now))),
    disable: (id, now, event) => driver.write(unit(() => changeState({ statement: DISABLE, parameters: [id, now] }, id, now, event))),
    enable: (id, now, event) => driver.write(unit(() => changeState({ statement: ENABLE, parameters: [id, now] }, id, now, event))),
  }
}

function* insertShared(
  { id, metadata, origin, createdAt }: RegisteredClient,
  shareKey: string,
  event: AuditEvent | undefined,
): Unit<RegisteredClient> {
  const [row] = yield* run(INSERT_SHARED, id, JSON.stringify(metadata), origin, createdAt, shareKey)
  const client = toClient(row!) as RegisteredClient // only these have a share_key
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

/** Grants end both ways: what slipped in while the client was being disabled must not come to life. */
function* changeState(call: Call, id: string, now: number, event: AuditEvent | undefined): Unit<boolean> {
  const changed = yield* runWithEvent(call, event)
  if (changed) yield* run(END_GRANTS, id, now)
  return changed
}

/** A pattern of `like` for what holds this text; only ASCII capitals are folded, as both engines do, and within JSON it is escaped. */
function containing(search: string): string {
  const escaped = JSON.stringify(search)
    .slice(1, -1)
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return `%${escaped.replace(/[\\%_]/g, '\\$&')}%`
}
