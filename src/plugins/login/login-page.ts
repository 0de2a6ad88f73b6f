/** The login page. Owns what it shows; not when (authorization/authorization.ts, device/device.ts, account/entrance.ts), nor what is checked (login.ts). */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { displayName } from '../../domain/client/client-display.ts'
import type { Client } from '../../domain/client/client.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { LoginPage } from '../pages/page-models.ts'
import { preparePage } from './transaction-page.ts'

/** What went wrong with the last try, if this isn't the first. */
export type LoginProblem = Pick<LoginPage, 'problem' | 'retryAfterMinutes'> & { status: number }

/** @param username fills in the name */
export async function showLogin(
  app: FastifyInstance,
  reply: FastifyReply,
  { client, transaction }: { client?: Client | undefined; transaction: Transaction },
  username: string | undefined,
  { status, ...problem }: LoginProblem = { status: 200 },
): Promise<unknown> {
  const { pageOptions, language, action } = preparePage(app, reply, transaction)
  const signed = signTransaction(transaction, app.macKeys)
  const clientName = client && displayName(client, language)
  const model = {
    action: action(PATHS.login),
    transaction: signed,
    ...(clientName !== undefined && { clientName }),
    cancellable: client !== undefined,
    ...(transaction.account !== undefined && { account: transaction.account.again === true ? ('again' as const) : ('first' as const) }),
    ...(username !== undefined && { username }),
    ...problem,
  }
  return reply.page('login', model, { ...pageOptions, status })
}
