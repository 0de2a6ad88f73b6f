/** How a provider says that somebody logged in, in our words: by this table only (RFC 8176 section 2). */

/** `pop` isn't among them: that a key can't be phished is for our own passkeys to say. */
const TAKEN: readonly string[] = ['pwd', 'otp', 'mfa', 'hwk', 'swk', 'sms', 'pin', 'user', 'sc']

export const takenMethods = (amr: readonly string[]): string[] => TAKEN.filter((each) => amr.includes(each))
