/** The store of grants, with their codes and tokens; grant-transitions.ts has the changes, live-tokens.ts what access tokens open. */
import type { AuthorizationCode, RefreshToken } from '../../../domain/token/grant.ts'
import { runWithEvent } from '../audit-events.ts'
import { run, single, statement, unit } from '../../driver.ts'
import type { Driver, Row, Unit } from '../../driver.ts'
import { FORGET_CONSENTS } from './consents.ts'
import { findGrant, listGrants } from './grant-list.ts'
import { GRANT_COLUMNS, toGrant } from './grant-row.ts'
import { issue, issueForRequest } from './grant-issue.ts'
import { createLiveTokens } from './live-tokens.ts'
import { redeem, renew, revoke, rotate } from './grant-transitions.ts'
import { flag, instant, optionalInstant, optionalText, text } from '../rows.ts'
import type { Grants } from '../../storage.ts'
import { groupsColumn, toGroups } from '../access/groups.ts'

const FIND_CODE = statement(`
  select ${GRANT_COLUMNS},
    g.code_hash, g.code_expires_at, g.redirect_uri, g.redirect_uri_given, g.code_challenge, g.code_challenge_method, g.code_dpop_jkt,
    u.username, ${groupsColumn('g.user_id')}
  from grants g join users u on u.id = g.user_id where g.id = $1 and g.code_hash = $2`)
const FIND_REFRESH_TOKEN = statement(`
  select t.*, ${GRANT_COLUMNS}, g.redirect_uri, ${groupsColumn('g.user_id')}, case when i.check_due_at is null then i.id end as resting_identity_id
  from refresh_tokens t join grants g on g.id = t.grant_id left join identities i on i.id = g.identity_id
  where t.grant_id = $1 and t.token_hash = $2`)
const COUNT_LIVE = statement('select count(*) as n from grants where client_id = $1 and revoked_at is null and expires_at > $2')
const REVOKE_ACCESS_TOKEN = statement('insert into revoked_access_tokens (jti, expires_at) values ($1, $2) on conflict (jti) do nothing')

export function createGrants(driver: Driver): Grants {
  return {
    ...createLiveTokens(driver),
    async issue(grant, code, pushed) {
      if (pushed !== undefined) return driver.write(issueForRequest(grant, code, pushed))
      await driver.write(issue(grant, code))
      return true
    },
    async findCode(grantId, codeHash) {
      const [row] = await driver.read(FIND_CODE, [grantId, codeHash])
      return row && { code: toCode(row), grant: toGrant(row), username: text(row, 'username'), groups: toGroups(row) }
    },
    redeem: (redemption) => driver.write(redeem(redemption)),
    async findRefreshToken(grantId, tokenHash) {
      const [row] = await driver.read(FIND_REFRESH_TOKEN, [grantId, tokenHash])
      const restingIdentityId = row && optionalText(row, 'resting_identity_id')
      return (
        row && {
          token: toRefreshToken(row),
          grant: toGrant(row),
          groups: toGroups(row),
          redirectUri: optionalText(row, 'redirect_uri'),
          ...(restingIdentityId && { restingIdentityId }),
        }
      )
    },
    rotate: (rotation) => driver.write(rotate(rotation)),
    renew: (renewal) => driver.write(renew(renewal)),
    async countLive(clientId, now) {
      const [row] = await driver.read(COUNT_LIVE, [clientId, now])
      return instant(row!, 'n')
    },
    find: (grantId, now) => findGrant(driver, grantId, now),
    list: (query) => listGrants(driver, query),
    async revoke(grantId, now, event) {
      const call = revoke(grantId, now)
      // Without an event it is one statement, which needs no transaction.
      if (event === undefined) return (await driver.write({ kind: 'single', call })).length === 1
      return driver.write(unit(() => runWithEvent(call, event)))
    },
    disconnect: ({ id, userId, clientId }, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* run(FORGET_CONSENTS, userId, clientId)
          return yield* runWithEvent(revoke(id, now), event)
        }),
      ),
    async revokeAccessToken(jti, expiresAt) {
      await driver.write(single(REVOKE_ACCESS_TOKEN, jti, expiresAt))
    },
  }
}

function toCode(row: Row): AuthorizationCode {
  const value = optionalText(row, 'code_challenge')
  return {
    codeHash: text(row, 'code_hash'),
    grantId: text(row, 'grant_id'),
    redirectUri: text(row, 'redirect_uri'),
    redirectUriGiven: flag(row, 'redirect_uri_given'),
    codeChallenge: value === undefined ? undefined : { value, method: row['code_challenge_method'] as 'S256' | 'plain' },
    dpopJkt: optionalText(row, 'code_dpop_jkt'),
    expiresAt: instant(row, 'code_expires_at'),
  }
}

function toRefreshToken(row: Row): RefreshToken {
  return {
    tokenHash: text(row, 'token_hash'),
    grantId: text(row, 'grant_id'),
    generation: instant(row, 'generation'),
    parentHash: optionalText(row, 'parent_hash'),
    dpopJkt: optionalText(row, 'dpop_jkt'),
    createdAt: instant(row, 'created_at'),
    expiresAt: instant(row, 'expires_at'),
    usedAt: optionalInstant(row, 'used_at'),
    network: optionalText(row, 'network'),
  }
}
