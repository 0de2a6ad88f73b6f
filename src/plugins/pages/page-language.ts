/** The languages of the pages. Owns which one a person gets, and its sentences; no markup. */
import { readFileSync } from 'node:fs'

export const languages = ['en', 'ko'] as const
export type Language = (typeof languages)[number]

const read = (language: Language): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(
      JSON.parse(readFileSync(new URL(`../../templates/locales/${language}.json`, import.meta.url), 'utf8')) as Record<string, string>,
    ),
  )

const messages: Record<Language, ReadonlyMap<string, string>> = { en: read('en'), ko: read('ko') }

/**
 * The first language we speak among the tags of `ui_locales` (OpenID Connect Core section 3.1.2.1).
 * @param uiLocales language tags (RFC 5646), separated by spaces, the preferred first; unknown and malformed ones are skipped
 * @returns undefined if none fits
 */
export function matchUiLocales(uiLocales: string): Language | undefined {
  for (const tag of uiLocales.toLowerCase().split(' ')) {
    const found = languages.find((language) => tag === language || tag.startsWith(`${language}-`))
    if (found !== undefined) return found
  }
  return undefined
}

/**
 * A sentence in a language. Names in braces are replaced by the values; the result is text, not markup.
 * A sentence that is missing falls back to English, then to its key: a page with a gap is better than none (a test finds gaps).
 */
export function translate(language: Language, key: string, values: Record<string, unknown> = {}): string {
  return fill(sentence(language, key), (name) => shown(values, name))
}

/** A value of a sentence as text: nothing where a page forgot it. */
export const shown = (values: Readonly<Record<string, unknown>>, name: string): string => String(values[name] ?? '')

/** The sentence as the locale file has it, names in braces. */
export function sentence(language: Language, key: string): string {
  return messages[language].get(key) ?? messages.en.get(key) ?? key
}

/** Replaces each `{name}` of a sentence, once, left to right: values that hold braces are not looked at again. */
export function fill(text: string, value: (name: string) => string): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => value(name))
}
