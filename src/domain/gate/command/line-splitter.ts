/** The lines of a program's output (stdio: one message each). */

export interface LineSplitter {
  /** The lines that end with this chunk; `undefined` once one is too long. */
  push(chunk: Buffer): string[] | undefined
}

/** @param most bytes of a line */
export function createLineSplitter(most: number): LineSplitter {
  let held: Buffer[] = []
  let size = 0
  return {
    push(chunk) {
      const lines: string[] = []
      let from = 0
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
        held.push(chunk.subarray(from, end))
        if (size + end - from > most) return undefined
        lines.push(Buffer.concat(held).toString())
        held = []
        size = 0
        from = end + 1
      }
      held.push(chunk.subarray(from))
      size += chunk.length - from
      return size > most ? undefined : lines
    },
  }
}
