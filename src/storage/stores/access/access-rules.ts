/** The store of the rules that say who may use which resource. */
import type { AccessRule, Who } from '../../../domain/access/access-rule.ts'
import type { AccessRules } from '../../access-stores.ts'
import { batch, single, statement, unit } from '../../driver.ts'
import type { Call, Driver, Row } from '../../driver.ts'
import { insertEvent, runWithEvent } from '../audit-events.ts'
import { instant, optionalJson, optionalText, text } from '../rows.ts'

const INSERT = statement(`
  insert into access_rules (id, resource_id, effect, group_name, user_id, scopes, clients, acr, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`)
const FIND = statement('select * from access_rules where id = $1')
const LIST = statement('select * from access_rules order by created_at, id')
const DELETE = statement('delete from access_rules where id = $1 returning id')

export function createAccessRules(driver: Driver): AccessRules {
  return {
    async insert(rule, event) {
      await driver.write(event === undefined ? single(INSERT, ...columnsOf(rule)) : batch(insertCall(rule), insertEvent(event)))
    },
    async find(id) {
      const [row] = await driver.read(FIND, [id])
      return row && toRule(row)
    },
    async list() {
      return (await driver.read(LIST, [])).map(toRule)
    },
    delete: (id, event) => driver.write(unit(() => runWithEvent({ statement: DELETE, parameters: [id] }, event))),
  }
}

const insertCall = (rule: AccessRule): Call => ({ statement: INSERT, parameters: columnsOf(rule) })

const columnsOf = ({ id, resourceId, effect, who, scopes, clients, acr, createdAt }: AccessRule) => [
  id,
  resourceId,
  effect,
  who.kind === 'group' ? who.group : null,
  who.kind === 'user' ? who.userId : null,
  scopes === undefined ? null : JSON.stringify(scopes),
  clients === undefined ? null : JSON.stringify(clients),
  acr ?? null,
  createdAt,
]

function toRule(row: Row): AccessRule {
  return {
    id: text(row, 'id'),
    resourceId: text(row, 'resource_id'),
    effect: text(row, 'effect') as AccessRule['effect'],
    who: toWho(optionalText(row, 'group_name'), optionalText(row, 'user_id')),
    scopes: optionalJson(row, 'scopes'),
    clients: optionalJson(row, 'clients'),
    acr: optionalText(row, 'acr'),
    createdAt: instant(row, 'created_at'),
  }
}

function toWho(group: string | undefined, userId: string | undefined): Who {
  if (group !== undefined) return { kind: 'group', group }
  return userId === undefined ? { kind: 'everybody' } : { kind: 'user', userId }
}
