/**
 * Where a member is within a JSON text, so that it alone is replaced: numbers of any size, the order of members and every other byte of a
 * message stay as they are. The text must be JSON.
 */

export interface Span {
  readonly from: number
  readonly to: number
}

const SPACE = /[ \t\r\n]*/y
const PLAIN = /[^\s,:\]}]+/y

function after(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  pattern.exec(text)
  return pattern.lastIndex
}

/** @param at the opening quotation mark */
function afterString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end + 1
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}

/** @param at the first character of a value */
function afterValue(text: string, at: number): number {
  if (text[at] === '"') return afterString(text, at)
  if (text[at] !== '{' && text[at] !== '[') return after(PLAIN, text, at)
  let depth = 0
  const mark = /["{}[\]]/g
  mark.lastIndex = at
  for (;;) {
    const { index, 0: found } = mark.exec(text)!
    if (found === '"') mark.lastIndex = afterString(text, index)
    else if (found === '{' || found === '[') depth++
    else if (--depth === 0) return index + 1
  }
}

/** The values within an object or an array, with their names. */
function* within(text: string, { from }: Span): Generator<Span & { readonly name: string | undefined }> {
  const isObject = text[from] === '{'
  let at = after(SPACE, text, from + 1)
  while (text[at] !== '}' && text[at] !== ']') {
    let name: string | undefined
    if (isObject) {
      const end = afterString(text, at)
      name = JSON.parse(text.slice(at, end)) as string
      at = after(SPACE, text, after(SPACE, text, end) + 1) // beyond the colon
    }
    const to = afterValue(text, at)
    yield { name, from: at, to }
    at = after(SPACE, text, to)
    if (text[at] === ',') at = after(SPACE, text, at + 1)
  }
}

const whole = (text: string): Span => ({ from: after(SPACE, text, 0), to: text.length })

/** The value at a path of members. Of repeated ones the last counts, as for `JSON.parse`. */
export function findSpan(text: string, path: readonly string[]): Span | undefined {
  let span: Span | undefined = whole(text)
  for (const member of path) {
    if (span === undefined || text[span.from] !== '{') return undefined
    let found: Span | undefined
    for (const { name, from, to } of within(text, span)) if (name === member) found = { from, to }
    span = found
  }
  return span
}

/** The text with the value at a path replaced; unchanged if there is none. */
export function replaceAt(text: string, path: readonly string[], value: string): string {
  const span = findSpan(text, path)
  return span === undefined ? text : text.slice(0, span.from) + value + text.slice(span.to)
}

/** The value at a path, as it is written. */
export function textAt(text: string, path: readonly string[]): string | undefined {
  const span = findSpan(text, path)
  return span && text.slice(span.from, span.to)
}

/** The elements of an array as they are written; anything else is the only one. */
export function elementsOf(text: string): string[] {
  const span = whole(text)
  return text[span.from] === '[' ? [...within(text, span)].map(({ from, to }) => text.slice(from, to)) : [text]
}
