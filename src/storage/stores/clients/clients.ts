/** The clients' store; the rest of it is in client-lifecycle.ts, client-approval.ts and client-lists.ts. */
import type { AuditEvent } from '../../../domain/audit/audit-event.ts'
import type { Client } from '../../../domain/client/client.ts'
import { managementRole } from '../../../domain/management/management.ts'
import { insertEvent, runWithEvent } from '../audit-events.ts'
import { createClientApproval } from './client-approval.ts'
import { createClientLifecycle } from './client-lifecycle.ts'
import { toClient } from './client-row.ts'
import { batch, run, single, statement, unit } from '../../driver.ts'
import type { Call, Driver, Unit } from '../../driver.ts'
import { deleteRecordsOfClient } from '../records-of.ts'
import { storedOrigin } from '../rows.ts'
import { createClientLists, keysOf } from './client-lists.ts'
import type { ClientUpdate, Clients } from '../../storage.ts'

const INSERT = statement(`
  insert into clients
    (id, secret_hash, metadata, origin, created_at, last_used_at, authorized_at, disabled_at, registration_token_hash, policy, approval,
     management_role, name_key, host_key)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`)
/** A slow fetch never replaces a newer one, and a document never replaces a client of another origin. */
const SAVE_DOCUMENT = statement(`
  insert into clients (id, metadata, origin, created_at, document_fetched_at, document_fresh_until, name_key, host_key)
  values ($1, $2, 'document', $3, $3, $4, $5, $6)
  on conflict (id) do update set
    metadata = excluded.metadata,
    name_key = excluded.name_key,
    document_fetched_at = excluded.document_fetched_at,
    document_fresh_until = excluded.document_fresh_until
  where clients.origin = 'document' and coalesce(clients.document_fetched_at, 0) <= excluded.document_fetched_at`)
const FIND = statement('select * from clients where id = $1')
/** Null compares as the empty text, which is never a hash. An approval, unlike a refusal, is for what the client was. */
const UPDATE = statement(`
  update clients set
    metadata = $2, name_key = $12, host_key = $13, secret_hash = $3, previous_secret_hash = $4, previous_secret_expires_at = $5,
    registration_token_hash = $6, previous_registration_token_hash = $7,
    approval = case when approval = 'approved' and $11 = 1 then 'waiting' else approval end
  where id = $1 and disabled_at is null and coalesce(secret_hash, '') = $8
    and coalesce(registration_token_hash, '') = $9 and coalesce(previous_registration_token_hash, '') = $10
  returning id`)
const CONFIRM_REGISTRATION_ACCESS_TOKEN = statement(`
  update clients set previous_registration_token_hash = null where id = $1 and registration_token_hash = $2`)
const ROTATE_SECRET = statement(`
  update clients set previous_secret_hash = secret_hash, previous_secret_expires_at = $3, secret_hash = $2
  where id = $1 and secret_hash is not null
  returning id`)
const TOUCH = statement(`
  update clients set authorized_at = coalesce(authorized_at, $2), last_used_at = $2 where id = $1 and coalesce(last_used_at, 0) < $2`)
const DELETE = statement('delete from clients where id = $1 returning id')

export function createClients(driver: Driver): Clients {
  return {
    ...createClientLifecycle(driver),
    ...createClientApproval(driver),
    ...createClientLists(driver),
    async insert(client, event) {
      await driver.write(batch(insertClient(client), ...(event === undefined ? [] : [insertEvent(event)])))
    },
    saveDocument: ({ id, metadata, fetchedAt, freshUntil }) =>
      driver.write(
        unit(function* (): Unit<Client> {
          const keys = keysOf({ id, origin: 'document', metadata })
          yield* run(SAVE_DOCUMENT, id, JSON.stringify(metadata), fetchedAt, freshUntil, ...keys)
          const [row] = yield* run(FIND, id)
          return toClient(row!)
        }),
      ),
    async find(id) {
      const [row] = await driver.read(FIND, [id])
      return row && toClient(row)
    },
    async touch(id, now) {
      await driver.write(single(TOUCH, id, now))
    },
    update: (update, event) => driver.write(unit(() => updateClient(update, event))),
    async confirmRegistrationAccessToken(id, registrationAccessTokenHash) {
      await driver.write(single(CONFIRM_REGISTRATION_ACCESS_TOKEN, id, registrationAccessTokenHash))
    },
    rotateSecret: (id, { secretHash, previousExpiresAt }, event) =>
      driver.write(unit(() => runWithEvent({ statement: ROTATE_SECRET, parameters: [id, secretHash, previousExpiresAt] }, event))),
    async delete(id, event) {
      await deleteRecordsOfClient(driver, id)
      return driver.write(unit(() => runWithEvent({ statement: DELETE, parameters: [id] }, event)))
    },
  }
}

/** The call that stores a new client. */
export function insertClient(client: Client): Call {
  const registered = client.origin === 'registration' ? client : undefined
  return {
    statement: INSERT,
    parameters: [
      client.id,
      client.secretHash ?? null,
      JSON.stringify(client.metadata),
      storedOrigin(client.origin),
      client.createdAt,
      client.lastUsedAt ?? null,
      client.authorizedAt ?? null,
      client.disabledAt ?? null,
      registered?.registrationAccessTokenHash ?? null,
      registered?.policy === undefined ? null : JSON.stringify(registered.policy),
      client.approval ?? null,
      managementRole(client) ?? null,
      ...keysOf(client),
    ],
  }
}

/** The hashes of the tokens by which a client manages itself. */
function managementOf(client: Client): { current?: string | undefined; previous?: string | undefined } {
  if (client.origin !== 'registration') return {}
  return { current: client.registrationAccessTokenHash, previous: client.previousRegistrationAccessTokenHash }
}

function updateClient({ before, after, isOther }: ClientUpdate, event: AuditEvent | undefined): Unit<boolean> {
  const [old, renewed] = [managementOf(before), managementOf(after)]
  const call = {
    statement: UPDATE,
    parameters: [
      before.id,
      JSON.stringify(after.metadata),
      after.secretHash ?? null,
      after.previousSecretHash ?? null,
      after.previousSecretExpiresAt ?? null,
      renewed.current ?? null,
      renewed.previous ?? null,
      before.secretHash ?? '',
      old.current ?? '',
      old.previous ?? '',
      isOther === true ? 1 : 0,
      ...keysOf(after),
    ],
  }
  return runWithEvent(call, event)
}
