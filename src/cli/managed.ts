/** Where a command does what it says: in the database that is configured, or at a server, by its management API (`--server`). */
import { askAt } from '../operations/handlers/ask.ts'
import type { Answer, Ask, Asked } from '../operations/handlers/ask.ts'
import type { OperationContext } from '../operations/context.ts'
import type { ProblemKind } from '../operations/outcome.ts'
import type { RouteName } from '../operations/handlers/ask.ts'
import type { Call } from './command.ts'
import { valueOf, withOperations } from './configured.ts'

export type { Answer, Ask }

/** What a list answers for each record. */
export type Item<Name extends RouteName> = Answer<Name> extends { readonly items: readonly (infer T)[] } ? T : never

/** @param work gets the context of operations, too, if this is the machine itself */
export async function withManagement<T>(call: Call, work: (ask: Ask, here?: OperationContext) => Promise<T>): Promise<T> {
  if (call.server === undefined) return withOperations(call, (context) => work(askAt(context), context))
  const { askServer } = await import('./remote/ask-server.ts')
  return work(askServer(call, call.server))
}

/**
 * What comes of one operation.
 *
 * @throws {CommandRefused} if it is a problem
 */
export const askFor = async <Name extends RouteName>(
  call: Call,
  name: Name,
  asked?: Asked<Name>,
  hints?: Partial<Record<ProblemKind, string>>,
): Promise<Answer<Name>> => valueOf(call, await withManagement(call, (ask) => ask(name, asked)), hints)
