/** Values out of documents that strangers write. Nothing here throws, whatever they hold. */

/** In characters. */
const MAX_SHOWN = 300

/** A value as a report shows it: JSON, cut where it is long. `undefined` is absent. */
export function shown(value: unknown): string {
  if (value === undefined) return 'absent'
  const text = stringify(value)
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`
}

/** JSON.parse reads what is nested deeper than JSON.stringify can write. */
function stringify(value: unknown): string {
  try {
    return String(JSON.stringify(value))
  } catch {
    return 'a value that is nested too deeply'
  }
}

/** The strings of a list; none if it isn't a list. */
export const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : []
