/** Part of the clients' store: lists of them, each in the order of an index, and what they are found by. */
import { searchKeysOf } from '../../../domain/client/search-keys.ts'
import type { Client } from '../../../domain/client/client.ts'
import { statement } from '../../driver.ts'
import type { Driver, Statement } from '../../driver.ts'
import { LAST_CHARACTER, text } from '../rows.ts'
import type { Clients } from '../../storage.ts'
import { toClient } from './client-row.ts'

const LIST = statement(`
  select * from clients where (created_at, id) < ($1, $2) and lower(id || ' ' || metadata) like $3 escape '\\'
  order by created_at desc, id desc limit $4`)
const LIST_FROM = statement('select * from clients where id > $1 and id >= $2 and id < $3 order by id limit $4')
/** By the index of those that wait. */
const LIST_WAITING = statement(`
  select * from clients
  where approval = 'waiting' and (created_at, id) < ($1, $2) and lower(id || ' ' || metadata) like $3 escape '\\'
  order by created_at desc, id desc limit $4`)
/** Those that were used, as the index of idle ones has them. */
const LIST_USED = statement(`
  select * from clients where authorized_at is not null and (last_used_at, id) < ($1, $2)
  order by last_used_at desc, id desc limit $3`)
/** As the indexes of keys have it. */
const MATTERS = "(authorized_at is not null or origin = 'person' or approval is not null)"
/**
 * Those with one key side by side, the newest first: the rest of one key, then what comes after it. As one comparison of rows, PostgreSQL
 * would take the rest for nothing where most clients have the same key, and read the whole table.
 */
const listByKey = (column: string): Statement =>
  statement(`
  select * from (
    select * from (
      select * from clients where ${MATTERS} and ${column} = $1 and (created_at, id) < ($2, $3)
      order by created_at desc, id desc limit $5) same
    union all
    select * from (
      select * from clients where ${MATTERS} and ${column} < $1 and ${column} >= $4
      order by ${column} desc, created_at desc, id desc limit $5) others) found
  order by ${column} desc, created_at desc, id desc limit $5`)
/** The others have no index but that of their age. */
const listUnused = (column: string): Statement =>
  statement(`
  select * from (select * from clients where authorized_at is null order by created_at desc limit $3) c
  where ${column} >= $1 and ${column} < $2 and origin <> 'person' and approval is null
  order by created_at desc, id desc limit $4`)
const COLUMNS = { name: 'name_key', host: 'host_key' } as const
const LISTS_BY_KEY = { name: listByKey(COLUMNS.name), host: listByKey(COLUMNS.host) }
const LISTS_UNUSED = { name: listUnused(COLUMNS.name), host: listUnused(COLUMNS.host) }

type Lists = Pick<Clients, 'list' | 'listFrom' | 'listUsed' | 'listByKey' | 'listUnused'>

export function createClientLists(driver: Driver): Lists {
  return {
    async list({ after = { id: '', createdAt: Number.MAX_SAFE_INTEGER }, search = '', limit, isWaiting = false }) {
      return (await driver.read(isWaiting ? LIST_WAITING : LIST, [after.createdAt, after.id, containing(search), limit])).map(toClient)
    },
    async listFrom({ after = '', prefix = '', limit }) {
      return (await driver.read(LIST_FROM, [after, prefix, prefix + LAST_CHARACTER, limit])).map(toClient)
    },
    async listUsed({ after = { at: Number.MAX_SAFE_INTEGER, id: '' }, limit }) {
      return (await driver.read(LIST_USED, [after.at, after.id, limit])).map(toClient)
    },
    async listByKey(by, prefix, { after, limit }) {
      const { key, createdAt, id } = after ?? { key: prefix + LAST_CHARACTER, createdAt: 0, id: '' }
      const rows = await driver.read(LISTS_BY_KEY[by], [key, createdAt, id, prefix, limit])
      return rows.map((row) => ({ client: toClient(row), key: text(row, COLUMNS[by]) }))
    },
    async listUnused(by, prefix, { among, limit }) {
      return (await driver.read(LISTS_UNUSED[by], [prefix, prefix + LAST_CHARACTER, among, limit])).map(toClient)
    },
  }
}

/** What a client is found by, as it is stored beside it. */
export function keysOf(client: Pick<Client, 'id' | 'origin' | 'metadata'>): [name: string | null, host: string | null] {
  const { name = null, host = null } = searchKeysOf(client)
  return [name, host]
}

/** A `like` pattern for text that contains `search`, escaped as in JSON. Only ASCII is lowercased, because both engines agree on that. */
function containing(search: string): string {
  const escaped = JSON.stringify(search)
    .slice(1, -1)
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return `%${escaped.replace(/[\\%_]/g, '\\$&')}%`
}
