/**
 * The pages of a login that isn't complete: they ask for a second factor, set one up, or say who can help. Owns what they show; not when
 * (authorization/authorization.ts, device/device.ts), nor what is checked (methods/, account/factor-set-up.ts).
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { missingFactor } from '../../domain/authorization/authentication.ts'
import type { Missing } from '../../domain/authorization/authentication.ts'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { Client } from '../../domain/client/client.ts'
import { verifiedAddress } from '../../domain/user/mail-address.ts'
import { sendsMails } from '../../mail/link-mails.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { SecondFactorPage } from '../pages/factor-models.ts'
import { showLogin } from './login-page.ts'
import { askForSecond } from './methods/methods.ts'
import type { BrowserSession } from './session.ts'
import { describeSetUp } from './set-up-form.ts'
import type { SetUpProblem } from './set-up-form.ts'
import { preparePage } from './transaction-page.ts'

interface Context {
  /** Who waits for an answer. */
  readonly client?: Client | undefined
  readonly transaction: Transaction
}

export type FactorProblem = Pick<SecondFactorPage, 'problem' | 'retryAfterMinutes'> & { status: number }

/** The login page, or what is missing of a login; `undefined` if nothing is. */
export async function showEntrance(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  context: Context,
  username: string | undefined,
): Promise<unknown> {
  const found = await app.sessions.findUnfinished(request)
  const counts = found !== undefined && found.session.authTime >= (context.transaction.switchedAt ?? 0)
  const missing = counts ? missingFactor(found.session.acr, found.factors) : undefined
  if (!counts || missing === undefined || missing === 'unmet') return showLogin(app, reply, context, username)
  return showMissing(app, reply, context, found, missing)
}

export async function showMissing(
  app: FastifyInstance,
  reply: FastifyReply,
  context: Context,
  found: BrowserSession,
  missing: Exclude<Missing, 'unmet'>,
): Promise<unknown> {
  if (missing === 'set-up') return showSetUp(app, reply, context, found)
  return missing === 'locked' ? showLocked(app, reply, context, found) : showSecondFactor(app, reply, context, found, missing)
}

/** Asks for the link that makes a second factor possible. @param sent once it is on its way by mail */
export async function showLocked(
  app: FastifyInstance,
  reply: FastifyReply,
  context: Context,
  { user }: BrowserSession,
  sent = false,
): Promise<unknown> {
  const { pageOptions, action } = preparePage(app, reply, context.transaction)
  const transaction = signTransaction(context.transaction, app.macKeys)
  const canMail = sendsMails(app.settings) && verifiedAddress(user) !== undefined
  const mail = sent ? { mail: 'sent' as const } : canMail ? { mail: 'offered' as const } : {}
  const model = { action: action(PATHS.loginCode), transaction, username: user.username, ...cancellable(context), ...mail }
  return reply.page('factor-locked', model, pageOptions)
}

const cancellable = ({ client }: Context) => ({ cancellable: client !== undefined })

export async function showSecondFactor(
  app: FastifyInstance,
  reply: FastifyReply,
  { client, transaction: begun }: Context,
  { user, factors }: BrowserSession,
  missing: 'second-factor' | 'passkey',
  { status, ...problem }: FactorProblem = { status: 200 },
): Promise<unknown> {
  const { pageOptions, action } = preparePage(app, reply, begun)
  const stored = await app.storage.factors.listOf(user.id)
  const { transaction, model } = askForSecond(app, begun, { user, factors, stored, missing })
  return reply.page(
    'second-factor',
    {
      action: action(PATHS.loginCode),
      transaction: signTransaction(transaction, app.macKeys),
      username: user.username,
      ...cancellable({ client, transaction }),
      ...model,
      ...problem,
    },
    { ...pageOptions, status },
  )
}

/** Sets up a second factor: within a login, the first one. */
export async function showSetUp(
  app: FastifyInstance,
  reply: FastifyReply,
  { client, transaction: begun }: { readonly client?: Client | undefined; readonly transaction?: Transaction | undefined },
  { user, session }: BrowserSession,
  problem?: SetUpProblem,
): Promise<unknown> {
  const pageOptions = begun === undefined ? {} : preparePage(app, reply, begun).pageOptions
  const { passkeys } = await app.storage.factors.listOf(user.id)
  const described = describeSetUp(app, user, session.idHash, passkeys, problem)
  const transaction = begun && signTransaction(begun, app.macKeys)
  const status = problem === undefined ? 200 : 403
  const model = { ...described, ...(transaction !== undefined && { transaction }), cancellable: client !== undefined }
  return reply.page('factor-set-up', model, { ...pageOptions, status })
}
