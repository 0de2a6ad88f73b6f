/**
 * Where a long list goes on: the key of its last record, as opaque text. It is data that statements bind as parameters, never a part of
 * one; a caller that changes it begins elsewhere in a list that it may read.
 */

type Key = readonly (string | number)[]

export const formatCursor = (key: Key): string => Buffer.from(JSON.stringify(key)).toString('base64url')

/** The key; `undefined` if the text isn't a cursor of this kind. `shape`: an example of the key. */
export function parseCursor<T extends Key>(text: string, shape: T): T | undefined {
  let key: unknown
  try {
    key = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
  const fits = Array.isArray(key) && key.length === shape.length && shape.every((example, at) => isLike(example, (key as unknown[])[at]))
  return fits ? (key as unknown as T) : undefined
}

const isLike = (example: string | number, value: unknown): boolean =>
  typeof example === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && !value.includes('\0')
