/**
 * Text that leaves for a terminal, a log or a file: nothing in it can steer a terminal, reorder a line, or pass for another line
 * (CWE-117, CWE-150; threat-model.md T1, T17). Strangers choose names, keys, addresses and what they type at a login.
 */

/** Control, format, tag and surrogate characters, and line separators. The two joiners stay, because emoji and Persian words need them. */
const HIDDEN = /(?![\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2065\u{E0000}-\u{E007F}]/gu
const HIDDEN_WITHIN_LINES = /(?![\n\u200C\u200D])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u2065\u{E0000}-\u{E007F}]/gu

/** One line of text. Each such character is replaced, so that people see that there was one. */
export const printable = (text: string): string => text.replace(HIDDEN, '\uFFFD')

/** The same for text of several lines. */
export const printableLines = (text: string): string => text.replace(HIDDEN_WITHIN_LINES, '\uFFFD')

/** JSON, whatever its strings hold: JSON itself escapes only what is below U+0020. */
export const printableJson = (value: unknown, space?: number): string => escapeHidden(JSON.stringify(value, undefined, space))

/** The same JSON with such characters escaped: what a program parses doesn't change. */
export const escapeHidden = (json: string): string =>
  json.replace(HIDDEN_WITHIN_LINES, (character) =>
    [...Array(character.length).keys()].map((unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`).join(''),
  )
