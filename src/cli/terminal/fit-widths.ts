/** Chooses the widths of a table's columns, so that it fits a terminal: what is too long is wrapped in its cell. */

/** A column isn't made narrower than this, in letters. */
const MIN = 8
/** Blanks on both sides of a cell. */
const PADDING = 2

/**
 * @param columns of the terminal; undefined if there is none, and then nothing is wrapped
 * @returns the widths, where some have to be smaller than their texts
 */
export function fitWidths(rows: readonly (readonly string[])[], columns: number | undefined): { colWidths?: number[] } {
  if (columns === undefined) return {}
  const wanted = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, column) =>
    Math.max(...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  let room = columns - (wanted.length + 1) - wanted.length * PADDING
  if (wanted.reduce((sum, width) => sum + width, 0) <= room) return {}
  // The narrow columns get what they want, and the others share what is left.
  const widths: number[] = []
  const narrowFirst = wanted.map((width, column) => ({ width, column })).sort((a, b) => a.width - b.width)
  narrowFirst.forEach(({ width, column }, index) => {
    const share = Math.floor(room / (wanted.length - index))
    widths[column] = Math.min(width, Math.max(share, MIN))
    room -= widths[column]
  })
  return { colWidths: widths.map((width) => width + PADDING) }
}

/** Of its longest line, in columns of a terminal: the letters of Chinese, Japanese and Korean take two. */
export function widthOf(text: string): number {
  const lines = text.split('\n').map((line) => [...line].reduce((sum, letter) => sum + (WIDE.test(letter) ? 2 : 1), 0))
  return Math.max(...lines)
}

const WIDE = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60\p{Extended_Pictographic}]/u
