/** Before something goes for good: a person types what it is called. */
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { openPrompt } from './prompt.ts'

/**
 * Asks, unless --yes was given.
 *
 * @param isRight whether an answer is the name that was asked for
 * @throws {CommandRefused} if there is no terminal to ask in, or the answer is another one
 */
export async function confirm(call: Call, question: string, isRight: (answer: string) => boolean): Promise<void> {
  if (call.options['yes'] === true) return
  if (call.input.isTTY !== true) throw new CommandRefused('There is no terminal to ask in whether you are sure: add --yes.')
  const prompt = openPrompt(call)
  try {
    if (!isRight(await prompt.ask(question))) throw new CommandRefused('That is not the name: nothing was changed.')
  } finally {
    prompt.close()
  }
}
