/** Cleans texts from strangers before users read them (threat-model.md T1). */

// Control, format (zero-width, bidirectional, tags) and default-ignorable characters (fillers, variation selectors), lone
// surrogates, and the Braille blank. White space is not included: it separates words, and is folded.
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Strips characters that could hide or reorder text on a page, folds white space, and cuts to `max` characters. */
export function plainText(text: string, max: number): string {
  return [...text.replace(INVISIBLE, '').normalize('NFC').replace(/\s+/gu, ' ').trim()].slice(0, max).join('').trim()
}
