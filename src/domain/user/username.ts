/** Names that people log in with: one canonical form, so that no spelling gets around a limit (threat-model.md T15). */

/** NFKC, trimmed, lower case. */
export function canonicalUsername(raw: string): string {
  return raw.normalize('NFKC').trim().toLowerCase()
}

/** Whether a canonical name can be given to a user: 1 to 128 characters, no white space, nothing invisible. */
export function isUsername(name: string): boolean {
  return /^[^\s\p{C}]{1,128}$/u.test(name)
}
