/**
 * What a handler is: an operation in the form of its route, with what goes in and comes out as JSON. The management API answers with it, and
 * the command line prints it. Besides that, what several handlers do alike.
 */
import type { OperationContext } from '../context.ts'
import type { Outcome } from '../outcome.ts'
import { invalidArgument } from '../outcome.ts'
import { formatCursor, parseCursor } from '../../domain/protocol/cursor.ts'
import { ok } from '../../domain/protocol/result.ts'
import type { ListKey } from '../../storage/storage.ts'
import type { Input } from '../../schemas/management/route.ts'
import type { RouteName, Routes } from '../../schemas/management/routes.ts'

/** Runs the operation of a route; its value is the body of the answer. */
type Handler<Name extends RouteName> = (context: OperationContext, input: Input<Routes[Name]>) => Promise<Outcome<unknown>>
export type Handlers<Name extends RouteName> = { readonly [Each in Name]: Handler<Each> }

/** Goes on with the value of an outcome, if it is one. */
export async function withValue<T, R>(
  outcome: Promise<Outcome<T>>,
  work: (value: T) => Promise<Outcome<R>> | Outcome<R>,
): Promise<Outcome<R>> {
  const found = await outcome
  return found.ok ? work(found.value) : found
}

/** What comes of it as programs read it. */
export const shown = <T, R>(outcome: Promise<Outcome<T>>, json: (value: T) => R): Promise<Outcome<R>> =>
  withValue(outcome, (value) => ok(json(value)))

export const nothing = (outcome: Promise<Outcome<unknown>>): Promise<Outcome<undefined>> => shown(outcome, () => undefined)

export interface Page<R> {
  readonly items: readonly R[]
  readonly next_cursor?: string
  readonly more: boolean
}

/** A page of records; `position` is what the next one follows. */
export const page = <R>(items: readonly R[], more = false, position?: string | ListKey): Page<R> => ({
  items,
  ...(position !== undefined && { next_cursor: formatCursor(typeof position === 'string' ? [position] : [position.at, position.id]) }),
  more,
})

/** The position in a cursor. It is data: a made-up one leads to the page that follows it, and opens no more than none would. */
export function readCursor(cursor: string | undefined): Outcome<string | undefined> {
  if (cursor === undefined) return ok(undefined)
  const key = parseCursor(cursor, [''] as const)
  return key === undefined ? invalidArgument('cursor', 'is not one that was answered') : ok(key[0])
}

/** The position in a cursor of a list by time. */
export function readKey(cursor: string | undefined): Outcome<ListKey | undefined> {
  if (cursor === undefined) return ok(undefined)
  const key = parseCursor(cursor, [0, ''] as [number, string])
  return key === undefined ? invalidArgument('cursor', 'is not one that was answered') : ok({ at: key[0], id: key[1] })
}

/** A number as a query spells it; `NaN`, which no operation accepts, for any other text. */
export const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : NaN

/** `given_name` as `givenName`: operations know members by the names of the command line's options. */
export const camelCased = (members: Readonly<Record<string, unknown>>): Record<string, never> =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value]),
  ) as Record<string, never>

/** The other way: what the command line's options say, as the members of a request. */
export const snakeCased = (members: object): Record<string, never> =>
  Object.fromEntries(
    Object.entries(members).map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]),
  ) as Record<string, never>
