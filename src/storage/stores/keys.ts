/** The store of signing keys and other secrets. The caller encrypts them. */
import type { StoredKey } from '../../domain/key/stored-key.ts'
import { runWithEvent } from './audit-events.ts'
import { batch, run, single, statement, unit } from '../driver.ts'
import type { Driver, Row, Unit } from '../driver.ts'
import { instant, optionalInstant, text } from './rows.ts'
import type { Keys } from '../storage.ts'

const INSERT = statement(`
  insert into signing_keys (kid, alg, generation, public_jwk, private_jwk, created_at, active_at) values ($1, $2, $3, $4, $5, $6, $7)
  on conflict (alg, generation) do nothing
  returning kid`)
const LIST = statement('select * from signing_keys order by alg, generation')
const REVOKE = statement(`
  update signing_keys set revoked_at = $2, private_jwk = '' where kid = $1 and revoked_at is null
  returning kid`)
const DELETE_PRIVATE_KEY = statement(`update signing_keys set private_jwk = '' where kid = $1`)
const DELETE = statement('delete from signing_keys where kid = $1')
const DELETE_ALL = statement('delete from signing_keys returning kid')
const DELETE_SECRETS = statement('delete from sealed_secrets')
const FORGET_CLIENT_SECRETS = statement('update providers set client_secret = null')
const FORGET_REFRESH_TOKENS = statement('update identities set refresh_token = null')
const REENCRYPT_KEY = statement('update signing_keys set private_jwk = $2 where private_jwk = $1')
const REENCRYPT_SECRET = statement('update sealed_secrets set sealed = $2 where sealed = $1')
const INSERT_SECRET = statement('insert into sealed_secrets (name, sealed) values ($1, $2) on conflict (name) do nothing')
const FIND_SECRET = statement('select sealed from sealed_secrets where name = $1')

export function createKeys(driver: Driver): Keys {
  return {
    insert: ({ kid, alg, generation, publicJwk, encryptedPrivateJwk, createdAt, activeAt }, event) =>
      driver.write(
        unit(() =>
          runWithEvent(
            { statement: INSERT, parameters: [kid, alg, generation, publicJwk, encryptedPrivateJwk ?? '', createdAt, activeAt] },
            event,
          ),
        ),
      ),
    async list() {
      return (await driver.read(LIST, [])).map(toKey)
    },
    revoke: (kid, now, event) => driver.write(unit(() => runWithEvent({ statement: REVOKE, parameters: [kid, now] }, event))),
    async deletePrivateKey(kid) {
      await driver.write(single(DELETE_PRIVATE_KEY, kid))
    },
    async delete(kid) {
      await driver.write(single(DELETE, kid))
    },
    clear: (event) =>
      driver.write(
        unit(function* (): Unit<boolean> {
          yield* run(DELETE_SECRETS)
          yield* run(FORGET_CLIENT_SECRETS)
          yield* run(FORGET_REFRESH_TOKENS)
          return yield* runWithEvent({ statement: DELETE_ALL, parameters: [] }, event)
        }),
      ),
    getOrInsertSecret: (name, encrypted) => driver.write(unit(() => getOrInsertSecret(name, encrypted))),
    reencrypt: (before, after) =>
      driver.write(
        batch({ statement: REENCRYPT_KEY, parameters: [before, after] }, { statement: REENCRYPT_SECRET, parameters: [before, after] }),
      ),
  }
}

function* getOrInsertSecret(name: string, encrypted: string): Unit<string> {
  yield* run(INSERT_SECRET, name, encrypted)
  const [stored] = yield* run(FIND_SECRET, name)
  return text(stored!, 'sealed')
}

function toKey(row: Row): StoredKey {
  return {
    kid: text(row, 'kid'),
    alg: text(row, 'alg') as StoredKey['alg'],
    generation: instant(row, 'generation'),
    publicJwk: text(row, 'public_jwk'),
    encryptedPrivateJwk: text(row, 'private_jwk') || undefined,
    createdAt: instant(row, 'created_at'),
    activeAt: instant(row, 'active_at'),
    revokedAt: optionalInstant(row, 'revoked_at'),
  }
}
