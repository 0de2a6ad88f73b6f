/** The login page. Owns what it shows; not when (authorization/authorization.ts, device/device.ts, account/entrance.ts), nor what is asked for (methods/). */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { displayName } from '../../domain/client/client-display.ts'
import type { Client } from '../../domain/client/client.ts'
import { sendsMails } from '../../mail/link-mails.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { LoginPage } from '../pages/page-models.ts'
import { askForFirst } from './methods/methods.ts'
import { preparePage } from './transaction-page.ts'

/** What went wrong with the last try, if this isn't the first. */
export type LoginProblem = Pick<LoginPage, 'problem' | 'providerName' | 'retryAfterMinutes'> & { status: number }

/** @param username fills in the name */
export async function showLogin(
  app: FastifyInstance,
  reply: FastifyReply,
  { client, transaction: begun }: { client?: Client | undefined; transaction: Transaction },
  username: string | undefined,
  { status, ...problem }: LoginProblem = { status: 200 },
): Promise<unknown> {
  const { pageOptions, language, action } = preparePage(app, reply, begun)
  const { transaction, model: asked } = await askForFirst(app, begun, action)
  const signed = signTransaction(transaction, app.macKeys)
  const clientName = client && displayName(client, language)
  const model = {
    action: action(PATHS.login),
    transaction: signed,
    ...(clientName !== undefined && { clientName }),
    cancellable: client !== undefined,
    ...(transaction.account !== undefined && { account: transaction.account.again === true ? ('again' as const) : ('first' as const) }),
    ...asked,
    ...(username !== undefined && { username }),
    ...linksTo(app, pageOptions.uiLocales),
    ...problem,
  }
  return reply.page('login', model, { ...pageOptions, status })
}

/** Where people without a password go, in the page's language. */
function linksTo({ settings }: FastifyInstance, uiLocales: string | undefined): Pick<LoginPage, 'forgot' | 'signUp'> {
  if (!sendsMails(settings)) return {}
  const query = uiLocales === undefined ? '' : `?${new URLSearchParams({ ui_locales: uiLocales }).toString()}`
  return {
    forgot: settings.base + PATHS.forgotPassword + query,
    ...(settings.signUp === 'invited' && { signUp: settings.base + PATHS.signUp + query }),
  }
}
