/** Usernames have one canonical form, so that no spelling gets around a limit (threat-model.md T15). */

/** NFKC, trimmed, in lower case. */
export function canonicalUsername(raw: string): string {
  return raw.normalize('NFKC').trim().toLowerCase()
}

/** Whether a canonical name is valid: 1 to 128 characters, without white space and invisible characters. */
export function isUsername(name: string): boolean {
  return /^[^\s\p{C}]{1,128}$/u.test(name)
}

/** What attempts at an account are counted under. */
export const accountAttempts = (username: string): string => `account:${username}`

/** What keeps, until the next login, that the factors of a user have changed. */
export const factorChanges = (userId: string): string => `factors:${userId}`
