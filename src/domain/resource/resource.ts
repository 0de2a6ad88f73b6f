/** A registered resource as it is stored. Instants are milliseconds since the epoch. */
import type { Gate } from '../gate/gate.ts'
import type { SigningAlg } from '../key/stored-key.ts'

/** What a client may do at a resource, described by its operator for users. */
export interface ResourceScope {
  readonly name: string
  readonly description: string
  /** The description in other languages, by their tags in lower case (RFC 5646). */
  readonly translations?: Readonly<Record<string, string>>
  /** What it lets an app do, as the operator says; else its tools say it (tools.ts). */
  readonly kind?: ScopeKind
  /** The resource is of no use without it: it comes with the others, and users can't take it away. */
  readonly required?: true
  /** The tools that it unlocks, besides what the gate's rules say. */
  readonly tools?: readonly string[]
}

/** What tools do, the mildest first. */
export const SCOPE_KINDS = ['read', 'write', 'destroy'] as const
export type ScopeKind = (typeof SCOPE_KINDS)[number]

/** What users consent to in a scope: its words. */
export const wordsOf = ({ name, description, translations }: ResourceScope): ResourceScope =>
  translations === undefined ? { name, description } : { name, description, translations }

/** What a scope allows, in a language or one that it belongs to (RFC 4647 section 3.4); without one, as its operator put it first. */
export function describeScope({ description, translations = {} }: ResourceScope, language: string): string {
  for (let tag = language.toLowerCase(); tag !== ''; tag = tag.slice(0, Math.max(tag.lastIndexOf('-'), 0)))
    if (Object.hasOwn(translations, tag)) return translations[tag]!
  return description
}

/** A tool as its server describes it. A hint that isn't there says nothing. */
export interface ResourceTool {
  readonly name: string
  readonly title?: string
  readonly readOnly?: boolean
  readonly destructive?: boolean
}

/** A resource server that an operator registered, such as an MCP server. Settings of the server apply to absent members. */
export interface Resource {
  /** The id with which it authenticates for introspection. */
  readonly id: string
  readonly secretHash: string
  /** The URI in resource indicators (RFC 8707) and in `aud`. */
  readonly identifier: string
  readonly name: string
  readonly scopes: readonly ResourceScope[]
  /** Seconds. */
  readonly accessTokenTtl?: number | undefined
  readonly accessTokenFormat?: 'jwt' | 'opaque' | undefined
  readonly accessTokenAlg?: SigningAlg | undefined
  /** Whether its tokens name the groups of their user. */
  readonly groupsClaim?: true | undefined
  /** Its tools, as it described them when an operator last asked. */
  readonly tools?: readonly ResourceTool[] | undefined
  /** Whether tokens that people make for themselves are refused (token/personal-token.ts). */
  readonly refusesPersonalTokens?: true | undefined
  /** Present if this server forwards its requests. */
  readonly gate?: Gate | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

const ID_PREFIX = 'resource_'

/** The id of a resource, which no client id looks like. */
export const resourceId = (random: string): string => ID_PREFIX + random
export const isResourceId = (id: string): boolean => id.startsWith(ID_PREFIX)
