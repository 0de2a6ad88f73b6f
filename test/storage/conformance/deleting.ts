/** Deleting a client or a user that has many records: in steps, of which none holds the others up for long. */
import assert from 'node:assert/strict'
import { createStorage } from '#src/storage/open.ts'
import { batch, run, statement, unit } from '#src/storage/driver.ts'
import type { Driver, Unit } from '#src/storage/driver.ts'
import type { Storage } from '#src/storage/storage.ts'
import { check } from './check.ts'
import { DAY, NOW, addClient, addFamily, addGrant, addUser, makeClientToken, makeEvent } from './records.ts'

/** More than two steps. */
const MANY = 1101

const TOKEN = statement(`
  insert into refresh_tokens (grant_id, token_hash, generation, created_at, expires_at, successors) values ($1, $2, 1, $3, $3, 0)`)
const ACCESS_TOKEN = statement("insert into access_tokens (token_hash, grant_id, jti, claims, expires_at) values ($1, $2, $1, '{}', $3)")
const DEVICE = statement(`
  insert into device_authorizations (device_code_hash, user_code_hash, client_id, parameters, created_at, expires_at) values ($1, $1, $2, '{}', $3, $3)`)
const GRANT = statement(`
  insert into grants (id, user_id, client_id, scopes, resources, auth_time, created_at, last_used_at, expires_at) values ($1, $2, $3, '[]', '[]', $4, $4, $4, $4)`)

const names = (kind: string): string[] => Array.from({ length: MANY }, (_, index) => `${kind} ${index}`)

/** A storage on the same database that records how many rows each of its writes returns. */
function watch(driver: Driver): { storage: Storage; sizes: number[] } {
  const sizes: number[] = []
  const storage = createStorage({
    ...driver,
    async write(work) {
      const outcome = await driver.write(work)
      if (Array.isArray(outcome)) sizes.push(outcome.length)
      return outcome
    },
  })
  return { storage, sizes }
}

/** The records of the tables that are left. */
function count(driver: Driver, ...tables: string[]): Promise<number[]> {
  return driver.write(
    unit(function* (): Unit<number[]> {
      const counts: number[] = []
      for (const table of tables) counts.push(Number((yield* run(statement(`select count(*) as n from ${table}`)))[0]!['n']))
      return counts
    }),
  )
}

const TABLES = ['grants', 'refresh_tokens', 'access_tokens', 'device_authorizations', 'client_tokens', 'consents']

export const deleting = [
  check('a client with many records is deleted in steps, with its event', async (plain, driver) => {
    const { client, user, grant } = await addFamily(plain)
    await driver.write(
      batch(
        ...names('token').map((name) => ({ statement: TOKEN, parameters: [grant.id, name, NOW] })),
        ...names('access').map((name) => ({ statement: ACCESS_TOKEN, parameters: [name, grant.id, NOW + DAY] })),
        ...names('device').map((name) => ({ statement: DEVICE, parameters: [name, client.id, NOW] })),
        ...names('grant').map((name) => ({ statement: GRANT, parameters: [name, user.id, client.id, NOW] })),
      ),
    )
    await plain.clientTokens.insert(makeClientToken(client.id))
    await plain.consents.save(
      { userId: user.id, clientId: client.id, receiver: 'app.example', clientHash: 'hash', scopes: [], resources: [] },
      NOW,
    )
    const other = await addFamily(plain, { user })
    const { storage, sizes } = watch(driver)
    assert.equal(await storage.clients.delete(client.id, makeEvent({ name: 'client.deleted', clientId: client.id })), true)
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      4 * MANY + 4,
      'nothing is left to the cascade',
    )
    assert.ok(sizes.every((size) => size <= 500))
    assert.deepEqual(await count(driver, ...TABLES), [1, 1, 0, 0, 0, 0], 'only what others have is left')
    assert.notEqual(await plain.grants.findRefreshToken(other.token.grantId, other.token.tokenHash), undefined)
    assert.equal((await plain.auditEvents.list({ clientId: client.id, since: 0, limit: 9 })).length, 1)
    assert.equal(await storage.clients.delete(client.id, makeEvent({ name: 'client.deleted', clientId: client.id })), false)
    assert.equal((await plain.auditEvents.list({ clientId: client.id, since: 0, limit: 9 })).length, 1)
  }),
  check('a user with many grants is deleted in steps', async (plain, driver) => {
    const [user, client] = [await addUser(plain), await addClient(plain)]
    await driver.write(batch(...names('grant').map((name) => ({ statement: GRANT, parameters: [name, user.id, client.id, NOW] }))))
    await plain.consents.save(
      { userId: user.id, clientId: client.id, receiver: 'app.example', clientHash: 'hash', scopes: [], resources: [] },
      NOW,
    )
    await addGrant(plain, { client })
    const { storage, sizes } = watch(driver)
    assert.equal(await storage.users.delete(user.id, NOW), true)
    assert.equal(
      sizes.reduce((sum, size) => sum + size),
      MANY + 1,
    )
    assert.ok(sizes.every((size) => size <= 500))
    assert.deepEqual(await count(driver, 'users', 'grants', 'consents'), [1, 1, 0])
  }),
]
