// Transitions of one grant happen one after the other: each first locks the row of the grant, without any other lock, and then checks it.
import pg from 'pg'
import t from 'tap'
import type { Test } from 'tap'
import { openStorage } from '#src/storage/open.ts'
import type { Storage } from '#src/storage/storage.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { NOW, addFamily, addGrant, addProvider, makeIdentity, makeUser, redemptionOf, rotationOf } from '../conformance/records.ts'

interface Transition {
  readonly grantId: string
  /** Tries to lock the row that the transition uses up, if that isn't the grant's. */
  readonly row?: string
  begin(): Promise<string>
}

const transitions: Record<string, (storage: Storage) => Promise<Transition>> = {
  async redemption(storage) {
    const issued = await addGrant(storage)
    return { grantId: issued.grant.id, begin: () => storage.grants.redeem(redemptionOf(issued)) }
  },
  async rotation(storage) {
    const { token, client, grant } = await addFamily(storage)
    const row = `select token_hash from refresh_tokens where token_hash = '${token.tokenHash}' for update nowait`
    return { grantId: grant.id, row, begin: () => storage.grants.rotate(rotationOf(token, client.id)) }
  },
}

await withPostgres(t, async (t, server) => {
  const url = await server.createDatabase()
  const storage = await openStorage(url)
  t.teardown(() => storage.close())

  for (const [name, prepare] of Object.entries(transitions)) {
    t.test(`a ${name} after a revocation waits without any other lock, and then finds the grant dead`, async (t) => {
      const { grantId, row, begin } = await prepare(storage)
      const other = await connect(t, url)
      await other.query('begin')
      await other.query('update grants set revoked_at = $2 where id = $1', [grantId, NOW])
      const outcome = begin()
      await waiting(other)
      if (row !== undefined) t.equal((await other.query(row)).rowCount, 1, 'what it is about is free')
      await other.query('commit')
      t.equal(await outcome, 'expired')
    })

    t.test(`a ${name} during another change of the grant waits for it, and continues`, async (t) => {
      const { grantId, begin } = await prepare(storage)
      const other = await connect(t, url)
      await other.query('begin')
      await other.query('update grants set last_used_at = $2 where id = $1', [grantId, NOW])
      const outcome = begin()
      await waiting(other)
      await other.query('commit')
      t.match(await outcome, /^(redeemed|rotated)$/)
      t.ok(await storage.grants.findLive(grantId, 'jti', NOW))
    })
  }
})

await withPostgres(t, async (t, server) => {
  const url = await server.createDatabase()
  const storage = await openStorage(url)
  t.teardown(() => storage.close())

  t.test('an account that two logins let in at the same moment belongs to the one that was first', async (t) => {
    const provider = await addProvider(storage)
    const [first, second] = [makeUser(), makeUser()]
    const identityOf = (user: typeof first, subject: string) => makeIdentity(user.id, provider.id, { subject })
    t.equal(await storage.identities.admit(first, identityOf(first, 'another'), []), 'admitted')
    const other = await connect(t, url)
    await other.query('begin')
    await other.query(`update identities set subject = 'one' where subject = 'another'`)
    const outcome = storage.identities.admit(second, identityOf(second, 'one'), [])
    await waiting(other)
    await other.query('commit')
    t.equal(await outcome, 'known')
    t.equal(await storage.users.find(second.id), undefined, 'nothing is left of the user that was one too many')
  })
})

async function connect(t: Test, url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  t.teardown(() => client.end())
  return client
}

/** Resolves once a connection waits for a lock. */
async function waiting(client: pg.Client): Promise<void> {
  const until = performance.now() + 4000
  while (
    (await client.query(`select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rowCount === 0
  ) {
    if (performance.now() > until) throw new Error('nobody waits')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
