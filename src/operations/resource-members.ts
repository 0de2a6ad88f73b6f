/** What an operator can say about a resource. */
import { Value } from '@sinclair/typebox/value'
import { ConfigSchema } from '../config/schema.ts'
import { ok } from '../domain/protocol/result.ts'
import { BUILT_IN_SCOPES, parseScope } from '../domain/protocol/scope.ts'
import { plainText } from '../domain/protocol/text.ts'
import type { Resource, ResourceScope } from '../domain/resource/resource.ts'
import { invalid, invalidArgument } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** `null` where the server's setting holds. */
export interface ResourceMembers {
  readonly name?: string | undefined
  /** A scope without a description is described by its name. */
  readonly scopes?: readonly ResourceScope[] | undefined
  /** Seconds. */
  readonly tokenTtl?: number | null | undefined
  readonly tokenFormat?: string | null | undefined
  readonly alg?: string | null | undefined
}

type Parsed = Partial<Pick<Resource, 'name' | 'scopes' | 'accessTokenTtl' | 'accessTokenFormat' | 'accessTokenAlg'>>

/** In characters. */
const MAX_NAME = 200
const MAX_DESCRIPTION = 200

/** Each of these has the bounds of the server's setting, which it replaces. */
const SETTINGS = { tokenTtl: 'accessTokenTtl', tokenFormat: 'accessTokenFormat', alg: 'accessTokenAlg' } as const

/** Only the members that were given; `null` makes one undefined. */
export function parseResourceMembers(raw: ResourceMembers): Outcome<Parsed> {
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

function parseScopes(given: readonly ResourceScope[]): Outcome<ResourceScope[]> {
  const scopes: ResourceScope[] = []
  for (const { name, description } of given) {
    if (parseScope(name)[0] !== name)
      return invalid(`"${plainText(name, 100)}" is not a scope: use visible ASCII without spaces, quotation marks or backslashes.`)
    if (BUILT_IN_SCOPES.some((scope) => scope === name)) return invalid(`${name} is a scope of this server itself: choose another name.`)
    if (scopes.some((scope) => scope.name === name)) return invalid(`The scope ${name} appears twice.`)
    scopes.push({ name, description: plainText(description, MAX_DESCRIPTION) || name })
  }
  return ok(scopes)
}
