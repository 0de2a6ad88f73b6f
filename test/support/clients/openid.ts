/** What tests of OpenID Connect say in a line: who arrives where, and with what. */
import type { Test } from 'tap'
import { ISSUER, injectFetch } from '../app.ts'
import { createConversation } from '../conversation.ts'
import { createPerson, wayBackOf } from '../people/person.ts'
import type { Person } from '../people/person.ts'

/** A conversation about an administrator who has an address. */
export async function createOpenIdConversation(t: Test) {
  const conversation = await createConversation(t, { env: { ADMIN_EMAIL: 'helen@example.com' } })
  const { app, authorizeUrl, clock } = conversation

  /** A person whose browser is new, or has been logged in and has consented. */
  async function newPerson({ loggedIn = false } = {}): Promise<Person> {
    const person = createPerson(ISSUER, injectFetch(app))
    if (loggedIn) await person.authorize(authorizeUrl())
    return person
  }

  /** Which page the person sees, or what the client receives. */
  async function arrival(person: Person, parameters: Record<string, string | undefined>): Promise<string> {
    const { page, away } = await person.open(authorizeUrl(parameters))
    if (page === undefined) return away.searchParams.get('error') ?? 'code'
    const offered = wayBackOf(page)?.searchParams.get('error')
    if (offered) return offered
    return /type="password"/.test(page.html) ? 'login' : /value="allow"/.test(page.html) ? 'consent' : 'account'
  }

  /** Runs with the clock moved on, and sets it back. */
  async function later(milliseconds: number, run: () => Promise<void>): Promise<void> {
    clock.now += milliseconds
    await run().finally(() => (clock.now -= milliseconds))
  }

  return { ...conversation, newPerson, arrival, later }
}
