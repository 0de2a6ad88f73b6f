/** What a route of the management API is: its address, and what goes in and comes out. */
import { Type } from '@sinclair/typebox'
import type { Static, TSchema } from '@sinclair/typebox'

export interface ManagementRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Below `/admin/api/v1`. */
  readonly path: string
  readonly summary: string
  readonly query?: TSchema
  readonly body?: TSchema
  /** Of a success; without it, there is no content. */
  readonly answer?: TSchema
  /** Whether it makes something, which is answered with 201. */
  readonly creates?: true
}

type StaticOf<S> = S extends TSchema ? Static<S> : Record<never, never>

/** What a request brings, checked by the schemas of its route. */
export interface Input<Route extends ManagementRoute> {
  /** What the path names. */
  readonly params: Readonly<Record<string, string>>
  readonly query: StaticOf<Route['query']>
  readonly body: StaticOf<Route['body']>
}

export const Text = Type.String({ maxLength: 2000 })
export const Texts = Type.Array(Text, { maxItems: 200 })
export const Flag = Type.Boolean()
const instant = Type.String({ format: 'date-time' })
export const Instant = instant

/** Nothing but the members that are named: a request that says more is refused. */
export const closed = <P extends Record<string, TSchema>>(members: P) => Type.Object(members, { additionalProperties: false })
/** The members of an answer; a later version may have more. */
export const open = <P extends Record<string, TSchema>>(members: P) => Type.Object(members, { additionalProperties: true })

/** A page of records, and where the next one begins. */
export const pageOf = <S extends TSchema>(record: S) =>
  Type.Object({
    items: Type.Array(record),
    next_cursor: Type.Optional(Type.String({ description: 'Send it back as `cursor` for the next page; absent on the last one.' })),
    more: Type.Boolean({ description: 'Whether there are more than these.' }),
  })

/** A number as a query spells it; the operation says which ones it takes. */
const limit = Type.Optional(Type.String({ maxLength: 20, description: 'How many to answer at most, from 1 to 1000.' }))
export const Paged = { limit, cursor: Type.Optional(Type.String({ maxLength: 4000, description: '`next_cursor` of the page before.' })) }

/** RFC 9457. */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    argument: Type.Optional(Type.String({ description: 'The member that is at fault.' })),
  },
  { title: 'Problem', additionalProperties: false },
)
