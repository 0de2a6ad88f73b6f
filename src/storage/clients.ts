/** The clients' store. */
import type { Client } from '../domain/records.ts'
import { run, single, statement } from './driver.ts'
import type { Driver, Row, Unit } from './driver.ts'
import { instant, json, optionalInstant, optionalText, text } from './rows.ts'
import type { Clients } from './storage.ts'

const INSERT = statement(`
  insert into clients (id, secret_hash, metadata, origin, created_at, last_used_at, authorized_at, disabled_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8)`)
/** A slow fetch never undoes a newer one; whom a person registered by that id stays as they are. */
const SAVE_DOCUMENT = statement(`
  insert into clients (id, metadata, origin, created_at, document_fetched_at, document_fresh_until)
  values ($1, $2, 'document', $3, $3, $4)
  on conflict (id) do update set
    metadata = excluded.metadata,
    document_fetched_at = excluded.document_fetched_at,
    document_fresh_until = excluded.document_fresh_until
  where clients.origin = 'document' and coalesce(clients.document_fetched_at, 0) <= excluded.document_fetched_at`)
/** The last who registers decides how young it is: a client that is still asked for is neither unused nor idle. */
const INSERT_SHARED = statement(`
  insert into clients (id, metadata, origin, created_at, share_key) values ($1, $2, $3, $4, $5)
  on conflict (share_key) where share_key is not null do update set
    created_at = excluded.created_at,
    last_used_at = case when clients.last_used_at is not null then excluded.created_at end
  returning *`)
const FIND = statement('select * from clients where id = $1')
const LIST = statement(`
  select * from clients where (created_at, id) < ($1, $2) and lower(id || ' ' || metadata) like $3 escape '\\'
  order by created_at desc, id desc limit $4`)
const COUNT = statement('select count(*) as n from clients')
/** As the sweeper does: the condition stands twice, so that a client that is being allowed meanwhile is judged once more. */
const EVICT_UNUSED = statement(`
  delete from clients where authorized_at is null and id in (
    select id from clients
    where authorized_at is null and (origin = 'registration' or (origin = 'document' and disabled_at is null))
    order by created_at limit $1)
  returning id`)
const EVICT_IDLE = statement(`
  delete from clients where last_used_at < $2 and id in (
    select c.id from clients c
    where c.authorized_at is not null and (c.origin = 'registration' or (c.origin = 'document' and c.disabled_at is null)) and c.last_used_at < $2
      and not exists (select 1 from grants g where g.client_id = c.id)
    order by c.last_used_at limit $1)
  returning id`)
const IDLE_MS = 86_400_000
const DISABLE = statement('update clients set disabled_at = $2, share_key = null where id = $1 and disabled_at is null returning id')
const ENABLE = statement('update clients set disabled_at = null where id = $1 and disabled_at is not null returning id')
const END_GRANTS = statement('update grants set revoked_at = $2 where client_id = $1 and revoked_at is null')
const DELETE = statement('delete from clients where id = $1 returning id')

export function createClients(driver: Driver): Clients {
  return {
    async insert(client) {
      await driver.write(
        single(
          INSERT,
          client.id,
          client.secretHash ?? null,
          JSON.stringify(client.metadata),
          client.origin,
          client.createdAt,
          client.lastUsedAt ?? null,
          client.authorizedAt ?? null,
          client.disabledAt ?? null,
        ),
      )
    },
    async insertShared({ id, metadata, origin, createdAt }, shareKey) {
      const [row] = await driver.write(single(INSERT_SHARED, id, JSON.stringify(metadata), origin, createdAt, shareKey))
      return toClient(row!)
    },
    saveDocument: ({ id, metadata, fetchedAt, freshUntil }) =>
      driver.write(function* (): Unit<Client> {
        yield* run(SAVE_DOCUMENT, id, JSON.stringify(metadata), fetchedAt, freshUntil)
        const [row] = yield* run(FIND, id)
        return toClient(row!)
      }),
    async find(id) {
      const [row] = await driver.read(FIND, [id])
      return row && toClient(row)
    },
    async list({ after = { id: '', createdAt: Number.MAX_SAFE_INTEGER }, search = '', limit }) {
      return (await driver.read(LIST, [after.createdAt, after.id, containing(search), limit])).map(toClient)
    },
    async count() {
      const [row] = await driver.read(COUNT, [])
      return instant(row!, 'n')
    },
    evict: (limit, now) =>
      driver.write(function* (): Unit<number> {
        const unused = yield* run(EVICT_UNUSED, limit)
        const idle = unused.length < limit ? yield* run(EVICT_IDLE, limit - unused.length, now - IDLE_MS) : []
        return unused.length + idle.length
      }),
    disable: (id, now) =>
      driver.write(function* (): Unit<boolean> {
        const disabled = yield* run(DISABLE, id, now)
        yield* run(END_GRANTS, id, now)
        return disabled.length === 1
      }),
    enable: (id, now) =>
      driver.write(function* (): Unit<boolean> {
        const enabled = yield* run(ENABLE, id)
        if (enabled.length === 0) return false
        // What slipped in while the client was being disabled must not come to life.
        yield* run(END_GRANTS, id, now)
        return true
      }),
    async delete(id) {
      return (await driver.write(single(DELETE, id))).length === 1
    },
  }
}

/** A pattern of `like` for what holds this text; only ASCII capitals are folded, as both engines do, and within JSON it is escaped. */
function containing(search: string): string {
  const text = JSON.stringify(search).slice(1, -1).replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}

function toClient(row: Row): Client {
  return {
    id: text(row, 'id'),
    secretHash: optionalText(row, 'secret_hash'),
    metadata: json(row, 'metadata'),
    origin: text(row, 'origin') as Client['origin'],
    createdAt: instant(row, 'created_at'),
    documentFetchedAt: optionalInstant(row, 'document_fetched_at'),
    documentFreshUntil: optionalInstant(row, 'document_fresh_until'),
    lastUsedAt: optionalInstant(row, 'last_used_at'),
    authorizedAt: optionalInstant(row, 'authorized_at'),
    disabledAt: optionalInstant(row, 'disabled_at'),
    shared: row['share_key'] === null ? undefined : true,
  }
}
