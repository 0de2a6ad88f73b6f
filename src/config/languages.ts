/** The languages of pages and mails: those that ship, and those that the operator adds. Owns which one a person gets, and its sentences; no markup. */
import { shippedLocales } from './settings/locales.ts'
import type { Locales } from './settings/locales.ts'
import { matchLanguage } from '../domain/language/language-ranges.ts'
import { usableMessages } from '../domain/language/messages.ts'
import type { Messages } from '../domain/language/messages.ts'

/** A language tag (RFC 5646). */
export type Language = string

export interface Languages {
  readonly tags: readonly Language[]
  /** @param ranges language ranges (RFC 4647), the preferred one first; English if none fits */
  choose(ranges: readonly string[]): Language
  /** The sentence as its file has it, names in braces; in English, then its key, where it is missing: a page with a gap is better than none. */
  sentence(language: Language, key: string): string
  /** The same with its values: text, not markup. */
  translate(language: Language, key: string, values?: Readonly<Record<string, unknown>>): string
}

/** @param own languages of the operator, which add to those that ship, or change some of their sentences */
export function createLanguages(own: Locales = {}): Languages {
  const shipped = shippedLocales()
  const messages = new Map(Object.entries<Messages>(shipped))
  for (const [tag, sentences] of Object.entries(own)) messages.set(tag, { ...shipped[tag], ...usableMessages(sentences, shipped.en) })
  const tags = [...messages.keys()]
  const find = (language: Language, key: string) => {
    const sentences = messages.get(language)
    return sentences !== undefined && Object.hasOwn(sentences, key) ? sentences[key] : undefined
  }
  const sentence: Languages['sentence'] = (language, key) => find(language, key) ?? find('en', key) ?? key
  return {
    tags,
    choose: (ranges) => matchLanguage(ranges, tags) ?? 'en',
    sentence,
    translate: (language, key, values = {}) => fill(sentence(language, key), (name) => shown(values, name)),
  }
}

/** A value of a sentence as text: nothing where a page forgot it. */
export const shown = (values: Readonly<Record<string, unknown>>, name: string): string => String(values[name] ?? '')

/** Replaces each `{name}` of a sentence, once, left to right: values that hold braces are not looked at again. */
export function fill(text: string, value: (name: string) => string): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => value(name))
}
