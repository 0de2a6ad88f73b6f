/** Splits bytes into lines, with only a few lines in memory at a time. */
import { TextDecoder } from 'node:util'
import { Unreadable } from './format.ts'

/** Longest line of an export, in characters. The limit keeps other files from filling the memory. */
const MAX_LINE = 4 * 1024 * 1024

/** @throws {Unreadable} if it isn't UTF-8, or has a line that is too long */
export async function* readLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decode(decoder, chunk)
    const lines = rest.split('\n')
    rest = lines.pop()!
    if (rest.length > MAX_LINE) throw new Unreadable('it has a line that is too long for an export: name a file that export wrote.')
    yield* lines
  }
  if (rest !== '') yield rest
}

function decode(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch {
    throw new Unreadable('it is not text: name a file that export wrote.')
  }
}
