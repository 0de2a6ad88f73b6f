/** The store of signing keys, private parts encrypted by the caller. */
import type { StoredKey } from '../domain/records.ts'
import { single, statement } from './driver.ts'
import type { Driver } from './driver.ts'
import { instant, text } from './rows.ts'
import type { Keys } from './storage.ts'

const INSERT = statement(`
  insert into signing_keys (kid, alg, generation, public_jwk, private_jwk, created_at) values ($1, $2, $3, $4, $5, $6)
  on conflict (alg, generation) do nothing
  returning kid`)
const LIST = statement('select * from signing_keys order by alg, generation')

export function createKeys(driver: Driver): Keys {
  return {
    async insert({ kid, alg, generation, publicJwk, encryptedPrivateJwk, createdAt }) {
      return (await driver.write(single(INSERT, kid, alg, generation, publicJwk, encryptedPrivateJwk, createdAt))).length === 1
    },
    async list() {
      return (await driver.read(LIST, [])).map((row) => ({
        kid: text(row, 'kid'),
        alg: text(row, 'alg') as StoredKey['alg'],
        generation: instant(row, 'generation'),
        publicJwk: text(row, 'public_jwk'),
        encryptedPrivateJwk: text(row, 'private_jwk'),
        createdAt: instant(row, 'created_at'),
      }))
    },
  }
}
