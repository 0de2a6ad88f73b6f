/** Questions in a terminal. What is typed as an answer to a secret one isn't shown. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { CommandRefused } from './command.ts'
import type { Call } from './command.ts'

export interface Prompt {
  ask(question: string): Promise<string>
  askSecret(question: string): Promise<string>
  close(): void
}

/** 130 is what shells make of Ctrl-C. */
const INTERRUPTED = 130

/** One for all questions of a command: what was typed ahead isn't lost between them. */
export function openPrompt({ input, errors }: Pick<Call, 'input' | 'errors'>): Prompt {
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

  async function ask(question: string, secret: boolean): Promise<string> {
    errors.write(question)
    muted = secret
    const answer = await answers.next()
    muted = false
    if (secret || answer.done === true) errors.write('\n')
    if (answer.done === true) throw new CommandRefused('Cancelled: nothing was changed.', INTERRUPTED)
    return answer.value
  }

  return {
    ask: (question) => ask(question, false),
    askSecret: (question) => ask(question, true),
    close: () => lines.close(),
  }
}
