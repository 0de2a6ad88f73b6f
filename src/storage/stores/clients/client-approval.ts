/** Part of the clients' store: what an operator decides about them, and which rule about them is in force. */
import type { Client } from '../../../domain/client/client.ts'
import { insertEvent, runWithEvent } from '../audit-events.ts'
import { END_GRANTS } from './client-lifecycle.ts'
import { run, single, statement, unit } from '../../driver.ts'
import type { Driver, Unit } from '../../driver.ts'
import { instant, text } from '../rows.ts'
import type { ApprovedLive, Clients, LiveBatch } from '../../storage.ts'

const WAIT = statement("update clients set approval = 'waiting' where id = $1 and approval is null")
/** The metadata is what the operator has seen: what the client changed meanwhile isn't approved with it. */
const APPROVE = statement(`
  update clients set approval = 'approved'
  where id = $1 and metadata = $2 and coalesce(approval, '') <> 'approved' and disabled_at is null
  returning id`)
const REFUSE = statement("update clients set approval = 'refused' where id = $1 and coalesce(approval, '') <> 'refused' returning id")
const COUNT_WAITING = statement("select count(*) as n from clients where approval = 'waiting'")
const NEXT_IDS = statement('select id from clients where id > $1 order by id limit $2')
/** Those from $1 to $2 that have a live grant at $3. */
const APPROVE_LIVE = statement(`
  update clients set approval = 'approved'
  where id >= $1 and id <= $2 and coalesce(approval, 'waiting') = 'waiting' and origin <> 'person' and disabled_at is null
    and exists (select 1 from grants g where g.client_id = clients.id and g.revoked_at is null and g.expires_at > $3)
  returning id`)
const FIND_RULE = statement("select value from rules_in_force where name = 'clients'")
const SAVE_RULE = statement(`
  insert into rules_in_force (name, value, since) values ('clients', $1, $2)
  on conflict (name) do update set value = excluded.value, since = excluded.since where rules_in_force.value <> excluded.value`)

type Approval = Pick<Clients, 'wait' | 'approve' | 'refuse' | 'countWaiting' | 'approveLive' | 'findRule' | 'saveRule'>

export function createClientApproval(driver: Driver): Approval {
  return {
    async wait(id) {
      await driver.write(single(WAIT, id))
    },
    approve: ({ id, metadata }: Pick<Client, 'id' | 'metadata'>, event) =>
      driver.write(unit(() => runWithEvent({ statement: APPROVE, parameters: [id, JSON.stringify(metadata)] }, event))),
    refuse: (id, now, event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          const refused = yield* runWithEvent({ statement: REFUSE, parameters: [id] }, event)
          if (refused) yield* run(END_GRANTS, id, now)
          return refused
        }),
      ),
    async countWaiting() {
      const [row] = await driver.read(COUNT_WAITING, [])
      return instant(row!, 'n')
    },
    approveLive: (batch, now) => driver.write(unit(() => approveLive(batch, now))),
    async findRule() {
      const [row] = await driver.read(FIND_RULE, [])
      return row && text(row, 'value')
    },
    async saveRule(rule, now) {
      await driver.write(single(SAVE_RULE, rule, now))
    },
  }
}

function* approveLive({ after, limit }: LiveBatch, now: number): Unit<ApprovedLive | undefined> {
  const ids = (yield* run(NEXT_IDS, after, limit)).map((row) => text(row, 'id'))
  const [first] = ids
  const last = ids.at(-1)
  if (first === undefined || last === undefined) return undefined
  const approved = yield* run(APPROVE_LIVE, first, last, now)
  const details = { count: approved.length, reason: 'had live grants when approvals began' }
  if (approved.length > 0)
    yield insertEvent({ id: `approved:${now}:${first}`, at: now, name: 'clients.approved', actor: 'server', details })
  return { last, count: approved.length }
}
