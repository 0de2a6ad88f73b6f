/**
 * Mails that are sent after the browser has been answered: nobody learns from the time of an answer whether there is an account
 * (threat-model.md T14), nor waits for a mail server. Owns when and how often a mail is tried; a mail that waits is lost with the process,
 * because the database keeps no link that could be used.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify'
import pLimit from 'p-limit'
import { MailFailed } from '../../mail/mail-failed.ts'
import type { LinkMails } from '../../mail/link-mails.ts'
import type { LinkMail } from '../../mail/mails.ts'

export interface Outbox {
  /** Makes mails, and sends them, once the answer is sent. */
  post(reply: FastifyReply, makeMails: () => Promise<readonly LinkMail[]>): void
}

const AT_ONCE = 4
/** What waits beyond that is dropped: it can be asked for again. */
const MAX_WAITING = 500
/** When a mail is tried again, after an error that may pass, in ms. */
const RETRY_MS: readonly number[] = [5_000, 30_000, 120_000]
/** How long a server that stops waits for mails on their way, in ms. */
const FAREWELL_MS = 3_000

/** @param times for tests */
export function createOutbox(
  app: FastifyInstance,
  mails: Pick<LinkMails, 'send'>,
  { retryMs = RETRY_MS, farewellMs = FAREWELL_MS }: { readonly retryMs?: readonly number[]; readonly farewellMs?: number } = {},
): Outbox {
  const inTurn = pLimit(AT_ONCE)
  const stopping = new AbortController()
  const pending = new Set<Promise<void>>()

  app.addHook('onClose', async () => {
    stopping.abort()
    const farewell = new AbortController()
    const late = sleep(farewellMs, undefined, { signal: farewell.signal }).catch(() => undefined)
    await Promise.race([Promise.all(pending), late])
    farewell.abort()
  })

  async function deliver(mail: LinkMail, log: FastifyBaseLogger): Promise<void> {
    for (let tries = 0; ; tries++) {
      const wait = retryMs[tries]
      try {
        await inTurn(() => mails.send(mail))
        return log.info({ kind: mail.kind, username: mail.username }, 'mail sent')
      } catch (error) {
        const again = wait !== undefined && !stopping.signal.aborted && error instanceof MailFailed && error.isPassing
        log[again ? 'warn' : 'error']({ kind: mail.kind, username: mail.username }, `mail not sent: ${(error as Error).message}`)
        if (!again) return
        await sleep(wait, undefined, { signal: stopping.signal }).catch(() => undefined)
      }
    }
  }

  return {
    post(reply, makeMails) {
      const { log } = reply.request
      if (pending.size >= MAX_WAITING) return log.error('mail not sent: too many are waiting')
      const work = new Promise<void>((resolve) => reply.raw.once('close', resolve))
        .then(makeMails)
        .then((made) => Promise.all(made.map((mail) => deliver(mail, log))))
        .then(() => undefined)
        .catch((error: Error) => log.error({ err: error }, 'mail not sent'))
        .finally(() => pending.delete(work))
      pending.add(work)
    },
  }
}
