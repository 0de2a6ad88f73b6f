/** Bytes to lines, of which few are in memory at a time. */
import { TextDecoder } from 'node:util'
import { Unreadable } from './format.ts'

/** Longer ones no export has, in characters: whatever this file is, it isn't read into memory as a whole. */
const MAX_LINE = 4 * 1024 * 1024

/** @throws {Unreadable} if it isn't text, or has a line that no export has */
export async function* readLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  for await (const chunk of input) {
    rest += typeof chunk === 'string' ? chunk : decode(decoder, chunk)
    const lines = rest.split('\n')
    rest = lines.pop()!
    if (rest.length > MAX_LINE) throw new Unreadable('it has a line that is too long for an export: name a file that export has written.')
    yield* lines
  }
  if (rest !== '') yield rest
}

function decode(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch {
    throw new Unreadable('it is no text: name a file that export has written.')
  }
}
