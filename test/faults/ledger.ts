/** What a journal says that must be true now. Pure, and the only reader of its lines. */
import type { Client, Cookies } from './customers.ts'
import type { Answer, Intent, Line, Step } from './journal.ts'

/** `maybe`: it was asked for, and nobody knows whether it happened. */
export type Happened = 'no' | 'maybe' | 'yes'

/** A code and all that came of it. */
export interface Family {
  readonly client: Client
  readonly code: string
  exchanged: Happened
  /** How often the code brought tokens: once is right. */
  exchanges: number
  /** The newest refresh token that was answered. */
  token: string | undefined
  revoked: Happened
  /** The code was shown again after it had been exchanged: the family is dead. */
  replayed: boolean
  /** The last line about it. */
  line: number
}

export interface Ledger {
  readonly clients: readonly Client[]
  /** Cookies of people who are logged in. */
  readonly sessions: readonly Cookies[]
  /** Clients that the person has allowed. */
  readonly allowed: ReadonlySet<string>
  readonly families: readonly Family[]
  /** Steps that were sent, with or without an answer: nothing may have happened more often. */
  readonly sent: Readonly<Record<Step, number>>
  readonly answers: number
  /** Steps that were sent and never answered, not even by a refusal. */
  readonly unanswered: number
}

export function readLedger(lines: readonly Line[]): Ledger {
  const clients = new Map<string, Client>()
  const sessions: Cookies[] = []
  const allowed = new Set<string>()
  const byCode = new Map<string, Family>()
  const byToken = new Map<string, Family>()
  const intents = new Map<number, Intent>()
  const sent = { login: 0, register: 0, authorize: 0, exchange: 0, refresh: 0, revoke: 0 }
  const open = new Set<number>()
  let answers = 0

  function familyOf(intent: Intent): Family | undefined {
    if (intent.step === 'exchange') return byCode.get(intent.intent.code)
    return intent.step === 'refresh' || intent.step === 'revoke' ? byToken.get(intent.intent.token) : undefined
  }

  function noteIntent(line: Intent): void {
    intents.set(line.n, line)
    open.add(line.n)
    sent[line.step]++
    const family = familyOf(line)
    if (family === undefined) return
    if (line.step === 'revoke') family.revoked = 'maybe'
    if (line.step !== 'exchange') return
    if (family.exchanged === 'yes') family.replayed = true
    else family.exchanged = 'maybe'
  }

  function noteAnswer(line: Answer, intent: Intent, family: Family | undefined, index: number): void {
    answers++
    switch (line.step) {
      case 'login':
        sessions.push(line.answer.cookies)
        break
      case 'register':
        clients.set(line.answer.clientId, line.answer)
        break
      case 'authorize': {
        const { clientId } = intent.intent as { clientId: string }
        allowed.add(clientId)
        const { code } = line.answer
        byCode.set(code, {
          client: clients.get(clientId)!,
          code,
          exchanged: 'no',
          exchanges: 0,
          token: undefined,
          revoked: 'no',
          replayed: false,
          line: index,
        })
        break
      }
      case 'exchange':
        Object.assign(family!, { exchanged: 'yes', exchanges: family!.exchanges + 1, token: line.answer.token })
        byToken.set(line.answer.token, family!)
        break
      case 'refresh':
        family!.token = line.answer.token
        if (family!.revoked === 'maybe') family!.revoked = 'no' // the revocation under way didn't happen
        byToken.set(line.answer.token, family!)
        break
      case 'revoke':
        family!.revoked = 'yes'
    }
  }

  /** What is refused once and for all has happened before: only that its answer never arrived. */
  function noteRefusal(family: Family | undefined): void {
    if (family?.exchanged === 'maybe') family.exchanged = 'yes'
    if (family?.revoked === 'maybe') family.revoked = 'yes'
  }

  lines.forEach((line, index) => {
    if ('intent' in line) noteIntent(line)
    const intent = intents.get(line.n)!
    const family = familyOf(intent)
    if (!('intent' in line)) open.delete(line.n)
    if ('answer' in line) noteAnswer(line, intent, family, index)
    if ('refused' in line) noteRefusal(family)
    if (family !== undefined) family.line = index
  })
  return { clients: [...clients.values()], sessions, allowed, families: [...byCode.values()], sent, answers, unanswered: open.size }
}
