// When a mail is tried again, and when it isn't.
import { EventEmitter, once } from 'node:events'
import Fastify from 'fastify'
import type { FastifyReply } from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { MailFailed } from '#src/mail/mail-failed.ts'
import type { LinkMail } from '#src/mail/mails.ts'
import { createOutbox } from '#src/plugins/links/outbox.ts'

const MAIL: LinkMail = { kind: 'reset', to: 'a@b.example', url: 'https://x/', expiresAt: 1, languages: [] }

/** @param outcomes of each try; an error is thrown */
function start(t: Test, outcomes: readonly (Error | undefined)[], retryMs = [1, 1, 1]) {
  const app = Fastify()
  t.teardown(() => app.close())
  const lines: string[] = []
  const done = new EventEmitter()
  const log = Object.fromEntries(
    ['info', 'warn', 'error'].map((level) => [
      level,
      (about: unknown, text = String(about)) => {
        lines.push(`${level}: ${text}`)
        done.emit(`a ${level}`)
      },
    ]),
  )
  let tries = 0
  const send = async () => {
    const outcome = outcomes[tries++]
    if (outcome !== undefined) throw outcome
  }
  const outbox = createOutbox(app, { send }, { retryMs, farewellMs: 10 })
  /** Posts a mail, and ends the answer. */
  const post = (makeMails: () => Promise<readonly LinkMail[]> = async () => [MAIL]) => {
    const raw = new EventEmitter()
    outbox.post({ raw, request: { log } } as unknown as FastifyReply, makeMails)
    raw.emit('close')
  }
  return { app, lines, done, post, tries: () => tries }
}

const passing = new MailFailed('unreachable', true)

t.test('a mail goes after an error that passes', async (t) => {
  const { post, done, lines, tries } = start(t, [passing, passing, undefined])
  post()
  await once(done, 'a info')
  t.equal(tries(), 3)
  const warning = 'warn: mail not sent: the mail server (SMTP_URL) is unreachable'
  t.strictSame(lines, [warning, warning, 'info: mail sent'])
})

t.test('a mail is given up after four tries, and at once after an error that stays', async (t) => {
  for (const [outcome, count] of [
    [passing, 4],
    [new MailFailed('sender', false, '550 no'), 1],
    [new Error('a defect'), 1],
  ] as const) {
    const { post, done, tries } = start(
      t,
      Array.from({ length: 9 }, () => outcome),
    )
    post()
    await once(done, 'a error')
    t.equal(tries(), count)
  }
})

t.test('a server that stops doesn’t wait for a mail that failed', async (t) => {
  const { app, post, done, tries } = start(t, [passing, passing], [60_000])
  post()
  await once(done, 'a warn')
  await app.close()
  t.equal(tries(), 2, 'but tries it once more')
})

t.test('what can’t be made is in the log, and so is what is too much', async (t) => {
  const { post, done, lines } = start(t, [])
  post(() => Promise.reject(new Error('the database is away')))
  await once(done, 'a error')
  t.strictSame(lines, ['error: mail not sent'])
  for (let count = 0; count <= 500; count++) post(() => new Promise(() => undefined))
  t.strictSame(lines.at(-1), 'error: mail not sent: too many are waiting')
})
