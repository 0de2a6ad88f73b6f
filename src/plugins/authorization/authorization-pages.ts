/**
 * The pages in the middle of an authorization. Each carries the signed transaction in its form (docs/adr/0002). Owns what they show;
 * not when (authorization.ts, device/device.ts).
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AuthorizationRequest } from '../../domain/authorization/authorization-request.ts'
import { NOTHING_KNOWN, decisionDigest, knownOf } from '../../domain/authorization/consent.ts'
import type { Consented, Known } from '../../domain/authorization/consent.ts'
import { offerChoice } from '../../domain/authorization/consent-choice.ts'
import type { OfferedChoice, ScopeOption } from '../../domain/authorization/consent-choice.ts'
import { decisions } from '../../domain/authorization/requested-access.ts'
import type { RequestedAccess, Target } from '../../domain/authorization/requested-access.ts'
import { signTransaction } from '../../domain/authorization/transaction.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { VerifiedRedirect } from '../../domain/authorization/verified-redirect.ts'
import { displayName, displayed, displayedLogo } from '../../domain/client/client-display.ts'
import { documentHost } from '../../domain/client/client-document.ts'
import type { Client } from '../../domain/client/client.ts'
import { formatUserCode } from '../../domain/device/device-codes.ts'
import { redirectDisplay } from '../../domain/protocol/redirect-uri.ts'
import { BUILT_IN_SCOPES, permissionAt, permittedScopes } from '../../domain/protocol/scope.ts'
import { describeScope } from '../../domain/resource/resource.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import { PATHS } from '../../schemas/paths.ts'
import { describeFailures, preparePage } from '../login/transaction-page.ts'
import type { ConsentPage, ConsentResource, ConsentScope } from '../pages/page-models.ts'

interface Context {
  readonly client: Client
  readonly redirect: VerifiedRedirect
  readonly asked: AuthorizationRequest
  readonly transaction: Transaction
  /** What the person has allowed before. */
  readonly before?: Consented | undefined
}

/** What an earlier consent says about this decision, and which device it is about, if it is about one. */
interface Circumstances {
  readonly receiver: string
  readonly known: Known
  readonly deviceCodeHash?: string
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
      ...accountOf(user),
      ...describeFailures(transaction, user, language),
    },
    pageOptions,
  )
}

export function showConsent(
  app: FastifyInstance,
  reply: FastifyReply,
  { redirect, before, ...decision }: Context,
  user: UserProfile,
): Promise<unknown> {
  return showDecision(app, reply, decision, user, PATHS.consent, {
    receiver: redirect.uri,
    known: knownOf(decision.client, redirect.uri, decision.asked, before),
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
  deviceCodeHash: string,
): Promise<unknown> {
  return showDecision(app, reply, decision, user, PATHS.deviceDecision, {
    receiver: userCode,
    known: NOTHING_KNOWN,
    deviceCodeHash,
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
  { receiver, known, deviceCodeHash, ...shownReceiver }: Pick<ConsentPage, 'redirectHost' | 'redirectKind'> & Circumstances,
): Promise<unknown> {
  const { pageOptions, language, action } = preparePage(app, reply, transaction)
  const clientHost = documentHost(client)
  const clientName = displayed(client, 'client_name', language)
  const decided = permittedScopes(decisions(asked))
  const offered = offerChoice(asked, known, app.settings.consentChoice === 'on')
  const digest = decisionDigest(client, receiver, asked, known, offered)
  const shown = { userId: user.id, digest, ...(deviceCodeHash !== undefined && { deviceCodeHash }) }
  const logo = displayedLogo(client, language)
  return reply.page(
    'consent',
    {
      action: action(path),
      transaction: signTransaction({ ...transaction, shown }, app.macKeys),
      ...accountOf(user),
      ...describeFailures(transaction, user, language),
      ...(clientName !== undefined && { clientName }),
      ...(logo !== undefined && { logoUri: logo.uri }),
      ...linksOf(client, language),
      ...(clientHost !== undefined && { clientHost }),
      proof: client.origin,
      ...shownReceiver,
      ...(known.caution !== undefined && { caution: known.caution }),
      again: known.fresh.length > 0,
      scopes: BUILT_IN_SCOPES.filter((name) => decided.includes(name)).map((name) => ({ name, isNew: isNew(known, name) })),
      presets: offered.presets.map((value) => ({ value, isChosen: value === offered.preselected })),
      resources: asked.targets.map((target) => describeTarget(target, offered, known, language)),
    },
    { ...pageOptions, imageOrigin: logo?.origin },
  )
}

const accountOf = ({ username, email }: UserProfile) => ({ username, ...(email !== undefined && { email }) })

/** What is new comes first, where nobody has to unfold a long list to see it; what was allowed before has a list of its own. */
function describeTarget({ identifier, resource }: Target, { options }: OfferedChoice, known: Known, language: string): ConsentResource {
  const own = options.filter(({ permission, scope }) => permission === permissionAt(scope.name, identifier))
  const [kept, others] = [own.filter(({ state }) => state === 'kept'), own.filter(({ state }) => state !== 'kept')]
  return {
    identifier,
    name: resource?.name ?? hostOf(identifier),
    registered: resource !== undefined,
    scoped: (resource?.scopes ?? []).length > 0,
    isNew: known.fresh.includes(identifier),
    scopes: others.map((option) => describeOption(option, language)).sort((one, other) => Number(other.isNew) - Number(one.isNew)),
    kept: kept.map((option) => describeOption(option, language)),
  }
}

const describeOption = (option: ScopeOption, language: string): ConsentScope => ({
  text: describeScope(option.scope, language),
  isNew: option.isNew,
  ...(option.kind !== undefined && { kind: option.kind }),
  ...(option.scope.required === true && { required: true }),
  ...(option.state === 'open' && { box: { value: option.permission, isTicked: option.isTicked } }),
  tools: option.tools.map(({ title, kind }) => ({ title, kind })),
})

/** The host of a resource that has no name; of a URN, all of it. */
const hostOf = (identifier: string): string => /^[a-z][a-z\d+.-]*:\/\/([^/?#]+)/i.exec(identifier)?.[1] ?? identifier

/** A permission is followed by the hash of its words, if it has any. */
const isNew = ({ fresh }: Known, permission: string): boolean => fresh.some((item) => `${item} `.startsWith(`${permission} `))

/** Where people may read more about the client (RFC 7591 section 2): the addresses themselves, for it chose them. */
function linksOf(client: Client, language: string): Pick<ConsentPage, 'clientUri' | 'policyUri' | 'tosUri'> {
  const members = { clientUri: 'client_uri', policyUri: 'policy_uri', tosUri: 'tos_uri' } as const
  const links = Object.entries(members).map(([name, member]) => [name, displayed(client, member, language)] as const)
  return Object.fromEntries(links.filter(([, uri]) => uri !== undefined))
}
