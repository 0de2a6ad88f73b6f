/** A new password: typed twice in a terminal, or read from standard input. Never an argument, which other processes can see. */
import { text } from 'node:stream/consumers'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { openPrompt } from './prompt.ts'

/** NIST SP 800-63B section 5.1.1.2: at least 8 characters, and no rules on which. */
const MIN_LENGTH = 8
/** As many as the login form takes. */
const MAX_LENGTH = 1024

/** @throws {CommandRefused} if there is none, or it is too short or too long */
export async function readNewPassword(call: Call): Promise<string> {
  if (call.options['password-stdin'] === true) return judge((await text(call.input)).replace(/\r?\n$/, ''))
  if (call.input.isTTY !== true)
    throw new CommandRefused('There is no terminal to ask for the password in: give it on standard input, with --password-stdin.')
  const prompt = openPrompt(call)
  try {
    const password = judge(await prompt.askSecret(`New password (at least ${MIN_LENGTH} characters, not shown): `))
    if ((await prompt.askSecret('The same again: ')) !== password)
      throw new CommandRefused('The two are not the same: nothing was changed.')
    return password
  } finally {
    prompt.close()
  }
}

function judge(password: string): string {
  const { length } = [...password]
  if (length < MIN_LENGTH) throw new CommandRefused(`The password must have at least ${MIN_LENGTH} characters; this one has ${length}.`)
  if (password.length > MAX_LENGTH) throw new CommandRefused(`The password must have at most ${MAX_LENGTH} characters.`)
  if (/[\r\n]/.test(password)) throw new CommandRefused('The password must be one line.')
  return password
}
