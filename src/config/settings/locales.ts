/** The setting LOCALES_DIR: languages of the pages from a folder, one file each. Part of schema.ts; also reads those that ship. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonicalTag } from '../../domain/language/language-ranges.ts'
import { compareMessages } from '../../domain/language/messages.ts'
import type { Messages } from '../../domain/language/messages.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'

/** Sentences by language tag. */
export type Locales = Readonly<Record<string, Messages>>

/** Reads every `TAG.json` of a folder. The error is the rest of a sentence "it must ...". */
export function readLocales(folder: string): Result<Locales, string> {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch (error) {
    return err(`name a folder that can be read (${(error as NodeJS.ErrnoException).code})`)
  }
  if (names.length === 0) return err('name a folder with files such as `fr.json`')
  const locales: Record<string, Messages> = {}
  for (const name of names.sort()) {
    const tag = canonicalTag(name.slice(0, -'.json'.length))
    if (tag === undefined) return err(`hold files that are named for a language, such as \`pt-BR.json\`, not ${name}`)
    if (Object.hasOwn(locales, tag)) return err(`hold one file for ${tag}`)
    const messages = readMessages(join(folder, name))
    if (messages === undefined) return err(`hold files of the form \`{"login.title": "Sign in"}\`, and ${name} is none`)
    locales[tag] = messages
  }
  return ok(locales)
}

function readMessages(path: string): Messages | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    return isObject && Object.values(parsed).every((text) => typeof text === 'string') ? (parsed as Messages) : undefined
  } catch {
    return undefined
  }
}

const folderOfShipped = fileURLToPath(new URL('../../templates/locales/', import.meta.url))
let shipped: (Locales & { readonly en: Messages }) | undefined

/** The languages that ship; English is the complete one. Read when they are needed: an incomplete installation is explained at the start. */
export function shippedLocales(): Locales & { readonly en: Messages } {
  const read = (name: string) => JSON.parse(readFileSync(join(folderOfShipped, name), 'utf8')) as Messages
  const entries = () => readdirSync(folderOfShipped).map((name) => [name.slice(0, -'.json'.length), read(name)])
  return (shipped ??= Object.fromEntries(entries()) as Locales & { readonly en: Messages })
}

/** What an operator should know about their own languages, although pages fall back to English. A shipped one may be changed in part. */
export function warningsAboutLocales(locales: Locales | undefined): string[] {
  if (locales === undefined) return []
  const ours = shippedLocales()
  return Object.entries(locales).flatMap(([tag, messages]) => {
    const { missing, unknown, otherValues } = compareMessages(messages, ours.en)
    const lacks = Object.hasOwn(ours, tag) ? [] : missing
    const about = (keys: readonly string[], text: string) => (keys.length === 0 ? [] : [`LOCALES_DIR: ${tag}.json ${text} ${some(keys)}.`])
    return [
      ...about(lacks, 'lacks sentences, which pages show in English:'),
      ...about(otherValues, 'has other names in braces than the English sentences, which pages show instead:'),
      ...about(unknown, 'has sentences that no page uses:'),
    ]
  })
}

function some(keys: readonly string[]): string {
  const shown = keys.slice(0, 10).join(', ')
  return keys.length > 10 ? `${shown} and ${keys.length - 10} more` : shown
}
