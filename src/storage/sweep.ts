/** What is over goes, in small steps; deleting a grant takes its codes and tokens along. */
import { single, statement } from './driver.ts'
import type { Driver } from './driver.ts'
import type { ClientLifetimes } from './storage.ts'

const DAY_MS = 86_400_000

/** Dead grants stay for a day, so that a replay of their code or token is still recognised as one. */
const GRANTS = statement(`
  delete from grants where id in (select id from grants where expires_at < $1 limit $2) returning id`)
const REVOKED_GRANTS = statement(`
  delete from grants where id in (select id from grants where revoked_at is not null and revoked_at < $1 limit $2) returning id`)
/** Used or not, a refresh token past its end can't come back; the newest of a live family is not past it. */
const REFRESH_TOKENS = statement(`
  delete from refresh_tokens where token_hash in (select token_hash from refresh_tokens where expires_at < $1 limit $2)
  returning token_hash`)
const SESSIONS = statement(`
  delete from sessions where id_hash in (select id_hash from sessions where expires_at <= $1 limit $2) returning id_hash`)
const ACCESS_TOKENS = statement(`
  delete from revoked_access_tokens where jti in (select jti from revoked_access_tokens where expires_at <= $1 limit $2)
  returning jti`)
const LOGIN_ATTEMPTS = statement(`
  delete from login_attempts where subject in (select subject from login_attempts where expires_at <= $1 limit $2)
  returning subject`)
const REPLAYS = statement(`
  delete from replays where id in (select id from replays where expires_at <= $1 limit $2) returning id`)
/** A document that nobody allowed can be fetched again any time: it is here only because somebody named it. */
const DOCUMENTS = statement(`
  delete from clients where id in (
    select id from clients
    where origin = 'document' and authorized_at is null and disabled_at is null and document_fetched_at < $1
    limit $2)
  returning id`)
/** Never one that a person made, never one with a live grant. */
const CLIENTS = statement(`
  delete from clients where id in (
    select c.id from clients c
    where c.origin <> 'person' and (c.origin <> 'document' or c.disabled_at is null)
      and ((c.authorized_at is null and c.created_at < $2) or (c.authorized_at is not null and c.last_used_at < $3))
      and not exists (select 1 from grants g where g.client_id = c.id and g.revoked_at is null and g.expires_at > $1)
    limit $4)
  returning id`)

export async function sweep(driver: Driver, now: number, limit: number, ttl: ClientLifetimes): Promise<number> {
  const steps = [
    single(GRANTS, now - DAY_MS, limit),
    single(REVOKED_GRANTS, now - DAY_MS, limit),
    single(REFRESH_TOKENS, now - DAY_MS, limit),
    single(SESSIONS, now, limit),
    single(ACCESS_TOKENS, now, limit),
    single(LOGIN_ATTEMPTS, now, limit),
    single(REPLAYS, now, limit),
    single(DOCUMENTS, now - DAY_MS, limit),
    single(CLIENTS, now, now - ttl.unusedClientTtl * 1000, now - ttl.idleClientTtl * 1000, limit),
  ]
  let removed = 0
  for (const step of steps) removed += (await driver.write(step)).length
  return removed
}
