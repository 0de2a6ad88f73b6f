/** The pages in the middle of an authorization, each carrying the signed transaction on (DESIGN decision 8). */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AuthorizationRequest } from '../../domain/authorization-request.ts'
import { documentHost } from '../../domain/client-document.ts'
import { displayName, displayed } from '../../domain/client-display.ts'
import type { Client, User } from '../../domain/records.ts'
import { redirectDisplay } from '../../domain/redirect-uri.ts'
import { permissions } from '../../domain/requested-access.ts'
import { BUILT_IN_SCOPES, formatScope } from '../../domain/scope.ts'
import { signTransaction } from '../../domain/transaction.ts'
import type { Transaction } from '../../domain/transaction.ts'
import type { VerifiedRedirect } from '../../domain/verified-redirect.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { ConsentPage, LoginPage } from './page-models.ts'

interface Context {
  readonly client: Client
  readonly redirect: VerifiedRedirect
  readonly asked: AuthorizationRequest
  readonly transaction: Transaction
}

/** What went wrong with the last try, if this isn't the first. */
type LoginProblem = Pick<LoginPage, 'problem' | 'retryAfterMinutes'> & { status: number }

/** @param username fills in the name */
export async function showLogin(
  app: FastifyInstance,
  reply: FastifyReply,
  { client, transaction }: Pick<Context, 'client' | 'transaction'>,
  username: string | undefined,
  { status, ...problem }: LoginProblem = { status: 200 },
): Promise<unknown> {
  const { pageOptions, clientName, action } = prepare(app, reply, client, transaction)
  const signed = signTransaction(transaction, app.transactionKeys)
  const model = { action: action(PATHS.login), transaction: signed, clientName, ...(username !== undefined && { username }), ...problem }
  return reply.page('login', model, { ...pageOptions, status })
}

export async function showAccount(app: FastifyInstance, reply: FastifyReply, { client, transaction }: Context, user: User): Promise<unknown> {
  const { pageOptions, clientName, action } = prepare(app, reply, client, transaction)
  const signed = signTransaction({ ...transaction, shown: { userId: user.id } }, app.transactionKeys)
  return reply.page('account', { action: action(PATHS.account), transaction: signed, clientName, username: user.username }, pageOptions)
}

export async function showConsent(app: FastifyInstance, reply: FastifyReply, { client, redirect, asked, transaction }: Context, user: User): Promise<unknown> {
  const { pageOptions, language, clientName, action } = prepare(app, reply, client, transaction)
  const clientHost = documentHost(client)
  return reply.page(
    'consent',
    {
      action: action(PATHS.consent),
      transaction: signTransaction({ ...transaction, shown: { userId: user.id, scope: formatScope(permissions(asked)) } }, app.transactionKeys),
      username: user.username,
      ...(user.email !== undefined && { email: user.email }),
      clientName,
      ...linksOf(client, language),
      ...(clientHost !== undefined && { clientHost }),
      redirectHost: redirectDisplay(redirect.uri),
      redirectKind: asked.redirectKind,
      scopes: BUILT_IN_SCOPES.filter((name) => asked.scopes.includes(name)),
      resources: asked.targets.map(({ identifier, resource }) => ({
        identifier,
        ...(resource !== undefined && { name: resource.name }),
        scopes: (resource?.scopes ?? []).filter(({ name }) => asked.scopes.includes(name)).map(({ description }) => description),
      })),
    },
    pageOptions,
  )
}

/** Where people may read more about the client (RFC 7591 section 2): the addresses themselves, for it chose them. */
function linksOf(client: Client, language: string): Pick<ConsentPage, 'clientUri' | 'policyUri' | 'tosUri'> {
  const members = { clientUri: 'client_uri', policyUri: 'policy_uri', tosUri: 'tos_uri' } as const
  const links = Object.entries(members).map(([name, member]) => [name, displayed(client, member, language)] as const)
  return Object.fromEntries(links.filter(([, uri]) => uri !== undefined))
}

/** What all of them need: the language that the client asked for, the client's name in it, and where forms go. */
function prepare(app: FastifyInstance, reply: FastifyReply, client: Client, { parameters }: Transaction) {
  const pageOptions = parameters.ui_locales === undefined ? {} : { uiLocales: parameters.ui_locales }
  const language = reply.pageLanguage(pageOptions.uiLocales)
  return { pageOptions, language, clientName: displayName(client, language), action: (path: string) => app.settings.base + path }
}
