/** Second factors as a person uses them: an app that shows one-time codes, and a browser that answers for a passkey. */
import { Secret, TOTP } from 'otpauth'
import type { createAuthenticator, Lies } from './authenticator.ts'
import { passkeyFormOf } from './authenticator.ts'
import type { Arrival, Page, Person } from './person.ts'

/** The secret on a page that sets up one-time codes. */
export const secretOn = ({ html }: Page): string => /<code class="secret">([^<]*)</.exec(html)![1]!.replaceAll(' ', '')

/** What an app shows for a secret. */
export const codeOf = (secret: string, now: number): string => new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now })

/** Posts what a browser answers to the passkey form of a page. */
export function answerPasskey(person: Person, page: Page, credential: string, more: Record<string, string> = {}): Promise<Arrival> {
  const { action, fields } = passkeyFormOf(page.html)
  return person.submit({ ...page, form: { action, fields } }, { credential, ...more })
}

export const usePasskey = (person: Person, page: Page, authenticator: ReturnType<typeof createAuthenticator>, lies: Lies = {}) =>
  answerPasskey(person, page, authenticator.get(passkeyFormOf(page.html).options, lies))
