/** Whether somebody is sure: asked in a terminal, answered by `--yes` elsewhere. */
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'
import { openPrompt } from './prompt.ts'

/**
 * @param question what would go, to be followed by what to type
 * @param isName whether an answer names what the person meant
 * @throws {CommandRefused} if there is nobody to ask, or the answer is another
 */
export async function confirm(call: Call, question: string, isName: (answer: string) => boolean): Promise<void> {
  if (call.options['yes'] === true) return
  if (call.input.isTTY !== true) throw new CommandRefused('There is no terminal to ask in whether you are sure: add --yes.')
  const prompt = openPrompt(call)
  try {
    if (!isName(await prompt.ask(`${question} Type the name to confirm: `))) throw new CommandRefused('That is not the name: nothing was changed.')
  } finally {
    prompt.close()
  }
}
