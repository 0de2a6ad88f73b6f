/** What an audit event is about, in words, for a line of a table. */
/** What says most, in this order; everything else comes after it. */
const FIRST = ['client_name', 'name', 'username', 'resource', 'token', 'action', 'error', 'description', 'redirect_uris']

/** `name: value; name: value`. What an update changed is `name: before -> after` (domain/audit/audit-details.ts). */
export function summarize({
  name: event,
  details,
}: {
  readonly name: string
  readonly details: Readonly<Record<string, unknown>>
}): string {
  const isUpdate = event.endsWith('.updated')
  const names = Object.keys(details).sort((a, b) => rank(a) - rank(b))
  return names
    .map((name) => {
      const value = details[name]
      const words = isUpdate && Array.isArray(value) ? value.map(inWords).join(' -> ') : inWords(value)
      return `${name.replaceAll('_', ' ')}: ${words}`
    })
    .join('; ')
}

const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)

function inWords(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.map(inWords).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
