/** What a stranger's text may hold before a person reads it (THREATS T1). */

// Control characters, zero-width and bidirectional format characters, line separators, tag characters.
const INVISIBLE = /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu

/** Strips what could hide or reorder text on a page, folds white space, and cuts to `max` characters. */
export function plainText(text: string, max: number): string {
  return [...text.normalize('NFC').replace(/\s+/gu, ' ').replace(INVISIBLE, '').trim()].slice(0, max).join('').trim()
}
