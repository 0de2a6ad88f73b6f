/** The pages in the middle of an authorization, each carrying the signed transaction on (DESIGN decision 8). */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AuthorizationRequest } from '../../domain/authorization-request.ts'
import { documentHost } from '../../domain/client-document.ts'
import { displayName } from '../../domain/client-metadata.ts'
import type { Client, User } from '../../domain/records.ts'
import { redirectDisplay } from '../../domain/redirect-uri.ts'
import { formatScope } from '../../domain/scope.ts'
import { signTransaction } from '../../domain/transaction.ts'
import type { Transaction } from '../../domain/transaction.ts'
import type { VerifiedRedirect } from '../../domain/verified-redirect.ts'
import { PATHS } from '../../schemas/paths.ts'

interface Context {
  readonly client: Client
  readonly redirect: VerifiedRedirect
  readonly asked: AuthorizationRequest
  readonly transaction: Transaction
  readonly user: User | undefined
}

export async function renderStep(app: FastifyInstance, reply: FastifyReply, kind: 'login' | 'account' | 'consent' | 'code', context: Context): Promise<unknown> {
  const { client, redirect, asked, transaction, user } = context
  const { base } = app.settings
  const pageOptions = transaction.parameters.ui_locales === undefined ? {} : { uiLocales: transaction.parameters.ui_locales }
  const clientName = displayName(client, reply.pageLanguage(pageOptions.uiLocales))
  const sign = (change: Partial<Transaction>) => signTransaction({ ...transaction, ...change }, app.transactionKey)

  if (kind === 'login' || user === undefined) {
    const username = asked.loginHint === undefined ? {} : { username: asked.loginHint }
    return reply.page('login', { action: base + PATHS.login, transaction: sign({}), clientName, ...username }, pageOptions)
  }
  const signed = sign({ shown: { userId: user.id, scope: formatScope(asked.scopes) } })
  if (kind === 'account') {
    return reply.page('account', { action: base + PATHS.account, transaction: signed, clientName, username: user.username }, pageOptions)
  }
  const clientUri = client.metadata.display['client_uri']
  const clientHost = documentHost(client)
  return reply.page(
    'consent',
    {
      action: base + PATHS.consent,
      transaction: signed,
      username: user.username,
      ...(user.email !== undefined && { email: user.email }),
      clientName,
      ...(clientUri !== undefined && { clientUri }),
      ...(clientHost !== undefined && { clientHost }),
      redirectHost: redirectDisplay(redirect.uri),
      redirectKind: asked.redirectKind,
      scopes: asked.scopes.map((name) => ({ name })),
      resources: [...asked.resources],
    },
    pageOptions,
  )
}
