/** The store of initial access tokens. */
import type { AuditEvent } from '../../../domain/audit/audit-event.ts'
import type { Client } from '../../../domain/client/client.ts'
import type { InitialAccessToken } from '../../../domain/client/initial-access-token.ts'
import { insertEvent, runWithEvent } from '../audit-events.ts'
import { insertClient } from './clients.ts'
import { run, statement, unit } from '../../driver.ts'
import type { Driver, Row, Unit } from '../../driver.ts'
import { instant, json, optionalInstant, text } from '../rows.ts'
import type { InitialAccessTokens } from '../../storage.ts'

const INSERT = statement(`
  insert into initial_access_tokens (name, token_hash, policy, uses_left, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)
  on conflict (name) do nothing returning name`)
const FIND = statement('select * from initial_access_tokens where token_hash = $1')
const LIST = statement('select * from initial_access_tokens order by name')
const USE = statement(`
  update initial_access_tokens set uses_left = uses_left - 1
  where token_hash = $1 and (uses_left is null or uses_left > 0) and (expires_at is null or expires_at > $2)
  returning name`)
const DELETE = statement('delete from initial_access_tokens where name = $1 returning name')

export function createInitialAccessTokens(driver: Driver): InitialAccessTokens {
  return {
    insert: ({ name, tokenHash, policy, usesLeft, createdAt, expiresAt }, event) =>
      driver.write(
        unit(() =>
          runWithEvent(
            { statement: INSERT, parameters: [name, tokenHash, JSON.stringify(policy), usesLeft ?? null, createdAt, expiresAt ?? null] },
            event,
          ),
        ),
      ),
    async find(tokenHash) {
      const [row] = await driver.read(FIND, [tokenHash])
      return row && toToken(row)
    },
    async list() {
      return (await driver.read(LIST, [])).map(toToken)
    },
    redeem: (tokenHash, now, client, event) => driver.write(unit(() => redeem(tokenHash, now, client, event))),
    delete: (name, event) => driver.write(unit(() => runWithEvent({ statement: DELETE, parameters: [name] }, event))),
  }
}

function* redeem(tokenHash: string, now: number, client: Client, event: AuditEvent | undefined): Unit<boolean> {
  const [used] = yield* run(USE, tokenHash, now)
  if (used === undefined) return false
  yield insertClient(client)
  if (event !== undefined) yield insertEvent(event)
  return true
}

function toToken(row: Row): InitialAccessToken {
  return {
    name: text(row, 'name'),
    tokenHash: text(row, 'token_hash'),
    policy: json(row, 'policy'),
    usesLeft: optionalInstant(row, 'uses_left'),
    createdAt: instant(row, 'created_at'),
    expiresAt: optionalInstant(row, 'expires_at'),
  }
}
