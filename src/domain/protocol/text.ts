/** What a stranger's text may hold before a person reads it (threat-model.md T1). */

// Control, format (zero-width, bidirectional, tags) and default-ignorable characters (fillers, variation selectors), lone
// surrogates, and the Braille blank. White space is not among them: it separates words, and is folded.
const INVISIBLE = /(?!\s)[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** Strips what could hide or reorder text on a page, folds white space, and cuts to `max` characters. */
export function plainText(text: string, max: number): string {
  return [...text.replace(INVISIBLE, '').normalize('NFC').replace(/\s+/gu, ' ').trim()].slice(0, max).join('').trim()
}
