/**
 * GET and POST /account/tokens, POST /account/tokens/end: access tokens for scripts of one's own. Owns that one is made only here, after a
 * recent login, and shown once; not what it may hold (domain/token/personal-token.ts), nor where it counts.
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { newId, newPersonalToken } from '../../crypto/random.ts'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { BUILT_IN_SCOPES } from '../../domain/protocol/scope.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { describeScope } from '../../domain/resource/resource.ts'
import type { Resource } from '../../domain/resource/resource.ts'
import { MOST_PERSONAL_TOKENS, USUAL_PERSONAL_TOKEN_TTL, parsePersonalToken } from '../../domain/token/personal-token.ts'
import type { PersonalTokenProblem } from '../../domain/token/personal-token.ts'
import { TokenEndForm, TokenForm, TokenQuery } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import type { BrowserSession } from '../login/session.ts'
import { momentIn } from './describe.ts'
import type { Entrance } from './entrance.ts'

const DAY = 86_400
/** Lives to choose from, in days. */
const DAYS: readonly number[] = [7, 30, 90, 365]

const tokens: FastifyPluginAsyncTypebox<{ audit: Audit; entrance: Entrance }> = async (app, { audit, entrance }) => {
  const { base, personalTokens: setting, personalTokenMaxTtl: maxTtl } = app.settings
  const { personalTokens, resources } = app.storage
  if (setting === 'off') return

  app.get(
    PATHS.accountTokens,
    { attachValidation: true, schema: { querystring: TokenQuery }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.open(request, reply, PATHS.accountTokens, 'matters')
      return found === undefined ? reply : show(reply, found, request.query.resource)
    },
  )

  app.post(
    PATHS.accountTokens,
    { attachValidation: true, schema: { body: TokenForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.accountTokens, 'matters')
      if (found === undefined) return reply
      const { resource: resourceId, name, days, scope = [] } = request.body
      const resource = await resources.find(resourceId)
      if (resource === undefined) return show(reply, found, resourceId)
      const now = app.now()
      const mine = await personalTokens.list({ userId: found.user.id, now, limit: MOST_PERSONAL_TOKENS })
      if (mine.length >= MOST_PERSONAL_TOKENS) return show(reply, found, resourceId, 'many')
      const asked = parsePersonalToken({ name, scopes: [scope].flat(), ttl: Number(days) * DAY }, resource, maxTtl)
      if (!asked.ok) return show(reply, found, resourceId, asked.error)
      return make(request, reply, found, resource, asked.value)
    },
  )

  app.post(
    PATHS.accountTokensEnd,
    { attachValidation: true, schema: { body: TokenEndForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.account)
      if (found === undefined) return reply
      const { id, username } = found.user
      const about = { actor: `user ${username}`, userId: id, details: fitDetails({ user: username, id: request.body.id }) }
      const event = audit.event(request, { name: 'personal_token.revoked', ...about })
      const ended = await personalTokens.revoke(request.body.id, id, event)
      return entrance.leadTo(reply, PATHS.account, ended ? 'token' : 'nothing')
    },
  )

  /** The form for a resource; without one that there is, the list of them. */
  async function show(
    reply: FastifyReply,
    found: BrowserSession,
    resourceId: string | undefined,
    problem?: PersonalTokenProblem | 'many',
  ): Promise<void> {
    const accepting = (await resources.list()).filter((each) => each.refusesPersonalTokens !== true)
    const chosen = accepting.find(({ id }) => id === resourceId) ?? (accepting.length === 1 ? accepting[0] : undefined)
    const model = {
      action: base + PATHS.accountTokens,
      token: entrance.formToken(found),
      days: DAYS.filter((days) => days * DAY <= maxTtl).map((days) => ({ days, chosen: days * DAY === USUAL_PERSONAL_TOKEN_TTL })),
      resources: accepting.map(({ id, name, identifier }) => ({ id, name, identifier })),
      ...(chosen !== undefined && { chosen: describe(chosen, reply.pageLanguage()) }),
      ...(problem !== undefined && { problem }),
    }
    await reply.page('my-tokens', model, { status: problem === undefined ? 200 : 400 })
  }

  const describe = ({ id, name, identifier, scopes }: Resource, language: string) => ({
    id,
    name,
    identifier,
    scopes: [
      ...scopes.map((scope) => ({ value: scope.name, text: describeScope(scope, language) })),
      ...BUILT_IN_SCOPES.filter((scope) => scope !== 'offline_access').map((scope) => ({ value: scope, name: scope })),
    ],
  })

  async function make(
    request: FastifyRequest,
    reply: FastifyReply,
    { user }: BrowserSession,
    resource: Resource,
    { name, scopes, ttl }: { readonly name: string; readonly scopes: readonly string[]; readonly ttl: number },
  ): Promise<void> {
    const now = app.now()
    const text = newPersonalToken()
    const record = { id: newId(), tokenHash: sha256(text), userId: user.id, name, resourceId: resource.id, scopes }
    const expiresAt = now + ttl * 1000
    const details = fitDetails({ user: user.username, token: name, resource: resource.identifier, scope: scopes.join(' ') })
    const about = { actor: `user ${user.username}`, userId: user.id, details }
    await personalTokens.insert(
      { ...record, createdAt: now, expiresAt },
      audit.event(request, { name: 'personal_token.created', ...about }),
    )
    request.log.info({ user: user.id, username: user.username, resource: resource.identifier }, 'personal token created')
    await reply.page('my-token', { name, text, resource: resource.identifier, until: momentIn(reply.pageLanguage())(expiresAt) })
  }
}

export default fp(tokens, {
  name: 'account-tokens',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session'],
})
