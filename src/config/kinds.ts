/** Kinds of settings: a setting is the shape of a value together with the environment variable that it is read from. */
import { Type } from '@sinclair/typebox'
import type { StringOptions, TSchema } from '@sinclair/typebox'
import { ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'

/** The result of reading a variable: a value for the schema to check, or the rest of the sentence "it must ...". */
export type Reading = Result<unknown, string>

/** Environment variables; `undefined` for one that is not set. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Describes a variable, for documents and messages. */
export interface Description {
  readonly about: string
  /** The default as text; without one, the variable is optional. */
  readonly fallback?: string
  /** A default that depends on where the server runs or on earlier settings; `undefined` means `fallback`. */
  readonly derive?: (env: Environment, soFar: Readonly<Record<string, unknown>>) => string | undefined
  /** `derive` in words. */
  readonly derived?: string
  readonly example: string
  /** No message shows the value. */
  readonly secret?: boolean
  /** Spaces around the value belong to it. */
  readonly verbatim?: boolean
}

/** One environment variable. */
export interface Variable extends Description {
  readonly name: string
  /** Completes "it must be ...". */
  readonly accepts: string
  readonly read: (raw: string) => Reading
}

/** A shape with its variable. */
export type Setting<S extends TSchema> = S & { readonly variable: Variable }

/** Joins a shape and a variable. */
export const setting = <S extends TSchema>(schema: S, variable: Variable): Setting<S> => ({ ...schema, variable })

/** A whole number. */
export function integer(name: string, [minimum, maximum]: readonly [number, number], description: Description) {
  return setting(Type.Integer({ minimum, maximum }), {
    ...description,
    name,
    accepts: `a whole number from ${minimum} to ${maximum}`,
    read: (raw) => ok(/^\d+$/.test(raw) ? Number(raw) : raw),
  })
}

/** `true` or `false`. */
export function flag(name: string, description: Description) {
  const values = new Map([
    ['true', true],
    ['false', false],
  ])
  return setting(Type.Boolean(), { ...description, name, accepts: '`true` or `false`', read: (raw) => ok(values.get(raw.toLowerCase())) })
}

/** One of several words, in upper or lower case. */
export function choice<const T extends string>(name: string, words: T[], description: Description) {
  return setting(oneOf(words), { ...description, name, accepts: `one of ${listed(words)}`, read: (raw) => ok(spelled(words, raw)) })
}

/** Several of several words, separated by commas; `needed` must be among them. */
export function choices<const T extends string>(name: string, words: T[], needed: NoInfer<T>, description: Description) {
  return setting(Type.Array(oneOf(words), { uniqueItems: true, contains: Type.Literal(needed) }), {
    ...description,
    name,
    accepts: `a list of ${listed(words)}, separated by commas, with \`${needed}\` in it`,
    read: (raw) => ok(parts(raw).map((part) => spelled(words, part))),
  })
}

/** Text within limits, which `accepts` puts into words. */
export function text(name: string, accepts: string, limits: StringOptions, description: Description) {
  return setting(Type.String(limits), { ...description, name, accepts, read: ok })
}

/** The items of a list separated by commas. */
export const parts = (raw: string) => raw.split(',').map((part) => part.trim())

const oneOf = <T extends string>(words: T[]) => Type.Union(words.map((word) => Type.Literal(word)))

const spelled = (words: string[], raw: string) => words.find((word) => word.toLowerCase() === raw.toLowerCase())

const listed = (words: string[]) => words.map((word) => `\`${word}\``).join(', ')
