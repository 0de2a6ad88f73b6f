/** Holds a server against a journal: what clients were told must be true, and nothing may have happened twice. */
import type { Client, Cookies, Customers, Outcome } from './customers.ts'
import type { Journal } from './journal.ts'
import { readLedger } from './ledger.ts'
import type { Family } from './ledger.ts'
import type { Seeded } from './seeded.ts'

/** Sentences, one for each thing that isn't as it must be. */
export interface Findings {
  /** A client was told so, and it isn't so. */
  readonly lost: string[]
  /** What may happen once did once more. */
  readonly twice: string[]
  /** How many things were looked at. */
  checks: number
}

/** Checks made at the same time. */
const PORTION = 16
/** Of the families, how many see their code replayed, which ends them; and of the clients, how many are authorized again. */
const REPLAYED_SHARE = 0.4
const AGAIN_SHARE = 0.2

/**
 * Checks what the journal tells of from line `since` on; its own steps are journaled, too.
 *
 * @returns the line from which the next proof goes on
 */
export async function prove(customers: Customers, journal: Journal, random: Seeded, findings: Findings, since: number): Promise<number> {
  const lines = journal.read()
  const { clients, sessions, allowed, families } = readLedger(lines)
  const told = readLedger(lines.slice(since).filter((line) => line.step === 'register' || line.step === 'login'))
  const [session] = sessions
  const again = told.clients.filter(({ clientId }) => allowed.has(clientId) && random.chance(AGAIN_SHARE))

  await together(told.clients, (client) => authenticates(client))
  if (clients.length > 0)
    await together(told.sessions, (cookies) =>
      isLoggedIn(
        cookies,
        clients.find(({ clientId }) => allowed.has(clientId)),
      ),
    )
  if (session !== undefined) await together(again, (client) => isLoggedIn(session, client))
  await together(
    families.filter(({ line }) => line >= since),
    (family) => holds(family, random.chance(REPLAYED_SHARE)),
  )
  return lines.length

  async function authenticates(client: Client): Promise<void> {
    const outcome = await customers.refresh(client, 'unknown')
    expect('lost', 'a registered client', outcome, !outcome.ok && outcome.error === 'invalid_grant')
  }

  async function isLoggedIn(cookies: Cookies, client: Client | undefined): Promise<void> {
    if (client === undefined) return
    const outcome = await customers.authorizeSilently(cookies, client)
    expect('lost', 'a session, or a consent', outcome, outcome.ok)
  }

  async function holds(family: Family, replays: boolean): Promise<void> {
    const { client, code, token, exchanged } = family
    if (exchanged !== 'yes') {
      const outcome = await customers.exchange(client, code)
      expect('lost', 'a code', outcome, outcome.ok || (exchanged === 'maybe' && outcome.error === 'invalid_grant'))
    } else if (family.revoked !== 'no' || family.replayed) {
      if (token === undefined) return
      const outcome = await customers.refresh(client, token)
      const dead = !outcome.ok && outcome.error === 'invalid_grant'
      expect('lost', 'a revocation', outcome, dead || (family.revoked === 'maybe' && outcome.ok))
    } else if (token !== undefined && !replays) {
      const outcome = await customers.refresh(client, token)
      expect('lost', 'a refresh token', outcome, outcome.ok)
    } else {
      const outcome = await customers.exchange(client, code)
      expect(outcome.ok ? 'twice' : 'lost', 'a redeemed code', outcome, !outcome.ok && outcome.error === 'invalid_grant')
    }
  }

  function expect(kind: 'lost' | 'twice', what: string, outcome: Outcome<unknown>, right: boolean): void {
    findings.checks++
    if (!right) findings[kind].push(`${what}: ${outcome.ok ? 'it works' : `${outcome.status} ${outcome.error}`}`)
  }
}

async function together<T>(things: readonly T[], check: (thing: T) => Promise<void>): Promise<void> {
  for (let begin = 0; begin < things.length; begin += PORTION) await Promise.all(things.slice(begin, begin + PORTION).map(check))
}
