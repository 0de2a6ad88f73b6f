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
const FIND = statement('select * from clients where id = $1')
const LIST = statement('select * from clients where id > $1 order by id limit $2')
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
    async list({ after = '', limit }) {
      return (await driver.read(LIST, [after, limit])).map(toClient)
    },
    async delete(id) {
      return (await driver.write(single(DELETE, id))).length === 1
    },
  }
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
  }
}
