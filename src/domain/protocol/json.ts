/** JSON from others, whose members aren't validated yet. */

export type JsonObject = Readonly<Record<string, unknown>>

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `undefined` if the text isn't a JSON object, or holds half a character. */
export function parseJsonObject(text: string): JsonObject | undefined {
  if (holdsHalfCharacter(text)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a string in a JSON text has half of a surrogate pair (RFC 8259 section 8.2): it isn't Unicode, so that no URL can hold it. It
 * can only be there as an escape, because no UTF-8 decodes to it.
 */
export function holdsHalfCharacter(json: string): boolean {
  if (!json.includes('\\u')) return false
  // Without all other escapes (an escaped backslash may stand before a `u`), and without the pairs that are whole.
  const rest = json.replace(/\\[^u]/g, ' ').replace(/\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}/gi, ' ')
  return /\\ud[89a-f]/i.test(rest)
}
