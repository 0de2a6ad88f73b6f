/**
 * A browser in which somebody logged in before says so by a cookie, so that strangers who guess at the account don't lock its owner out
 * (threat-model.md T15). It is no login and no factor: it only has a limit of its own, and there it gains nothing that a stranger lacks
 * but attempts. It names no account: who reads the cookie can't say whose it is.
 */
import { isMac, mac } from '../protocol/mac.ts'
import type { MacKeys } from '../protocol/mac.ts'
import type { User } from './user.ts'

/** How long a browser is known after a login, in ms. */
export const KNOWN_FOR_MS = 180 * 86_400_000

/** Accounts that one browser is known for: those of its latest logins. */
const ACCOUNTS = 3

/** What an entry is signed over: with another password, or after the operator unlocked the account, it is void. */
type Account = Pick<User, 'id' | 'passwordHash' | 'browsersForgottenAt'>

const SEPARATOR = '~'

/** The id of the browser, if it is known for this account. */
export function knownBrowser(cookie: string, account: Account, keys: MacKeys, now: number): string | undefined {
  return entriesOf(cookie)
    .map((entry) => idOf(entry, account, keys, now))
    .find((id) => id !== undefined)
}

/**
 * The cookie after a login.
 *
 * @param newId for a browser that wasn't known for the account; a known one keeps its id, so that a login renews no attempts
 */
export function rememberAccount(cookie: string, account: Account, keys: MacKeys, now: number, newId: string): string {
  const id = knownBrowser(cookie, account, keys, now) ?? newId
  const others = entriesOf(cookie).filter((entry) => entry !== '' && idOf(entry, account, keys, now) === undefined)
  return [`${id}.${now}.${mac(keys[0], 'known browser', signedText(id, String(now), account))}`, ...others]
    .slice(0, ACCOUNTS)
    .join(SEPARATOR)
}

const entriesOf = (cookie: string): string[] => cookie.split(SEPARATOR, ACCOUNTS)

function idOf(entry: string, account: Account, keys: MacKeys, now: number): string | undefined {
  const [id = '', since = '', signature = ''] = entry.split('.')
  const valid = isMac(signature, keys, 'known browser', signedText(id, since, account)) && now - Number(since) < KNOWN_FOR_MS
  return valid ? id : undefined
}

/** The hash of a password has a random salt, so it changes with every change of the password. */
const signedText = (id: string, since: string, { id: userId, passwordHash, browsersForgottenAt = 0 }: Account): string =>
  JSON.stringify([id, since, userId, passwordHash, browsersForgottenAt])
