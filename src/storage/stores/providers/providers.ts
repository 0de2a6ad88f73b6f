/** The store of identity providers. The caller encrypts their secrets. */
import type { AuditEvent } from '../../../domain/audit/audit-event.ts'
import type { Provider } from '../../../domain/provider/provider.ts'
import { LEAVE_PROVIDED } from '../access/groups.ts'
import { runWithEvent } from '../audit-events.ts'
import { run, statement, unit } from '../../driver.ts'
import type { Driver, Parameter, Row, Statement, Unit } from '../../driver.ts'
import { instant, json, optionalInstant, optionalText, text } from '../rows.ts'
import type { Providers } from '../../storage.ts'

const INSERT = statement(`
  insert into providers (id, origin, issuer, client_id, client_secret, settings, disabled_at, updated_at, name, kind, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
  on conflict (name) do nothing
  returning id`)
const FIND_BY_NAME = statement('select * from providers where name = $1')
const LIST = statement('select * from providers order by name')
const UPDATE = statement(`
  update providers
  set origin = $2, issuer = $3, client_id = $4, client_secret = $5, settings = $6, disabled_at = $7, updated_at = $8
  where id = $1 and updated_at = $9
  returning id`)
/** Nobody logs in by it any more, and nobody changes what they saw before. */
const CLOSE = statement('update providers set disabled_at = coalesce(disabled_at, updated_at), updated_at = updated_at + 1 where id = $1')
const DELETE = statement('delete from providers where id = $1 returning id')
const DELETE_IDENTITIES = statement(`
  delete from identities where id in (select id from identities where provider_id = $1 limit $2) returning user_id`)

/** Identities per step: a step takes milliseconds. */
const STEP = 500

export function createProviders(driver: Driver): Providers {
  const change = (statement: Statement, parameters: Parameter[], event: AuditEvent | undefined) =>
    driver.write(unit(() => runWithEvent({ statement, parameters }, event)))

  return {
    insert: (provider, event) => change(INSERT, [...changeable(provider), provider.name, provider.kind, provider.createdAt], event),
    async findByName(name) {
      const [row] = await driver.read(FIND_BY_NAME, [name])
      return row && toProvider(row)
    },
    async list() {
      return (await driver.read(LIST, [])).map(toProvider)
    },
    update: ({ before, after }, event) => change(UPDATE, [...changeable(after), before.updatedAt], event),
    async delete(id, event) {
      let deleted: boolean | undefined
      while (deleted === undefined) deleted = await driver.write(unit(() => deleteStep(id, event)))
      return deleted
    },
  }
}

/** Returns whether the provider existed, once it has no identities left; few go with it in one unit of work. */
function* deleteStep(id: string, event: AuditEvent | undefined): Unit<boolean | undefined> {
  yield* run(CLOSE, id)
  if ((yield* deleteIdentities(id)) === STEP) return undefined
  return yield* runWithEvent({ statement: DELETE, parameters: [id] }, event)
}

/** What the accounts gave to their users goes with them. */
function* deleteIdentities(id: string): Unit<number> {
  const gone = yield* run(DELETE_IDENTITIES, id, STEP)
  for (const userId of new Set(gone.map((row) => text(row, 'user_id')))) yield* run(LEAVE_PROVIDED, userId, id)
  return gone.length
}

/** The first parameters of `INSERT`, and of `UPDATE`. */
function changeable({ id, origin, issuer, clientId, encryptedClientSecret, settings, disabledAt, updatedAt }: Provider): Parameter[] {
  return [id, origin, issuer, clientId, encryptedClientSecret ?? null, JSON.stringify(settings), disabledAt ?? null, updatedAt]
}

function toProvider(row: Row): Provider {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    kind: text(row, 'kind') as Provider['kind'],
    origin: text(row, 'origin') as Provider['origin'],
    issuer: text(row, 'issuer'),
    clientId: text(row, 'client_id'),
    encryptedClientSecret: optionalText(row, 'client_secret'),
    settings: json(row, 'settings'),
    disabledAt: optionalInstant(row, 'disabled_at'),
    createdAt: instant(row, 'created_at'),
    updatedAt: instant(row, 'updated_at'),
  }
}
