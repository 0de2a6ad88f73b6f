// The suite must catch stores that are right for single calls and wrong when calls race. Each of these is broken as real servers were.
import t from 'tap'
import { run, single, statement, unit } from '#src/storage/driver.ts'
import type { Driver, Unit } from '#src/storage/driver.ts'
import { createStorage } from '#src/storage/open.ts'
import type { Grants, Storage } from '#src/storage/storage.ts'
import { insertEvent } from '#src/storage/stores/audit-events.ts'
import { runCheck } from './conformance/check.ts'
import { CHECKS } from './conformance/conformance.ts'
import { DAY } from './conformance/records.ts'
import { openPreparedDriver } from '#test/support/memory-storage.ts'

const FIND_CODE = statement(`
  select g.redeemed_at from grants g join users u on u.id = g.user_id
  where g.code_hash = $1 and g.id = $2 and g.code_expires_at > $3 and g.expires_at > $3 and g.revoked_at is null and u.disabled_at is null
    and (g.sid is null or exists (select 1 from sessions s where s.sid = g.sid and s.user_id = g.user_id))`)
const MARK_CODE = statement('update grants set redeemed_at = $2 where id = $1')
const EXTEND = statement('update grants set expires_at = $2 where id = $1')
const INSERT_TOKEN = statement(`
  insert into refresh_tokens (token_hash, grant_id, generation, parent_hash, created_at, expires_at, dpop_jkt, network, successors)
  values ($1, $2, $3, $4, $5, $6, $7, $8, 0)`)
const FIND_TOKEN = statement(`
  select t.used_at from refresh_tokens t join grants g on g.id = t.grant_id join users u on u.id = g.user_id
  where t.token_hash = $1 and g.id = $2 and t.expires_at > $3 and g.expires_at > $3 and g.revoked_at is null and u.disabled_at is null`)
const USE_TOKEN = statement('update refresh_tokens set used_at = $2 where token_hash = $1')
const NOTE_SUCCESSOR_USED = statement(`
  update refresh_tokens set successor_used_at = $2 where token_hash in (select parent_hash from refresh_tokens where token_hash = $1)`)
const NOTE_CLIENT_USED = statement('update clients set last_used_at = $2 where id = $1 and last_used_at < $3')
const TOKENS_OF_GRANT = statement('select token_hash from refresh_tokens where grant_id = $1')
const END_TOKEN = statement('update refresh_tokens set expires_at = 0 where token_hash = $1')
const REVIVE_GRANT = statement('update grants set revoked_at = null where id = $1 returning id')
const REVOKE_GRANT = statement('update grants set revoked_at = $2 where id = $1 and revoked_at is null returning id')

/** The stores on `driver`, with some broken methods of `grants`. */
function broken(worsen: (driver: Driver, honest: Grants) => Partial<Grants>): (driver: Driver) => Storage {
  return (driver) => {
    const storage = createStorage(driver)
    return { ...storage, grants: { ...storage.grants, ...worsen(driver, storage.grants) } }
  }
}

/** Reads whether the code is unused, and then writes that it is used. */
const readThenWriteRedeem = broken((driver, honest) => ({
  async redeem(redemption) {
    const { codeHash, grantId, now, grantExpiresAt, refreshToken, event } = redemption
    const [code] = await driver.read(FIND_CODE, [codeHash, grantId, now])
    if (code?.['redeemed_at'] !== null) return honest.redeem(redemption)
    await driver.write(
      unit(function* (): Unit<void> {
        yield* run(MARK_CODE, grantId, now)
        yield* run(EXTEND, grantId, grantExpiresAt)
        if (event !== undefined) yield insertEvent(event)
        if (refreshToken === undefined) return
        const { tokenHash, generation, createdAt, expiresAt, dpopJkt, network } = refreshToken
        yield* run(INSERT_TOKEN, tokenHash, grantId, generation, null, createdAt, expiresAt, dpopJkt ?? null, network ?? null)
      }),
    )
    return 'redeemed'
  },
}))

/** Reads whether the token is unused, and then rotates it, whatever happened meanwhile. */
const unguardedRotate = broken((driver, honest) => ({
  async rotate(rotation) {
    const { tokenHash, clientId, now, successor } = rotation
    const [token] = await driver.read(FIND_TOKEN, [tokenHash, successor.grantId, now])
    if (token?.['used_at'] !== null) return honest.rotate(rotation)
    await driver.write(
      unit(function* (): Unit<void> {
        yield* run(USE_TOKEN, tokenHash, now)
        yield* run(NOTE_SUCCESSOR_USED, tokenHash, now)
        yield* run(
          INSERT_TOKEN,
          successor.tokenHash,
          successor.grantId,
          successor.generation,
          tokenHash,
          successor.createdAt,
          successor.expiresAt,
          successor.dpopJkt ?? null,
          successor.network ?? null,
        )
        yield* run(NOTE_CLIENT_USED, clientId, now, now - DAY)
      }),
    )
    return 'rotated'
  },
}))

/** Ends the tokens that it found before, instead of the grant that every rotation locks. */
const revokeOutsideTheLock = broken((driver, honest) => ({
  async revoke(grantId, now) {
    const tokens = await driver.read(TOKENS_OF_GRANT, [grantId])
    return driver.write(
      unit(function* (): Unit<boolean> {
        for (const token of tokens) yield* run(END_TOKEN, token['token_hash'] as string)
        return (yield* run(REVOKE_GRANT, grantId, now)).length === 1
      }),
    )
  },
  async rotate(rotation) {
    await driver.write(single(REVIVE_GRANT, rotation.successor.grantId))
    return honest.rotate(rotation)
  },
}))

const RACES = {
  'a store that reads whether a code is unused, then writes': {
    build: readThenWriteRedeem,
    concern: 'codes',
    caught: ['of N callers who redeem one code together, exactly one gets it and the grant dies'],
  },
  'a store that rotates without a guard': {
    build: unguardedRotate,
    concern: 'rotation',
    caught: [
      'of callers who use one token together, one rotates it and all others get the same successor',
      'of callers who use one token together without grace, exactly one gets a successor',
    ],
  },
  'a store that revokes outside the lock': {
    build: revokeOutsideTheLock,
    concern: 'revocation',
    caught: ['nothing rotates once a revocation has resolved, and calls in progress store nothing live'],
  },
}

for (const [name, { build, concern, caught }] of Object.entries(RACES)) {
  t.test(`${name} is right for single calls, and caught when calls race`, async (t) => {
    const failed: string[] = []
    for (const each of CHECKS[concern]!) {
      await runCheck(each, () => openPreparedDriver(), build).catch(() => failed.push(each.title))
    }
    t.strictSame(failed, caught)
  })
}
