import { Type } from '@sinclair/typebox'
import type { StringOptions, TSchema } from '@sinclair/typebox'
import { ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'

/** What becomes of a variable's text: a value for the schema to judge, or the rest of the sentence "it must ...". */
export type Reading = Result<unknown, string>

/** The environment, without the variables that are empty. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a variable is for: the documents and the messages are made of it. */
export interface Description {
  about: string
  /** The default as one would write it; without any, the variable is optional. */
  fallback?: string
  /** A default that depends on where the server runs or on the settings read before; `undefined` leaves `fallback`. */
  derive?: (env: Environment, soFar: Readonly<Record<string, unknown>>) => string | undefined
  /** `derive` in words. */
  derived?: string
  example: string
  /** The value never shows up in a message. */
  secret?: boolean
  /** Blanks around the value belong to it. */
  verbatim?: boolean
}

/** One environment variable. */
export interface Variable extends Description {
  name: string
  /** Completes "it must be ...". */
  accepts: string
  read: (raw: string) => Reading
}

/** The shape of a setting, with the variable that it is read from. */
export type Setting<S extends TSchema> = S & { variable: Variable }

/** Joins a shape and a variable. */
export const setting = <S extends TSchema>(schema: S, variable: Variable): Setting<S> => ({ ...schema, variable })

/** A whole number. */
export function integer(name: string, [minimum, maximum]: [number, number], description: Description) {
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

/** One of some words, in any case of letters. */
export function choice<const T extends string>(name: string, words: T[], description: Description) {
  return setting(oneOf(words), { ...description, name, accepts: `one of ${listed(words)}`, read: (raw) => ok(spelled(words, raw)) })
}

/** Some of some words, separated by commas, one of them mandatory. */
export function choices<const T extends string>(name: string, words: T[], needed: NoInfer<T>, description: Description) {
  return setting(Type.Array(oneOf(words), { uniqueItems: true, contains: Type.Literal(needed) }), {
    ...description,
    name,
    accepts: `a list of ${listed(words)}, separated by commas, with \`${needed}\` in it`,
    read: (raw) => ok(parts(raw).map((part) => spelled(words, part))),
  })
}

/** Text within limits, as `accepts` tells them to people. */
export function text(name: string, accepts: string, limits: StringOptions, description: Description) {
  return setting(Type.String(limits), { ...description, name, accepts, read: ok })
}

/** The items of a list separated by commas. */
export const parts = (raw: string) => raw.split(',').map((part) => part.trim())

const oneOf = <T extends string>(words: T[]) => Type.Union(words.map((word) => Type.Literal(word)))

const spelled = (words: string[], raw: string) => words.find((word) => word.toLowerCase() === raw.toLowerCase())

const listed = (words: string[]) => words.map((word) => `\`${word}\``).join(', ')
