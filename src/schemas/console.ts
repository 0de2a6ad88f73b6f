/** The pages and forms of the console. A form has the token of the console in which it was shown, and no member that isn't named here. */
import { Type } from '@sinclair/typebox'
import type { Static, TProperties } from '@sinclair/typebox'
import { Transaction } from './authorization.ts'
import { Hint, Parameter } from './primitives.ts'

export const ConsoleQuery = Type.Object({
  ui_locales: Type.Optional(Hint()),
  /** What has just been done. */
  notice: Type.Optional(Parameter(32)),
  /** After a login. */
  transaction: Type.Optional(Transaction),
  /** What is searched. */
  q: Type.Optional(Parameter(512)),
  /** The cursor of a list. */
  after: Type.Optional(Parameter(1024)),
})
export type ConsoleQuery = Static<typeof ConsoleQuery>

/**
 * The pages of clients. `waiting`: only those that wait for approval; `by`: what `q` is the beginning of; `order`: of a list of all; `id`: of one,
 * which may be a long address.
 */
export const ConsoleClients = Type.Object({
  ...ConsoleQuery.properties,
  waiting: Type.Optional(Parameter(3)),
  by: Type.Optional(Parameter(8)),
  order: Type.Optional(Parameter(8)),
  id: Type.Optional(Parameter(2048)),
})

/** A form of the console with these members. `confirmed`: the person was asked, and said yes. */
export const ConsoleForm = <T extends TProperties>(members: T) =>
  Type.Object({ token: Parameter(64), confirmed: Type.Optional(Type.Literal('yes')), ...members }, { additionalProperties: false })

/** What every form of the console has. */
export interface ConsoleFormBody {
  readonly token: string
  readonly confirmed?: 'yes'
}

export const NoMembers = ConsoleForm({})

/** By its id. */
export const IdForm = ConsoleForm({ id: Parameter(2048) })
