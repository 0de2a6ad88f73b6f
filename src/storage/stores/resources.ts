/** The store of registered resources. */
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { resourceKey } from '../../domain/protocol/resource-indicator.ts'
import { runWithEvent } from './audit-events.ts'
import { statement, unit } from '../driver.ts'
import type { Driver, Parameter, Row, Statement } from '../driver.ts'
import { instant, json, optionalInstant, optionalJson, optionalText, text } from './rows.ts'
import type { Resources } from '../storage.ts'

const INSERT = statement(`
  insert into resources
    (id, name, scopes, access_token_ttl, access_token_format, access_token_alg, updated_at, gate, groups_claim, tools, refuses_personal_tokens,
     identifier, identifier_key, secret_hash, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (identifier_key) do nothing
  returning id`)
const FIND = statement('select * from resources where id = $1')
const FIND_BY_KEY = statement('select * from resources where identifier_key = $1')
const LIST = statement('select * from resources order by identifier')
const UPDATE = statement(`
  update resources
  set name = $2, scopes = $3, access_token_ttl = $4, access_token_format = $5, access_token_alg = $6, updated_at = $7, gate = $8,
    groups_claim = $9, tools = $10, refuses_personal_tokens = $11
  where id = $1 and updated_at = $12
  returning id`)
const ROTATE_SECRET = statement('update resources set secret_hash = $2, updated_at = $3 where id = $1 returning id')
const DELETE = statement('delete from resources where id = $1 returning id')

export function createResources(driver: Driver): Resources {
  /** Makes a change and stores its event; returns whether something changed. */
  const change = (statement: Statement, parameters: Parameter[], event: AuditEvent | undefined) =>
    driver.write(unit(() => runWithEvent({ statement, parameters }, event)))

  return {
    insert(resource, event) {
      const { identifier, secretHash, createdAt } = resource
      return change(INSERT, [...changeable(resource), identifier, resourceKey(identifier), secretHash, createdAt], event)
    },
    async find(id) {
      const [row] = await driver.read(FIND, [id])
      return row && toResource(row)
    },
    async findByIdentifier(identifier) {
      const [row] = await driver.read(FIND_BY_KEY, [resourceKey(identifier)])
      return row && toResource(row)
    },
    async list() {
      return (await driver.read(LIST, [])).map(toResource)
    },
    update: ({ before, after }, event) => change(UPDATE, [...changeable(after), before.updatedAt], event),
    rotateSecret: (id, secretHash, now, event) => change(ROTATE_SECRET, [id, secretHash, now], event),
    delete: (id, event) => change(DELETE, [id], event),
  }
}

/** The first parameters of `INSERT`, and of `UPDATE`. */
function changeable({ id, name, scopes, updatedAt, gate, groupsClaim, tools, refusesPersonalTokens, ...resource }: Resource): Parameter[] {
  const settings = [resource.accessTokenTtl ?? null, resource.accessTokenFormat ?? null, resource.accessTokenAlg ?? null]
  const more = [
    gate === undefined ? null : JSON.stringify(gate),
    groupsClaim === true ? 1 : null,
    tools === undefined ? null : JSON.stringify(tools),
    refusesPersonalTokens === true ? 1 : null,
  ]
  return [id, name, JSON.stringify(scopes), ...settings, updatedAt, ...more]
}

export function toResource(row: Row): Resource {
  return {
    id: text(row, 'id'),
    secretHash: text(row, 'secret_hash'),
    identifier: text(row, 'identifier'),
    name: text(row, 'name'),
    scopes: json(row, 'scopes'),
    accessTokenTtl: optionalInstant(row, 'access_token_ttl'),
    accessTokenFormat: optionalText(row, 'access_token_format') as Resource['accessTokenFormat'],
    accessTokenAlg: optionalText(row, 'access_token_alg') as Resource['accessTokenAlg'],
    gate: optionalJson(row, 'gate'),
    tools: optionalJson(row, 'tools'),
    groupsClaim: row['groups_claim'] === 1 ? true : undefined,
    refusesPersonalTokens: row['refuses_personal_tokens'] === 1 ? true : undefined,
    createdAt: instant(row, 'created_at'),
    updatedAt: instant(row, 'updated_at'),
  }
}
