/** The store of audit events, and how other stores insert one in their own unit of work. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import { single, statement } from '../driver.ts'
import type { Call, Driver, Row, Unit } from '../driver.ts'
import { instant, json, optionalText, text } from './rows.ts'
import type { AuditEvents } from '../storage.ts'

const INSERT = statement(`
  insert into audit_events (id, at, name, actor, address, client_id, details) values ($1, $2, $3, $4, $5, $6, $7)`)
const LIST = statement('select * from audit_events where at >= $1 order by at desc, id desc limit $2')
const LIST_OF_CLIENT = statement(`
  select * from audit_events where client_id = $3 and at >= $1 order by at desc, id desc limit $2`)

export function createAuditEvents(driver: Driver): AuditEvents {
  return {
    async insert(event) {
      const { statement, parameters } = insertEvent(event)
      await driver.write(single(statement, ...parameters))
    },
    async list({ clientId, since, limit }) {
      const rows = clientId === undefined ? driver.read(LIST, [since, limit]) : driver.read(LIST_OF_CLIENT, [since, limit, clientId])
      return (await rows).map(toEvent)
    },
  }
}

/** The call that stores an event. */
export function insertEvent({ id, at, name, actor, address, clientId, details }: AuditEvent): Call {
  return { statement: INSERT, parameters: [id, at, name, actor, address ?? null, clientId ?? null, JSON.stringify(details)] }
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
    details: json(row, 'details'),
  }
}
