/** Building blocks of the schemas, with their limits (threat-model.md T18). Ajv neither coerces nor removes anything. */
import { Type } from '@sinclair/typebox'
import type { TSchema } from '@sinclair/typebox'

/** Longest value of a parameter or member, in characters. ChatGPT's `state` alone has more than 520. */
const MAX_STRING = 4096
/** Most entries of an array. */
const MAX_ITEMS = 64

export const Text = (maxLength = MAX_STRING) => Type.String({ maxLength })
export const TextList = (maxLength = MAX_STRING) => Type.Array(Text(maxLength), { maxItems: MAX_ITEMS })
/** A parameter of a query or a form: any text without NUL, which PostgreSQL can't store and no standard needs. */
export const Parameter = (maxLength = MAX_STRING) => Type.String({ maxLength, pattern: '^[^\\u0000]*$' })
/**
 * A parameter that only hints at what would be better. One that is too long to be of use is ignored, not refused, so it may be as long
 * as a whole request.
 */
export const Hint = () => Parameter(8192)
/** A parameter that may be repeated, which makes it an array (RFC 8707 section 2: `resource`). */
export const Repeatable = (maxItems = MAX_ITEMS) => Type.Union([Parameter(), Type.Array(Parameter(), { maxItems })])
/** An optional member. Some libraries write `null` for an absent one, which means the same. */
export const Absent = <T extends TSchema>(schema: T) => Type.Optional(Type.Union([schema, Type.Null()]))
