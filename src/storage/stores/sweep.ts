/**
 * Deletes expired records in bounded batches. Tokens are deleted before their grant, and grants before their client, so that no
 * cascade deletes more rows than a batch may.
 */
import { insertSweptEvent } from './audit-events.ts'
import { run, single, statement, unit } from '../driver.ts'
import type { Driver, Row, Statement, UnitWork } from '../driver.ts'
import { DELETE_IDLE, UNDECIDED } from './clients/client-lifecycle.ts'
import type { Lifetimes } from '../storage.ts'
import type { Table } from '../transfer.ts'

/** Dead grants and tokens stay for a day, so that a replay is still recognized. */
const REMEMBERED_MS = 86_400_000
/** A client metadata document that no user allowed stays for a day after it was last fetched. */
const DOCUMENT_MS = 86_400_000

/** Deletes at most $2 records that ended before (or at) $1, the earliest first. The order also makes the engines use the index. */
function ended(table: Table, key: string, instant: string, comparison: '<' | '<='): Statement {
  return statement(`
    delete from ${table} where (${key}) in (select ${key} from ${table} where ${instant} ${comparison} $1 order by ${instant} limit $2)
    returning 1 as gone`)
}

/** Used or not, an expired refresh token can never be used again. */
const REFRESH_TOKENS = ended('refresh_tokens', 'grant_id, token_hash', 'expires_at', '<')
const OPAQUE_TOKENS = ended('access_tokens', 'token_hash', 'expires_at', '<=')
const CLIENT_TOKENS = ended('client_tokens', 'token_hash', 'expires_at', '<=')
/** What an expired device asked for is of no use; strangers choose how long it is (threat-model.md T18). */
const REQUESTS_OF_DEVICES = statement(`
  update device_authorizations set parameters = '{}', network = null where device_code_hash in (
    select device_code_hash from device_authorizations where parameters <> '{}' and expires_at <= $1 order by expires_at limit $2)
  returning 1 as gone`)
/** For a day, a device that polls too late gets `expired_token`. */
const DEVICES = ended('device_authorizations', 'device_code_hash', 'expires_at', '<')
const SESSIONS = ended('sessions', 'id_hash', 'expires_at', '<=')
const REVOKED_ACCESS_TOKENS = ended('revoked_access_tokens', 'jti', 'expires_at', '<=')
const LOGIN_ATTEMPTS = ended('login_attempts', 'subject', 'expires_at', '<=')
const REPLAYS = ended('replays', 'id', 'expires_at', '<=')
const PUSHED_REQUESTS = ended('pushed_requests', 'request_uri_hash', 'expires_at', '<=')
const PROVIDER_ATTEMPTS = ended('provider_attempts', 'handle_hash', 'expires_at', '<=')
const LINKS = ended('links', 'token_hash', 'expires_at', '<=')
const LOGOUT_NOTICES = ended('logout_notices', 'sid, client_id', 'expires_at', '<=')
const PERSONAL_TOKENS = ended('personal_tokens', 'token_hash', 'expires_at', '<=')
const INITIAL_ACCESS_TOKENS = ended('initial_access_tokens', 'name', 'expires_at', '<')
const AUDIT_EVENTS = ended('audit_events', 'at, id', 'at', '<')

/** A step reads at most $2 dead grants, also if these still have tokens: it deletes the tokens now, and the grants next time. */
const dead = (instant: 'expires_at' | 'revoked_at'): string =>
  `(select id from grants where ${instant} < $1 order by ${instant} limit $2) g`
const tokensOf = (grants: string): Statement =>
  statement(`
  delete from refresh_tokens where (grant_id, token_hash) in (select t.grant_id, t.token_hash from ${grants} join refresh_tokens t on t.grant_id = g.id limit $2)
  returning 1 as gone`)
const withoutTokens = (grants: string): Statement =>
  statement(`
  delete from grants where id in (
    select g.id from ${grants}
    where not exists (select 1 from refresh_tokens t where t.grant_id = g.id) and not exists (select 1 from access_tokens a where a.grant_id = g.id))
  returning 1 as gone`)
const TOKENS_OF_EXPIRED_GRANTS = tokensOf(dead('expires_at'))
const TOKENS_OF_REVOKED_GRANTS = tokensOf(dead('revoked_at'))
const EXPIRED_GRANTS = withoutTokens(dead('expires_at'))
const REVOKED_GRANTS = withoutTokens(dead('revoked_at'))

/** The condition is repeated, as in client-lifecycle.ts. */
const UNUSED_CLIENTS = statement(`
  delete from clients where authorized_at is null and id in (
    select id from clients where authorized_at is null and origin = 'registration' and ${UNDECIDED} and created_at < $1 order by created_at limit $2)
  returning id`)
const UNUSED_DOCUMENTS = statement(`
  delete from clients where authorized_at is null and document_fetched_at < $1 and id in (
    select id from clients
    where authorized_at is null and origin = 'document' and disabled_at is null and ${UNDECIDED} and document_fetched_at < $1
    order by document_fetched_at limit $2)
  returning id`)

export async function sweep(driver: Driver, now: number, limit: number, ttl: Lifetimes): Promise<number> {
  const forgotten = now - REMEMBERED_MS
  const steps = [
    single(REFRESH_TOKENS, forgotten, limit),
    single(TOKENS_OF_EXPIRED_GRANTS, forgotten, limit),
    single(TOKENS_OF_REVOKED_GRANTS, forgotten, limit),
    single(OPAQUE_TOKENS, now, limit),
    single(CLIENT_TOKENS, now, limit),
    single(REQUESTS_OF_DEVICES, now, limit),
    single(DEVICES, forgotten, limit),
    single(PUSHED_REQUESTS, now, limit),
    single(PROVIDER_ATTEMPTS, now, limit),
    single(EXPIRED_GRANTS, forgotten, limit),
    single(REVOKED_GRANTS, forgotten, limit),
    single(SESSIONS, now, limit),
    single(REVOKED_ACCESS_TOKENS, now, limit),
    single(LOGIN_ATTEMPTS, now, limit),
    single(REPLAYS, now, limit),
    single(LINKS, now, limit),
    single(LOGOUT_NOTICES, now, limit),
    single(PERSONAL_TOKENS, now, limit),
    single(INITIAL_ACCESS_TOKENS, forgotten, limit),
    single(AUDIT_EVENTS, now - ttl.auditTtl * 1000, limit),
    sweepClients(UNUSED_CLIENTS, 'never allowed', now - ttl.unusedClientTtl * 1000, limit, now),
    sweepClients(DELETE_IDLE, 'idle', now - ttl.idleClientTtl * 1000, limit, now),
    sweepClients(UNUSED_DOCUMENTS, 'document never allowed', now - DOCUMENT_MS, limit, now),
  ]
  let removed = 0
  for (const step of steps) removed += (await driver.write(step)).length
  return removed
}

/** Deletes clients, and records how many in an audit event. */
function sweepClients(clients: Statement, reason: string, before: number, limit: number, now: number): UnitWork<Row[]> {
  return unit(function* () {
    const gone = yield* run(clients, before, limit)
    yield* insertSweptEvent(gone, reason, now)
    return gone
  })
}
