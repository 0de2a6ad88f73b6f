/**
 * The ways to log in, in the order in which what was typed is tried. The login page, the page of the second factor, the account page and what a
 * session lacks (domain/authorization/next-step.ts) read this table: a new method is a file and a line here.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Transaction } from '../../../domain/authorization/transaction.ts'
import type { MethodName } from '../../../domain/user/factors.ts'
import type { User } from '../../../domain/user/user.ts'
import type { Asked, FirstAsked, FirstShown, LoginMethod, MethodSettings, SecondAsked } from './method.ts'
import { oneTimeCode } from './one-time-code.ts'
import { passkey } from './passkey.ts'
import { password } from './password.ts'
import { provider } from './provider.ts'
import { recoveryCode } from './recovery-code.ts'

export const METHODS: readonly LoginMethod[] = [password, passkey, provider, oneTimeCode, recoveryCode]

/** Those that count at this server. */
export const countingHere = (settings: MethodSettings): ReadonlySet<MethodName> =>
  new Set(METHODS.filter((each) => each.counts(settings)).map(({ name }) => name))

/** Whether people can set up a second factor here. */
export const canSetUp = (settings: MethodSettings): boolean => METHODS.some((each) => each.isSetUp === true && each.counts(settings))

interface Prepared<Page> {
  readonly transaction: Transaction
  readonly model: Page
}

function prepare<Page>(transaction: Transaction, nothing: Page, asked: readonly Asked<Page>[]): Prepared<Page> {
  const model = asked.reduce<Page>((all, each) => ({ ...all, ...each.model }), nothing)
  const challenge = asked.find((each) => each.challenge !== undefined)?.challenge
  return { model, transaction: challenge === undefined ? transaction : { ...transaction, challenge } }
}

/** What the login page needs to ask for a first factor. */
export async function askForFirst(
  app: FastifyInstance,
  transaction: Transaction,
  action: (path: string) => string,
): Promise<Prepared<FirstAsked>> {
  const asked = await Promise.all(METHODS.map(async (each) => (await each.askFirst?.(app, action)) ?? { model: {} }))
  return prepare<FirstAsked>(transaction, { password: 'off', providers: [] }, asked)
}

/** What the page of the second factor needs. */
export function askForSecond(app: FastifyInstance, transaction: Transaction, person: FirstShown): Prepared<SecondAsked> {
  const asked = METHODS.map((each) => each.askSecond?.(app, person) ?? { model: {} })
  return prepare<SecondAsked>(transaction, {}, asked)
}

/** The second factor of this person that was typed; `undefined` if it is wrong. */
export async function checkTyped(
  app: FastifyInstance,
  request: FastifyRequest,
  user: User,
  typed: string,
): Promise<LoginMethod | undefined> {
  for (const each of METHODS) {
    const isRight = await each.checkTyped?.(app, request, user, typed)
    if (isRight !== undefined) return isRight ? each : undefined
  }
  return undefined
}
