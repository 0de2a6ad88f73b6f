/**
 * What is over goes, in small steps. Tokens go before the grant that they belong to, and grants before their client, so
 * that no step takes more rows along than it may.
 */
import { noteGone } from './audit-events.ts'
import { run, single, statement } from './driver.ts'
import type { Driver, Row, Statement, Unit } from './driver.ts'
import type { Lifetimes } from './storage.ts'

/** Dead grants and tokens stay for a day, so that a replay is still recognised as one. */
const REMEMBERED_MS = 86_400_000
/** A client metadata document that nobody allowed stays this long after it was fetched last. */
const DOCUMENT_MS = 86_400_000

/** Used or not, a refresh token past its end can't come back. */
const REFRESH_TOKENS = statement(`
  delete from refresh_tokens where token_hash in (select token_hash from refresh_tokens where expires_at < $1 limit $2)
  returning token_hash`)
const TOKENS_OF_EXPIRED_GRANTS = statement(`
  delete from refresh_tokens where token_hash in (
    select t.token_hash from grants g join refresh_tokens t on t.grant_id = g.id where g.expires_at < $1 limit $2)
  returning token_hash`)
const TOKENS_OF_REVOKED_GRANTS = statement(`
  delete from refresh_tokens where token_hash in (
    select t.token_hash from grants g join refresh_tokens t on t.grant_id = g.id where g.revoked_at < $1 limit $2)
  returning token_hash`)
const OPAQUE_TOKENS = statement(`
  delete from access_tokens where token_hash in (select token_hash from access_tokens where expires_at <= $1 limit $2)
  returning token_hash`)
const CLIENT_TOKENS = statement(`
  delete from client_tokens where token_hash in (select token_hash from client_tokens where expires_at <= $1 limit $2)
  returning token_hash`)
/** A device that asks too late is told so for a day. */
const DEVICES = statement(`
  delete from device_authorizations where device_code_hash in (
    select device_code_hash from device_authorizations where expires_at < $1 limit $2)
  returning device_code_hash`)
const PUSHED_REQUESTS = statement(`
  delete from pushed_requests where request_uri_hash in (select request_uri_hash from pushed_requests where expires_at <= $1 limit $2)
  returning request_uri_hash`)
const WITHOUT_TOKENS = `
  not exists (select 1 from refresh_tokens t where t.grant_id = g.id) and not exists (select 1 from access_tokens a where a.grant_id = g.id)`
const EXPIRED_GRANTS = statement(`
  delete from grants where id in (select id from grants g where g.expires_at < $1 and ${WITHOUT_TOKENS} limit $2) returning id`)
const REVOKED_GRANTS = statement(`
  delete from grants where id in (select id from grants g where g.revoked_at < $1 and ${WITHOUT_TOKENS} limit $2) returning id`)
const SESSIONS = statement(`
  delete from sessions where id_hash in (select id_hash from sessions where expires_at <= $1 limit $2) returning id_hash`)
const REVOKED_ACCESS_TOKENS = statement(`
  delete from revoked_access_tokens where jti in (select jti from revoked_access_tokens where expires_at <= $1 limit $2)
  returning jti`)
const LOGIN_ATTEMPTS = statement(`
  delete from login_attempts where subject in (select subject from login_attempts where expires_at <= $1 limit $2)
  returning subject`)
const REPLAYS = statement(`
  delete from replays where id in (select id from replays where expires_at <= $1 limit $2) returning id`)
const INITIAL_ACCESS_TOKENS = statement(`
  delete from initial_access_tokens where name in (select name from initial_access_tokens where expires_at < $1 limit $2)
  returning name`)
const AUDIT_EVENTS = statement(`
  delete from audit_events where id in (select id from audit_events where at < $1 limit $2) returning id`)
const LOGOUT_NOTICES = statement(`
  delete from logout_notices where (sid, client_id) in (select sid, client_id from logout_notices where expires_at <= $1 limit $2)
  returning sid`)
/** The condition stands twice: a client that is being authorized meanwhile (which updates its row) is judged once more. */
const UNUSED_CLIENTS = statement(`
  delete from clients where authorized_at is null and id in (
    select id from clients where authorized_at is null and origin = 'registration' and created_at < $1 limit $2)
  returning id`)
/** A document that nobody allowed can be fetched again any time; a disabled one is kept, since a new one wouldn't be. */
const UNUSED_DOCUMENTS = statement(`
  delete from clients where authorized_at is null and document_fetched_at < $1 and id in (
    select id from clients
    where authorized_at is null and origin = 'document' and disabled_at is null and document_fetched_at < $1
    limit $2)
  returning id`)
const IDLE_CLIENTS = statement(`
  delete from clients where last_used_at < $1 and id in (
    select c.id from clients c
    where c.authorized_at is not null and (c.origin = 'registration' or (c.origin = 'document' and c.disabled_at is null)) and c.last_used_at < $1
      and not exists (select 1 from grants g where g.client_id = c.id)
    limit $2)
  returning id`)

export async function sweep(driver: Driver, now: number, limit: number, ttl: Lifetimes): Promise<number> {
  const forgotten = now - REMEMBERED_MS
  const steps = [
    single(REFRESH_TOKENS, forgotten, limit),
    single(TOKENS_OF_EXPIRED_GRANTS, forgotten, limit),
    single(TOKENS_OF_REVOKED_GRANTS, forgotten, limit),
    single(OPAQUE_TOKENS, now, limit),
    single(CLIENT_TOKENS, now, limit),
    single(DEVICES, forgotten, limit),
    single(PUSHED_REQUESTS, now, limit),
    single(EXPIRED_GRANTS, forgotten, limit),
    single(REVOKED_GRANTS, forgotten, limit),
    single(SESSIONS, now, limit),
    single(REVOKED_ACCESS_TOKENS, now, limit),
    single(LOGIN_ATTEMPTS, now, limit),
    single(REPLAYS, now, limit),
    single(LOGOUT_NOTICES, now, limit),
    single(INITIAL_ACCESS_TOKENS, forgotten, limit),
    single(AUDIT_EVENTS, now - ttl.auditTtl * 1000, limit),
    () => sweepClients(UNUSED_CLIENTS, 'never allowed', now - ttl.unusedClientTtl * 1000, limit, now),
    () => sweepClients(IDLE_CLIENTS, 'idle', now - ttl.idleClientTtl * 1000, limit, now),
    () => sweepClients(UNUSED_DOCUMENTS, 'document never allowed', now - DOCUMENT_MS, limit, now),
  ]
  let removed = 0
  for (const step of steps) removed += (await driver.write(step)).length
  return removed
}

/** Clients that go are counted in an audit event. */
function* sweepClients(clients: Statement, reason: string, before: number, limit: number, now: number): Unit<Row[]> {
  const gone = yield* run(clients, before, limit)
  yield* noteGone(gone, reason, now)
  return gone
}
