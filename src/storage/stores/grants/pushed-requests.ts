/** The store of pushed authorization requests (RFC 9126; threat-model.md T7): short-lived, and each good for one code (grant-issue.ts). */
import { single, statement } from '../../driver.ts'
import type { Driver } from '../../driver.ts'
import { instant, json, text } from '../rows.ts'
import type { PushedRequests } from '../../storage.ts'

const INSERT = statement('insert into pushed_requests (request_uri_hash, client_id, parameters, expires_at) values ($1, $2, $3, $4)')
/** One that was used stays until it expires, so that a browser that comes once more is sent back with the state. */
const FIND = statement(`
  select pushed_requests.*, case when replays.id is null then 0 else 1 end as used
  from pushed_requests left join replays on replays.id = request_uri_hash
  where request_uri_hash = $1 and pushed_requests.expires_at > $2`)

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
          used: row['used'] === 1,
        }
      )
    },
  }
}
