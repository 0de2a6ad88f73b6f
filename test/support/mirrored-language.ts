/** A made-up language that is written from right to left: the English words in Arabic letters, so that everybody can check a page of it. */
import { shippedLocales } from '#src/config/settings/locales.ts'

/** A tag for private use, with a script (RFC 5646 section 2.2.1). */
export const MIRRORED = 'qaa-Arab'

const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  [...'abcdefghijklmnopqrstuvwxyz'].map((letter, index) => [letter, [...'ابسدهفغحيجكلمنوبقرستوفوخيز'][index]!]),
)

const mirror = (sentence: string): string =>
  sentence
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith('{') ? part : part.toLowerCase().replace(/[a-z]/g, (letter) => LETTERS[letter]!)))
    .join('')

export const mirroredLocale = (): Record<string, string> =>
  Object.fromEntries(Object.entries(shippedLocales().en).map(([key, sentence]) => [key, mirror(sentence)]))
