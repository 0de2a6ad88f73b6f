/** What an operator should know about passkeys, although the server starts. */
import { rpIdOf } from '../domain/user/passkeys.ts'
import type { Config } from '../config/config.ts'
import type { Storage } from '../storage/storage.ts'

/** Browsers keep a passkey for one host. */
export async function warningsAboutPasskeys({ factors }: Pick<Storage, 'factors'>, { issuer }: Pick<Config, 'issuer'>): Promise<string[]> {
  if (!(await factors.hasPasskeysOfOthers(rpIdOf(issuer) ?? ''))) return []
  return [
    `Some passkeys were made for another host than that of ${issuer}, and don't work here: has ISSUER changed? ` +
      'Their owners log in another way and add new ones, or need "user reset-factors" and "user factor-link".',
  ]
}
