/** The store of logins that are under way at a provider (threat-model.md T21): short-lived, and each counts once. */
import { json, text, instant } from '../rows.ts'
import { single, statement } from '../../driver.ts'
import type { Driver } from '../../driver.ts'
import type { ProviderAttempts } from '../../storage.ts'

const INSERT = statement(`
  insert into provider_attempts (handle_hash, browser_hash, provider_id, progress, expires_at) values ($1, $2, $3, $4, $5)`)
const TAKE = statement(`
  delete from provider_attempts where handle_hash = $1 and browser_hash = $2 and provider_id = $3 and expires_at > $4
  returning handle_hash, browser_hash, provider_id, progress, expires_at`)
const DELETE = statement('delete from provider_attempts where handle_hash = $1 and browser_hash = $2')

export function createProviderAttempts(driver: Driver): ProviderAttempts {
  return {
    async insert({ handleHash, browserHash, providerId, progress, expiresAt }) {
      await driver.write(single(INSERT, handleHash, browserHash, providerId, JSON.stringify(progress), expiresAt))
    },
    async take({ handleHash, browserHash, providerId }, now) {
      const [row] = await driver.write(single(TAKE, handleHash, browserHash, providerId, now))
      return (
        row && {
          handleHash: text(row, 'handle_hash'),
          browserHash: text(row, 'browser_hash'),
          providerId: text(row, 'provider_id'),
          progress: json(row, 'progress'),
          expiresAt: instant(row, 'expires_at'),
        }
      )
    },
    async delete({ handleHash, browserHash }) {
      await driver.write(single(DELETE, handleHash, browserHash))
    },
  }
}
