/** Clients that may go without anybody's word: for the sweeper, and for whoever makes room. Never one that a person made. */
import { statement } from '../driver.ts'

/** A document can be fetched again any time; a disabled one is kept, since a new one wouldn't be disabled. */
export const REMOVABLE = `(origin = 'registration' or (origin = 'document' and disabled_at is null))`

/**
 * The longest idle ones, not used since $1, at most $2. The condition stands twice: a client that is being authorized
 * meanwhile (which updates its row) is judged once more.
 */
export const DELETE_IDLE = statement(`
  delete from clients where last_used_at < $1 and id in (
    select id from clients
    where authorized_at is not null and ${REMOVABLE} and last_used_at < $1
      and not exists (select 1 from grants g where g.client_id = clients.id)
    order by last_used_at limit $2)
  returning id`)
