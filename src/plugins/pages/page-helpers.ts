/** The Handlebars engine of the pages: its helpers and partials. Owns how text becomes markup: always escaped. */
import { readdirSync, readFileSync } from 'node:fs'
import Handlebars from 'handlebars'
import { renderSVG } from 'uqr'
import type { ErrorAdvice, ErrorCause } from '../../domain/language/error-causes.ts'
import type { Sentence } from './console-models.ts'
import { fill, shown } from './page-language.ts'
import type { Language, Languages } from './page-language.ts'

type Options = { hash: Record<string, unknown>; data: { lang: Language } }

/** `{{t 'key' name=value}}`: a sentence. Handlebars escapes what it returns. */
const textIn =
  ({ translate }: Languages) =>
  (key: string, { hash, data }: Options): string =>
    translate(data.lang, key, hash)

/**
 * `{{rich 'key' name=value}}`: a sentence whose values stand out. Each is isolated (`bdi`), since a name in a
 * right-to-left script, or one that pretends to be, would turn the rest of the sentence around.
 */
const richTextIn =
  ({ sentence }: Languages) =>
  (key: string, { hash, data }: Options): Handlebars.SafeString => {
    const { escapeExpression } = Handlebars
    const html = fill(
      escapeExpression(sentence(data.lang, key)),
      (name) => `<bdi class="value">${escapeExpression(shown(hash, name))}</bdi>`,
    )
    return new Handlebars.SafeString(html)
  }

/** `{{say sentence}}`: one whose key is data of the page. */
const sayIn =
  ({ translate }: Languages) =>
  ({ key, values = {} }: Sentence, { data }: Options): string =>
    translate(data.lang, key, values)

/** How much of a list of permissions is seen at once. One more is shown rather than folded away. */
const SEEN = 6
const seenOf = (list: readonly unknown[]): number => (list.length > SEEN + 1 ? SEEN : list.length)

/** The kinds of trouble that the error page has a heading for. */
export const errorKinds = ['missing', 'busy', 'server', 'request', 'waiting', 'barred'] as const

/** `{{errorKind status cause}}`: the kind of trouble. */
export function errorKind(status: number, cause: ErrorCause): (typeof errorKinds)[number] {
  if (cause === 'waiting') return 'waiting'
  if (cause === 'unlisted' || cause === 'refused') return 'barred'
  if (status === 404 || status === 405) return 'missing'
  if (status === 429 || status === 503) return 'busy'
  return status >= 500 ? 'server' : 'request'
}

/** An engine with its own helpers and partials, so that two apps in one process can't disturb each other. */
export function createEngine(languages: Languages): typeof Handlebars {
  const engine = Handlebars.create()
  engine.registerHelper({
    t: textIn(languages),
    rich: richTextIn(languages),
    say: sayIn(languages),
    errorKind,
    asksOperator: (advice: ErrorAdvice) => ['contact', 'ask', 'approval', 'strengthen'].includes(advice),
    qr: (text: string) => new Handlebars.SafeString(renderSVG(text)),
    seen: (list: unknown[]) => list.slice(0, seenOf(list)),
    folded: (list: unknown[]) => list.slice(seenOf(list)),
    several: (list: unknown[]) => list.length > 1,
    eq: (a: unknown, b: unknown) => a === b,
    join: (...parts: unknown[]) => parts.slice(0, -1).join(''),
    isHttps: (uri: unknown) => typeof uri === 'string' && /^https:\/\//i.test(uri),
  })
  const folder = new URL('../../templates/partials/', import.meta.url)
  // Without the last newline, since some are within a sentence.
  for (const file of readdirSync(folder))
    engine.registerPartial(file.replace(/\.hbs$/, ''), readFileSync(new URL(file, folder), 'utf8').trimEnd())
  return engine
}
