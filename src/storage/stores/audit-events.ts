/** The store of audit events, and how other stores insert one in their own unit of work. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import { single, statement } from '../driver.ts'
import type { Call, Driver, Row, Unit } from '../driver.ts'
import { instant, json, optionalText, text } from './rows.ts'
import type { AuditEvents } from '../storage.ts'

const INSERT = statement(`
  insert into audit_events (id, at, name, actor, address, client_id, details, user_id) values ($1, $2, $3, $4, $5, $6, $7, $8)`)
const LIST = statement('select * from audit_events where at >= $1 order by at desc, id desc limit $2')
const LIST_OF_CLIENT = statement(`
  select * from audit_events where client_id = $3 and at >= $1 order by at desc, id desc limit $2`)
const LIST_OF_USER = statement(`
  select * from audit_events where user_id = $3 and at >= $1 order by at desc, id desc limit $2`)

export function createAuditEvents(driver: Driver): AuditEvents {
  return {
    async insert(event) {
      const { statement, parameters } = insertEvent(event)
      await driver.write(single(statement, ...parameters))
    },
    async list({ clientId, userId, since, limit }) {
      const [which, of] =
        userId !== undefined ? [LIST_OF_USER, [userId]] : clientId !== undefined ? [LIST_OF_CLIENT, [clientId]] : [LIST, []]
      return (await driver.read(which, [since, limit, ...of])).map(toEvent)
    },
  }
}

/** The call that stores an event. */
export function insertEvent({ id, at, name, actor, address, clientId, details, userId }: AuditEvent): Call {
  const parameters = [id, at, name, actor, address ?? null, clientId ?? null, JSON.stringify(details), userId ?? null]
  return { statement: INSERT, parameters }
}

/** Makes a call that returns a row if it changed something, and stores the event if it did. */
export function* runWithEvent(call: Call, event: AuditEvent | undefined): Unit<boolean> {
  const [done] = yield call
  if (done !== undefined && event !== undefined) yield insertEvent(event)
  return done !== undefined
}

/** Stores how many clients were deleted, and why. The event's id is unique, because a client is deleted only once. */
export function* insertSweptEvent(gone: readonly Row[], reason: string, now: number): Unit<void> {
  const [first] = gone
  if (first !== undefined)
    yield insertEvent({
      id: `swept:${now}:${text(first, 'id')}`,
      at: now,
      name: 'clients.swept',
      actor: 'server',
      details: { count: gone.length, reason },
    })
}

function toEvent(row: Row): AuditEvent {
  return {
    id: text(row, 'id'),
    at: instant(row, 'at'),
    name: text(row, 'name') as AuditEvent['name'],
    actor: text(row, 'actor'),
    address: optionalText(row, 'address'),
    clientId: optionalText(row, 'client_id'),
    userId: optionalText(row, 'user_id'),
    details: json(row, 'details'),
  }
}
