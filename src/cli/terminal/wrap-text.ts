/** Wraps a line of words to the width of a terminal: its further lines are indented, and only a word that is longer than a line is cut. */
import { widthOf } from './fit-widths.ts'

/**
 * @param columns of the terminal; undefined if there is none, and then nothing is wrapped
 * @param indent of the further lines, in columns
 */
export function wrapText(text: string, columns: number | undefined, indent: number): string {
  if (columns === undefined) return text
  const room = Math.max(columns - indent, 1)
  const lines: string[] = ['']
  for (const word of text.split(' ').flatMap((each) => cut(each, room))) {
    const line = lines.at(-1)!
    const isFirst = lines.length === 1
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= (isFirst ? columns : room)) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}

/** A word in pieces that fit. */
function cut(word: string, room: number): string[] {
  const pieces = ['']
  for (const letter of word) {
    const longer = pieces.at(-1)! + letter
    if (widthOf(longer) <= room) pieces[pieces.length - 1] = longer
    else pieces.push(letter)
  }
  return pieces
}
