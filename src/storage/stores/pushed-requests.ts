/** The store of pushed authorization requests (RFC 9126; threat-model.md T7): short-lived, and each good for one code. */
import { run, single, statement, unit } from '../driver.ts'
import type { Driver, Unit } from '../driver.ts'
import { USE } from './replays.ts'
import { instant, json, text } from './rows.ts'
import type { PushedRequests } from '../storage.ts'

const INSERT = statement('insert into pushed_requests (request_uri_hash, client_id, parameters, expires_at) values ($1, $2, $3, $4)')
const FIND = statement('select * from pushed_requests where request_uri_hash = $1 and expires_at > $2')
const DELETE = statement('delete from pushed_requests where request_uri_hash = $1')

export function createPushedRequests(driver: Driver): PushedRequests {
  return {
    async insert({ requestUriHash, clientId, parameters, expiresAt }) {
      await driver.write(single(INSERT, requestUriHash, clientId, JSON.stringify(parameters), expiresAt))
    },
    async find(requestUriHash, now) {
      const [row] = await driver.read(FIND, [requestUriHash, now])
      return (
        row && {
          requestUriHash,
          clientId: text(row, 'client_id'),
          parameters: json(row, 'parameters'),
          expiresAt: instant(row, 'expires_at'),
        }
      )
    },
    redeem: (requestUriHash, rememberedUntil) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* run(DELETE, requestUriHash)
          return (yield* run(USE, requestUriHash, rememberedUntil)).length === 1
        }),
      ),
  }
}
