/** Questions in a terminal: a confirmation, or a new password. The answer to a secret one isn't shown. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { MIN_PASSWORD_LENGTH, parseNewPassword } from '../../domain/user/new-password.ts'
import { CommandRefused } from '../command.ts'
import type { Call } from '../command.ts'
import { isSet } from '../read-options.ts'

/** 130 is what shells make of Ctrl-C. */
const INTERRUPTED = 130

type Ask = (question: string, secret?: 'secret') => Promise<string>

/**
 * Has a person type the name of what goes for good, unless `--yes` was given.
 *
 * @param what they type: a name, an id
 * @throws {CommandRefused} if there is no terminal to ask in, or the answer is another one
 */
export async function confirm(call: Call, question: string, isRight: (answer: string) => boolean, what = 'name'): Promise<void> {
  if (isSet(call, 'yes')) return
  if (call.input.isTTY !== true) throw new CommandRefused('There is no terminal to ask for confirmation in: add --yes.')
  await withPrompt(call, async (ask) => {
    if (!isRight(await ask(question))) throw new CommandRefused(`The ${what} does not match; nothing was changed.`)
  })
}

/**
 * A new password: typed twice, or read from standard input. Never an argument, which other processes can see.
 *
 * @throws {CommandRefused} if there is none, or none that will do
 */
export async function readNewPassword(call: Call): Promise<string> {
  if (isSet(call, 'passwordStdin')) return checked((await text(call.input)).replace(/\r?\n$/, ''))
  if (call.input.isTTY !== true)
    throw new CommandRefused('There is no terminal to ask for the password in: pass it on standard input, with --password-stdin.')
  return withPrompt(call, async (ask) => {
    const password = checked(await ask(`New password (at least ${MIN_PASSWORD_LENGTH} characters, not shown): `, 'secret'))
    if ((await ask('The same again: ', 'secret')) !== password) throw new CommandRefused('The passwords differ; nothing was changed.')
    return password
  })
}

function checked(raw: string): string {
  const password = parseNewPassword(raw)
  if (password.ok) return password.value
  throw new CommandRefused(`The password must ${password.error}.`)
}

/** One prompt for all questions of a command, so that what was typed ahead isn't lost between them. */
async function withPrompt<T>({ input, errors }: Call, work: (ask: Ask) => Promise<T>): Promise<T> {
  let muted = false
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) errors.write(chunk as Buffer)
      done()
    },
  })
  const lines = createInterface({ input, output: echo, terminal: true, historySize: 0 })
  lines.on('SIGINT', () => lines.close())
  const answers = lines[Symbol.asyncIterator]()
  try {
    return await work(async (question, secret) => {
      errors.write(question)
      muted = secret === 'secret'
      const answer = await answers.next()
      muted = false
      if (secret === 'secret' || answer.done === true) errors.write('\n')
      if (answer.done === true) throw new CommandRefused('Cancelled; nothing was changed.', INTERRUPTED)
      return answer.value
    })
  } finally {
    lines.close()
  }
}
