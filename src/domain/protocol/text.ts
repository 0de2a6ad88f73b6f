/** Cleans texts from strangers before users read them (threat-model.md T1). */

// Control, format (zero-width, bidirectional, tags) and default-ignorable characters (fillers, variation selectors), lone
// surrogates, and the Braille blank. White space is not included: it separates words, and is folded.
const INVISIBLE = '(?!\\s)[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Default_Ignorable_Code_Point}\\u2800]'

const PICTURE = '\\p{Extended_Pictographic}[\\uFE0E\\uFE0F]?\\p{Emoji_Modifier}?'
/** Where such a character belongs to what is seen. */
const VISIBLE = [
  // The flags of England, Scotland and Wales.
  '\\u{1F3F4}\\u{E0067}\\u{E0062}(?:\\u{E0065}\\u{E006E}\\u{E0067}|\\u{E0073}\\u{E0063}\\u{E0074}|\\u{E0077}\\u{E006C}\\u{E0073})\\u{E007F}',
  // An emoji with its selector, and several that are joined to one.
  `${PICTURE}(?:\\u200D${PICTURE})*`,
  '[0-9#*]\\uFE0F?\\u20E3',
  // Persian and the scripts of India join and part letters by them.
  ...['Arabic', 'Syriac', 'Nko', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu', 'Kannada'].map(
    joined,
  ),
  ...['Malayalam', 'Sinhala', 'Khmer', 'Myanmar'].map(joined),
].join('|')

function joined(script: string): string {
  const letter = `(?:(?=\\p{Script=${script}})[\\p{L}\\p{M}])`
  return `(?<=${letter})[\\u200C\\u200D](?=${letter})`
}

const HIDDEN = new RegExp(`(${VISIBLE})|${INVISIBLE}`, 'gu')
/** More marks than these on one letter draw a column over the lines above and below. Two scripts need more than others. */
const STACKING = '[\\p{Script=Hebrew}\\p{Script=Tibetan}]'
const MARKS = marksAfter(2, `(?!${STACKING})[\\p{Mn}\\p{Me}]`)
const STACKED_MARKS = marksAfter(4, `(?=${STACKING})\\p{Mn}`)

function marksAfter(allowed: number, mark: string): RegExp {
  return new RegExp(`((?:${mark}){${allowed}})(?:${mark})+`, 'gu')
}

/** Strips characters that could hide, reorder or cover text on a page, folds white space, and cuts to `max` characters. */
export function plainText(text: string, max: number): string {
  const plain = visible(text).normalize('NFC').replace(MARKS, '$1').replace(STACKED_MARKS, '$1').replace(/\s+/gu, ' ').trim()
  // Once more, because the cut may have parted what was joined.
  return visible([...plain].slice(0, max).join('')).trim()
}

const visible = (text: string): string => text.replace(HIDDEN, (_, kept: string | undefined) => kept ?? '')
