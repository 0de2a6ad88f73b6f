/** Which language a reader gets (RFC 4647 section 3.4, lookup), and in which direction it is written. Tags are those of RFC 5646. */

/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT = new Set(['Adlm', 'Arab', 'Hebr', 'Mand', 'Mend', 'Nkoo', 'Rohg', 'Samr', 'Syrc', 'Thaa', 'Yezi'])

/** The usual spelling of a tag; `undefined` if it is none. */
export function canonicalTag(raw: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(raw)[0]
  } catch {
    return undefined
  }
}

/** Nobody reads more languages; each costs some time. */
const MAX_RANGES = 32

export const directionOf = (tag: string): 'ltr' | 'rtl' => (RIGHT_TO_LEFT.has(scriptOf(tag)) ? 'rtl' : 'ltr')

/**
 * The first language that a reader can read. A range matches a shorter tag, but never one in another script: a reader of
 * Traditional Chinese gets English rather than Simplified Chinese.
 *
 * @param ranges the preferred one first; malformed ones and `*` are skipped
 * @param available tags in their usual spelling
 */
export function matchLanguage(ranges: readonly string[], available: readonly string[]): string | undefined {
  const scripts = new Map<string, string>()
  for (const range of ranges.slice(0, MAX_RANGES)) {
    const tag = canonicalTag(range)
    if (tag === undefined) continue
    const { language } = new Intl.Locale(tag)
    // A browser adds `zh` behind `zh-TW` by itself: it means no other script than the one before.
    const script = tag === language ? (scripts.get(language) ?? scriptOf(tag)) : scriptOf(tag)
    if (!scripts.has(language)) scripts.set(language, script)
    // Most tags leave the script out: `zh-TW` also finds `zh-Hant`.
    const spelledOut = `${language}-${script}`
    const found = [...truncations(tag), spelledOut].find((tried) => available.includes(tried) && scriptOf(tried) === script)
    if (found !== undefined) return found
  }
  return undefined
}

/** A tag, then without its last subtag, and so on; a single letter only introduces what follows it. */
function truncations(tag: string): string[] {
  const subtags = tag.split('-')
  const lengths = subtags.map((_, index) => subtags.length - index).filter((length) => subtags[length - 1]!.length > 1)
  return lengths.map((length) => subtags.slice(0, length).join('-'))
}

/** The script that a tag names, or that its language is usually written in; '' if nobody knows. */
const scriptOf = (tag: string): string => new Intl.Locale(tag).maximize().script ?? ''
