/** Instants as pages say them: in the language of the page, and in UTC, since the server knows nobody's time zone. */

export function momentIn(language: string): (at: number) => string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return (at) => `${format.format(at)} UTC`
}
