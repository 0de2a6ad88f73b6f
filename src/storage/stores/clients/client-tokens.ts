/** The store of access tokens that clients got for themselves. They depend on the client only. */
import { single, statement } from '../../driver.ts'
import type { Driver } from '../../driver.ts'
import { instant, json, optionalText, text } from '../rows.ts'
import type { ClientTokens } from '../../storage.ts'

const INSERT = statement(`
  insert into client_tokens (token_hash, client_id, jti, resource_id, claims, issued_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`)
const FIND = statement(`
  select t.* from client_tokens t join clients c on c.id = t.client_id
  where t.token_hash = $1 and t.expires_at > $2 and c.disabled_at is null and coalesce(c.approval, '') <> 'refused' and (c.enabled_at is null or c.enabled_at <= t.issued_at)
    and (t.resource_id is null or exists (select 1 from resources s where s.id = t.resource_id))
    and not exists (select 1 from revoked_access_tokens r where r.jti = t.jti)`)
const FIND_LIVE = statement(`
  select id from clients
  where id = $1 and disabled_at is null and coalesce(approval, '') <> 'refused' and (enabled_at is null or enabled_at <= $3)
    and not exists (select 1 from revoked_access_tokens r where r.jti = $2)`)

/** Claims have whole seconds. The end of the second makes a token valid that was issued in the second when its client was enabled. */
const issuedAt = (iat: number): number => iat * 1000 + 999

export function createClientTokens(driver: Driver): ClientTokens {
  return {
    async insert({ tokenHash, resourceId, claims, expiresAt }) {
      const { client_id: clientId, jti, iat } = claims
      await driver.write(single(INSERT, tokenHash, clientId, jti, resourceId ?? null, JSON.stringify(claims), issuedAt(iat), expiresAt))
    },
    async find(tokenHash, now) {
      const [row] = await driver.read(FIND, [tokenHash, now])
      return (
        row && {
          tokenHash: text(row, 'token_hash'),
          resourceId: optionalText(row, 'resource_id'),
          claims: json(row, 'claims'),
          expiresAt: instant(row, 'expires_at'),
        }
      )
    },
    async isLive({ client_id: clientId, jti, iat }) {
      return (await driver.read(FIND_LIVE, [clientId, jti, issuedAt(iat)])).length === 1
    },
  }
}
