/** What an operator can say about a resource. */
import { Value } from '@sinclair/typebox/value'
import { ConfigSchema } from '../../config/schema.ts'
import { ok } from '../../domain/protocol/result.ts'
import { BUILT_IN_SCOPES, parseScope } from '../../domain/protocol/scope.ts'
import { plainText } from '../../domain/protocol/text.ts'
import type { Resource, ResourceScope } from '../../domain/resource/resource.ts'
import { invalid, invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'

/** What a scope allows; or the same in another language, for a scope that is given as well. */
export interface GivenScope {
  readonly name: string
  readonly description: string
  /** A tag (RFC 5646), such as `ko` or `pt-BR`. */
  readonly language?: string | undefined
}

/** `null` where the server's setting holds. */
export interface ResourceMembers {
  readonly name?: string | undefined
  /** A scope without a description is described by its name. */
  readonly scopes?: readonly GivenScope[] | undefined
  /** Seconds. */
  readonly tokenTtl?: number | null | undefined
  readonly tokenFormat?: string | null | undefined
  readonly alg?: string | null | undefined
  /** Each `SCOPE=KIND`; `SCOPE=` alone: what its tools say. This and the next two change scopes that are there, or come with them. */
  readonly scopeKinds?: readonly string[] | undefined
  /** The scopes that users can't take away; they replace those before. */
  readonly requiredScopes?: readonly string[] | undefined
  /** Each `SCOPE=TOOL`; they replace those before of that scope. `SCOPE=` alone: none. */
  readonly scopeTools?: readonly string[] | undefined
  /** `on` or `off`: whether its tokens name the groups of their user. */
  readonly groupsClaim?: string | undefined
  /** `on` or `off`: whether it accepts personal access tokens. */
  readonly personalTokens?: string | undefined
}

export type ParsedMembers = Partial<
  Pick<Resource, 'name' | 'scopes' | 'accessTokenTtl' | 'accessTokenFormat' | 'accessTokenAlg' | 'groupsClaim' | 'refusesPersonalTokens'>
>

/** In characters. */
const MAX_NAME = 200
const MAX_DESCRIPTION = 200

/** Each of these has the bounds of the server's setting, which it replaces. */
const SETTINGS = { tokenTtl: 'accessTokenTtl', tokenFormat: 'accessTokenFormat', alg: 'accessTokenAlg' } as const

/** Only the members that were given; `null` makes one undefined. */
export function parseResourceMembers(raw: ResourceMembers): Outcome<ParsedMembers> {
  const parsed: Record<string, unknown> = {}
  if (raw.name !== undefined) {
    parsed['name'] = plainText(raw.name, MAX_NAME)
    if (parsed['name'] === '') return invalidArgument('name', 'is empty: leave it out')
  }
  if (raw.scopes !== undefined) {
    const scopes = parseScopes(raw.scopes)
    if (!scopes.ok) return scopes
    parsed['scopes'] = scopes.value
  }
  if (raw.groupsClaim !== undefined) {
    if (raw.groupsClaim !== 'on' && raw.groupsClaim !== 'off') return invalidArgument('groupsClaim', 'must be on or off', raw.groupsClaim)
    parsed['groupsClaim'] = raw.groupsClaim === 'on' ? true : undefined
  }
  if (raw.personalTokens !== undefined) {
    if (raw.personalTokens !== 'on' && raw.personalTokens !== 'off')
      return invalidArgument('personalTokens', 'must be on or off', raw.personalTokens)
    parsed['refusesPersonalTokens'] = raw.personalTokens === 'off' ? true : undefined
  }
  for (const [name, key] of Object.entries(SETTINGS)) {
    const value = raw[name as keyof typeof SETTINGS]
    if (value === undefined) continue
    const { variable, ...schema } = ConfigSchema.properties[key]
    if (value !== null && !Value.Check(schema, value))
      return invalidArgument(name, `must be ${variable.accepts.replaceAll('`', '')}`, value)
    parsed[key] = value ?? undefined
  }
  return ok(parsed)
}

/** A language, perhaps with script, region and others. */
const LANGUAGE = /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/

function parseScopes(given: readonly GivenScope[]): Outcome<ResourceScope[]> {
  const scopes: ResourceScope[] = []
  for (const { name, description } of given.filter(({ language }) => language === undefined)) {
    if (parseScope(name)[0] !== name)
      return invalid(`"${plainText(name, 100)}" is not a scope: use visible ASCII without spaces, quotation marks or backslashes.`)
    if (BUILT_IN_SCOPES.some((scope) => scope === name)) return invalid(`${name} is a scope of this server itself: choose another name.`)
    if (scopes.some((scope) => scope.name === name)) return invalid(`The scope ${name} appears twice.`)
    scopes.push({ name, description: plainText(description, MAX_DESCRIPTION) || name })
  }
  return translate(scopes, given)
}

/** Adds the words in other languages. */
function translate(scopes: readonly ResourceScope[], given: readonly GivenScope[]): Outcome<ResourceScope[]> {
  const translations = new Map<string, Record<string, string>>(scopes.map(({ name }) => [name, {}]))
  for (const { name, description, language } of given) {
    if (language === undefined) continue
    const [tag, words, own] = [language.toLowerCase(), plainText(description, MAX_DESCRIPTION), translations.get(name)]
    const shown = plainText(`${name}#${language}`, 100)
    if (!LANGUAGE.test(tag)) return invalid(`"${shown}" must end in a language, such as ko or pt-BR.`)
    if (own === undefined) return invalid(`"${shown}" translates a scope that is not given: add it, in the language that most users read.`)
    if (words === '') return invalid(`"${shown}" has no words.`)
    if (own[tag] !== undefined) return invalid(`"${shown}" appears twice.`)
    own[tag] = words
  }
  return ok(
    scopes.map((scope) => {
      const own = translations.get(scope.name)!
      return Object.keys(own).length === 0 ? scope : { ...scope, translations: own }
    }),
  )
}
