/** Notices that what a command prints is lost: otherwise a full disk would end it with a stack trace. */
import type { Terminal } from '../command.ts'

/**
 * @returns waits until all is written, then returns a sentence if some of it was lost; none if the reader has gone, as `head` does
 */
export function watchOutput(output: Terminal): () => Promise<string | undefined> {
  let problem: NodeJS.ErrnoException | undefined
  output.on('error', (error) => (problem ??= error))
  return async () => {
    await new Promise<void>((resolve) => output.write('', () => resolve()))
    // The event comes after the callback.
    await new Promise((resolve) => setImmediate(resolve))
    if (problem === undefined || problem.code === 'EPIPE') return undefined
    return `Standard output can't be written (${problem.message.split(',', 1)[0]}): some of it is lost.`
  }
}
