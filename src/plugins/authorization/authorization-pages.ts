/**
 * The pages in the middle of an authorization. Each carries the signed transaction in its form (docs/adr/0002). Owns what they show;
 * not when (authorization.ts, device/device.ts).
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { decisionDigest } from '../../domain/authorization/consent.ts'
import { decisions } from '../../domain/authorization/requested-access.ts'
import type { RequestedAccess } from '../../domain/authorization/requested-access.ts'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { VerifiedRedirect } from '../../domain/authorization/verified-redirect.ts'
import { displayName, displayed, displayedLogo } from '../../domain/client/client-display.ts'
import { documentHost } from '../../domain/client/client-document.ts'
import type { Client } from '../../domain/client/client.ts'
import { formatUserCode } from '../../domain/device/device-codes.ts'
import { redirectDisplay } from '../../domain/protocol/redirect-uri.ts'
import { BUILT_IN_SCOPES, permittedScopes } from '../../domain/protocol/scope.ts'
import { describeScope } from '../../domain/resource/resource.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import { PATHS } from '../../schemas/paths.ts'
import { describeFailures, preparePage } from '../login/transaction-page.ts'
import type { ConsentPage } from '../pages/page-models.ts'

interface Context {
  readonly client: Client
  readonly redirect: VerifiedRedirect
  readonly asked: AuthorizationRequest
  readonly transaction: Transaction
}

/** Whom a decision is about. */
interface Decision {
  readonly client: Client
  readonly asked: RequestedAccess
  readonly transaction: Transaction
}

export async function showAccount(
  app: FastifyInstance,
  reply: FastifyReply,
  { client, transaction }: Context,
  user: UserProfile,
): Promise<unknown> {
  const { pageOptions, language, action } = preparePage(app, reply, transaction)
  const signed = signTransaction({ ...transaction, shown: { userId: user.id } }, app.macKeys)
  return reply.page(
    'account',
    {
      action: action(PATHS.account),
      transaction: signed,
      clientName: displayName(client, language),
      username: user.username,
      ...describeFailures(transaction, user, language),
    },
    pageOptions,
  )
}

export function showConsent(
  app: FastifyInstance,
  reply: FastifyReply,
  { redirect, ...decision }: Context,
  user: UserProfile,
): Promise<unknown> {
  return showDecision(app, reply, decision, user, PATHS.consent, {
    receiver: redirect.uri,
    redirectHost: redirectDisplay(redirect.uri),
    redirectKind: decision.asked.redirectKind,
  })
}

/** The same for a device, which shows the code that the person typed. */
export function showDeviceConsent(
  app: FastifyInstance,
  reply: FastifyReply,
  decision: Decision,
  user: UserProfile,
  userCode: string,
): Promise<unknown> {
  return showDecision(app, reply, decision, user, PATHS.deviceDecision, {
    receiver: userCode,
    redirectHost: formatUserCode(userCode),
    redirectKind: 'device',
  })
}

async function showDecision(
  app: FastifyInstance,
  reply: FastifyReply,
  { client, asked, transaction }: Decision,
  user: UserProfile,
  path: string,
  { receiver, ...shownReceiver }: Pick<ConsentPage, 'redirectHost' | 'redirectKind'> & { receiver: string },
): Promise<unknown> {
  const { pageOptions, language, action } = preparePage(app, reply, transaction)
  const clientHost = documentHost(client)
  const clientName = displayed(client, 'client_name', language)
  const decided = permittedScopes(decisions(asked))
  const shown = { userId: user.id, digest: decisionDigest(client, receiver, asked) }
  const logo = displayedLogo(client, language)
  return reply.page(
    'consent',
    {
      action: action(path),
      transaction: signTransaction({ ...transaction, shown }, app.macKeys),
      username: user.username,
      ...describeFailures(transaction, user, language),
      ...(user.email !== undefined && { email: user.email }),
      ...(clientName !== undefined && { clientName }),
      ...(logo !== undefined && { logoUri: logo.uri }),
      ...linksOf(client, language),
      ...(clientHost !== undefined && { clientHost }),
      ...shownReceiver,
      scopes: BUILT_IN_SCOPES.filter((name) => decided.includes(name)),
      resources: asked.targets.map(({ identifier, resource }) => ({
        identifier,
        ...(resource !== undefined && { name: resource.name }),
        scopes: (resource?.scopes ?? []).filter(({ name }) => asked.scopes.includes(name)).map((scope) => describeScope(scope, language)),
      })),
    },
    { ...pageOptions, imageOrigin: logo?.origin },
  )
}

/** Where people may read more about the client (RFC 7591 section 2): the addresses themselves, for it chose them. */
function linksOf(client: Client, language: string): Pick<ConsentPage, 'clientUri' | 'policyUri' | 'tosUri'> {
  const members = { clientUri: 'client_uri', policyUri: 'policy_uri', tosUri: 'tos_uri' } as const
  const links = Object.entries(members).map(([name, member]) => [name, displayed(client, member, language)] as const)
  return Object.fromEntries(links.filter(([, uri]) => uri !== undefined))
}
