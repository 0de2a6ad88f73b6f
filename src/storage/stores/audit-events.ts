/** The store of audit events, and how other stores insert one in their own unit of work. */
import type { AuditEvent, EventKey } from '../../domain/audit/audit-event.ts'
import { batch, run, single, statement, unit } from '../driver.ts'
import type { Call, Driver, Parameter, Row, Statement, Unit } from '../driver.ts'
import { claimDue } from './outbox.ts'
import { instant, json, optionalText, text } from './rows.ts'
import type { AuditEvents } from '../storage.ts'

export const EVENT = 'audit_events (id, at, name, actor, address, client_id, details, user_id, due_at)'
/** Due at once if somebody receives events: the command line needn't know of it. */
export const EVENT_DUE_AT = (at: '$2' | '$18'): string => `(select cast(${at} as bigint) from event_receivers limit 1)`
const INSERT = statement(`insert into ${EVENT} values ($1, $2, $3, $4, $5, $6, $7, $8, ${EVENT_DUE_AT('$2')})`)
const listed = (which = ''): Statement =>
  statement(`select * from audit_events where ${which} at >= $1 and (at, id) < ($3, $4) order by at desc, id desc limit $2`)
const LIST = listed()
const LIST_OF_CLIENT = listed('client_id = $5 and')
const LIST_OF_USER = listed('user_id = $5 and')
/** After every event. */
const END: EventKey = { at: Number.MAX_SAFE_INTEGER, id: '' }
const LIST_AFTER = statement('select * from audit_events where (at, id) > ($1, $2) order by at, id limit $3')
const COUNT_AGAIN = statement(`
  update audit_events set times = times + 1, last_at = $3,
    due_at = coalesce(due_at, (select cast($4 as bigint) from event_receivers limit 1))
  where at = $1 and id = $2`)
/** A receiver that is away for days is asked once an hour. */
const CLAIM = claimDue({ table: 'audit_events', key: 'at, id', returning: '*', longestPause: 3_600_000 })
/** One that was counted again meanwhile is delivered once more. */
const DELIVERED = statement('update audit_events set due_at = null, attempts = 0 where at = $1 and id = $2 and times = $3')
const RECEIVE = statement("insert into event_receivers (name, since) values ('webhook', $1) on conflict (name) do nothing")
const RECEIVE_NO_MORE = statement('delete from event_receivers')
const FORGET_DUE = statement('update audit_events set due_at = null, attempts = 0 where due_at > 0')

export function createAuditEvents(driver: Driver): AuditEvents {
  return {
    async insert(event) {
      const { statement, parameters } = insertEvent(event)
      await driver.write(single(statement, ...parameters))
    },
    async countAgain({ at, id }, now, dueAt) {
      await driver.write(single(COUNT_AGAIN, at, id, now, dueAt))
    },
    async list({ clientId, userId, since, before = END, limit }) {
      const [which, of] =
        userId !== undefined ? [LIST_OF_USER, [userId]] : clientId !== undefined ? [LIST_OF_CLIENT, [clientId]] : [LIST, []]
      return (await driver.read(which, [since, limit, before.at, before.id, ...of])).map(toEvent)
    },
    async listAfter({ at, id }, limit) {
      return (await driver.read(LIST_AFTER, [at, id, limit])).map(toEvent)
    },
    async claim(now, limit) {
      return (await driver.write(single(CLAIM, now, limit))).map(toEvent).sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    },
    async settle(events) {
      await driver.write(batch(...events.map(({ at, id, times = 1 }) => ({ statement: DELIVERED, parameters: [at, id, times] }))))
    },
    async receive(wanted, now) {
      if (wanted) return void (await driver.write(single(RECEIVE, now)))
      await driver.write(
        unit(function* () {
          yield* run(RECEIVE_NO_MORE)
          yield* run(FORGET_DUE)
        }),
      )
    },
  }
}

/** The call that stores an event. */
export const insertEvent = (event: AuditEvent): Call => ({ statement: INSERT, parameters: columnsOfEvent(event) })

/** All columns but when it is due. Without an event they are null. */
export function columnsOfEvent(event: AuditEvent | undefined): Parameter[] {
  if (event === undefined) return [null, null, null, null, null, null, null, null]
  const { id, at, name, actor, address, clientId, details, userId } = event
  return [id, at, name, actor, address ?? null, clientId ?? null, JSON.stringify(details), userId ?? null]
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
    ...(row['last_at'] !== null && { times: instant(row, 'times'), lastAt: instant(row, 'last_at') }),
  }
}
