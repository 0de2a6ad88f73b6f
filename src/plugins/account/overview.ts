/**
 * GET /account: who somebody is here, which clients act for them, where they are logged in, what happened lately; and the buttons that
 * end a client's access or a session. Another person's id is answered as one that is unknown (threat-model.md T24).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { ACCOUNT_EVENTS } from '../../domain/audit/account-events.ts'
import type { AuditEvent } from '../../domain/audit/audit-event.ts'
import { displayName } from '../../domain/client/client-display.ts'
import { formatScope } from '../../domain/protocol/scope.ts'
import type { ResourceRegistry } from '../../domain/resource/resource-registry.ts'
import { AccountQuery, AppForm, SessionForm } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import type { BrowserSession } from '../login/session.ts'
import { describeFailures } from '../login/transaction-page.ts'
import { ACCOUNT_NOTICES } from '../pages/account-models.ts'
import { describeConsent, describeEvent, describeGrant, describeSession, describeToken } from './describe.ts'
import type { Entrance } from './entrance.ts'

/** How much of each list a page shows; the rest is in the download. */
const MOST = 100
const EVENTS_SHOWN = 20

const overview: FastifyPluginAsyncTypebox<{ audit: Audit; entrance: Entrance }> = async (app, { audit, entrance }) => {
  const { accountDeletion, personalTokens: tokensSetting, sessionIdleTtl, accessTokenTtl, accessTokenFormat } = app.settings
  const { grants, consents, sessions, auditEvents, clients, personalTokens } = app.storage
  const page = { attachValidation: true, schema: { querystring: AccountQuery }, config: { audience: 'page' } } as const

  app.get(PATHS.account, page, async (request, reply) => {
    const found = await entrance.open(request, reply, PATHS.account)
    if (found === undefined) return reply
    const { user, session } = found
    const transaction = openFailures(request)
    const uiLocales = request.query.ui_locales ?? transaction?.parameters.ui_locales
    const registry = await app.resourceRegistry()
    const words = { language: reply.pageLanguage(uiLocales), registry }
    const now = app.now()
    const connected = await grants.list({ userId: user.id, now, limit: MOST })
    const acting = new Set(connected.map(({ client }) => client.id))
    const remembered = (await consents.list(user.id, MOST)).filter(({ client }) => !acting.has(client.id))
    const live = await sessions.list({ userId: user.id, now, idleSince: now - sessionIdleTtl * 1000, limit: MOST })
    const events = (await auditEvents.list({ userId: user.id, since: 0, limit: MOST })).filter(({ name }) => ACCOUNT_EVENTS.has(name))
    const shown = events.slice(0, EVENTS_SHOWN)
    const names = await clientNames(shown, words.language)
    const mine = await personalTokens.list({ userId: user.id, now, limit: MOST })
    const { notice } = request.query
    const known = ACCOUNT_NOTICES.find((each) => each === notice)
    const { name } = user.profile
    return reply.page(
      'my-account',
      {
        token: entrance.formToken(found),
        username: user.username,
        ...(name !== undefined && { name }),
        ...(user.email !== undefined && { email: user.email }),
        ...(known !== undefined && { notice: known }),
        ...(transaction !== undefined && describeFailures(transaction, user, words.language)),
        apps: connected.map((grant) => describeGrant(grant, words)),
        remembered: onePerClient(remembered).map((consent) => describeConsent(consent, words)),
        tokenMinutes: tokenMinutes(registry),
        sessions: live.map(({ session: each }) => describeSession(each, each.idHash === session.idHash, words)),
        events: shown.map((event) => describeEvent(event, names.get(event.clientId ?? ''), words)),
        mayMakeTokens: tokensSetting === 'on',
        tokens: mine.map(({ token }) => describeToken(token, words)),
        mayDelete: accountDeletion === 'on',
      },
      { uiLocales },
    )
  })

  app.post(
    PATHS.accountApps,
    { attachValidation: true, schema: { body: AppForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.account)
      if (found === undefined) return reply
      const { grant: grantId, client: clientId } = request.body
      const ended = grantId === undefined ? await forget(request, found, clientId ?? '') : await disconnect(request, found, grantId)
      return entrance.leadTo(reply, PATHS.account, ended ? 'app' : 'nothing')
    },
  )

  app.post(
    PATHS.accountSessions,
    { attachValidation: true, schema: { body: SessionForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.account)
      if (found === undefined) return reply
      const { session: id, others } = request.body
      if (others !== undefined) {
        const event = ownEvent(request, found, { name: 'session.ended', details: { sessions: 'others' } })
        const ended = await sessions.endOf(found.user.id, app.now(), event, found.session.idHash)
        return entrance.leadTo(reply, PATHS.account, ended ? 'sessions' : 'nothing')
      }
      return entrance.leadTo(reply, PATHS.account, (await endSession(request, found, id ?? '')) ? 'session' : 'nothing')
    },
  )

  /** The transaction of the login that led here; one that has expired, or belongs to another browser, says nothing. */
  function openFailures(request: FastifyRequest<{ Querystring: AccountQuery }>) {
    const { transaction } = request.query
    if (transaction === undefined) return undefined
    try {
      return request.openTransaction(transaction)
    } catch {
      return undefined
    }
  }

  async function disconnect(request: FastifyRequest, found: BrowserSession, grantId: string): Promise<boolean> {
    const listed = await grants.find(grantId, app.now())
    if (listed?.grant.userId !== found.user.id) return false
    const { grant } = listed
    const details = fitDetails({ grant: grant.id, scope: formatScope(grant.scopes) })
    const event = ownEvent(request, found, { name: 'grant.revoked', clientId: grant.clientId, details })
    return grants.disconnect(grant, app.now(), event)
  }

  function forget(request: FastifyRequest, found: BrowserSession, clientId: string): Promise<boolean> {
    const event = ownEvent(request, found, { name: 'grant.revoked', clientId, details: { consent: 'forgotten' } })
    return consents.forget(found.user.id, clientId, event)
  }

  async function endSession(request: FastifyRequest, found: BrowserSession, idHash: string): Promise<boolean> {
    const now = app.now()
    const other = await sessions.findLive(idHash, now, now - sessionIdleTtl * 1000)
    if (other?.user.id !== found.user.id) return false
    const event = ownEvent(request, found, { name: 'session.ended', details: { session: other.session.sid } })
    return sessions.end(idHash, now, event)
  }

  const ownEvent = (request: FastifyRequest, { user }: BrowserSession, about: Pick<AuditEvent, 'name' | 'clientId' | 'details'>) =>
    audit.event(request, { ...about, actor: `user ${user.username}`, userId: user.id })

  async function clientNames(events: readonly AuditEvent[], language: string): Promise<ReadonlyMap<string, string>> {
    const ids = [...new Set(events.flatMap(({ clientId }) => clientId ?? []))]
    const found = await Promise.all(ids.map((id) => clients.find(id)))
    return new Map(found.flatMap((client) => (client === undefined ? [] : [[client.id, displayName(client, language)]])))
  }

  /** How long a token that needs no question here may still count, once its grant has ended. */
  function tokenMinutes({ resources }: ResourceRegistry): number {
    const usual = { accessTokenTtl, accessTokenFormat }
    const formats = [usual, ...resources.map((each) => ({ ...usual, ...withoutUndefined(each) }))]
    const signed = formats.filter((each) => each.accessTokenFormat === 'jwt')
    return Math.ceil(Math.max(0, ...signed.map((each) => each.accessTokenTtl)) / 60)
  }
}

const withoutUndefined = <T extends object>(given: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: NonNullable<T[K]> }

/** A client may have consents for several receivers: the page shows the latest, and all end together. */
const onePerClient = <T extends { readonly client: { readonly id: string } }>(list: readonly T[]): T[] =>
  list.filter(({ client }, index) => list.findIndex((other) => other.client.id === client.id) === index)

export default fp(overview, {
  name: 'account-overview',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'resources', 'pages', 'browser-binding', 'session'],
})
