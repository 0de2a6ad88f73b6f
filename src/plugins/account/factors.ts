/**
 * GET /account/factors and the forms on it: what somebody logs in with. Owns that it is seen, added and removed by its
 * owner only, and after a recent login; not how a factor is proven (factor-set-up.ts, login/methods/).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { fitDetails } from '../../domain/audit/audit-details.ts'
import { isManaged } from '../../domain/provider/account.ts'
import { labelOf } from '../../domain/provider/provider-label.ts'
import { parsePasskeyName } from '../../domain/user/passkeys.ts'
import { AccountQuery, FactorForm, NameForm, OwnForm } from '../../schemas/account.ts'
import { PATHS } from '../../schemas/paths.ts'
import type { Audit } from '../kernel/audit.ts'
import { createFailureCounts } from '../login/failure-counts.ts'
import { canSetUp } from '../login/methods/methods.ts'
import { mayUsePassword } from '../login/methods/password.ts'
import type { BrowserSession } from '../login/session.ts'
import { showSetUp } from '../login/factor-pages.ts'
import { FACTOR_NOTICES, REMOVAL_NOTICES } from '../pages/account-models.ts'
import { describeIdentity, momentIn } from './describe.ts'
import type { Entrance } from './entrance.ts'
import { makeRecoveryCodes } from './recovery-codes.ts'

const accountFactors: FastifyPluginAsyncTypebox<{ audit: Audit; entrance: Entrance }> = async (app, { audit, entrance }) => {
  const { base } = app.settings
  const { factors, identities, providers, users } = app.storage
  const failureCounts = createFailureCounts(app)
  const page = { attachValidation: true, schema: { querystring: AccountQuery }, config: { audience: 'page' } } as const

  app.get(PATHS.factors, page, async (request, reply) => {
    const found = await entrance.open(request, reply, PATHS.factors)
    if (found === undefined) return reply
    // The session is somebody's.
    const user = (await users.find(found.user.id))!
    const { passkeys, codes, recoveryCodes } = await factors.listOf(user.id)
    const linked = await identities.listOf(user.id)
    const stored = await providers.list()
    const managed = isManaged(user, linked)
    const open = managed ? [] : await app.enabledProviders()
    const moment = momentIn(reply.pageLanguage(request.query.ui_locales))
    const notice = FACTOR_NOTICES.find((each) => each === request.query.notice)
    const model = {
      token: entrance.formToken(found),
      ...(notice !== undefined && { notice }),
      ...(codes !== undefined && { codesSince: moment(codes.createdAt) }),
      recoveryCodes,
      hasFactors: codes !== undefined || passkeys.length > 0,
      passkeys: passkeys.map(({ id, name, createdAt, lastUsedAt, backedUp }) => ({
        id,
        name,
        since: moment(createdAt),
        ...(lastUsedAt !== undefined && { lastUsed: moment(lastUsedAt) }),
        backedUp,
      })),
      ...(!managed &&
        user.origin !== 'environment' &&
        mayUsePassword(user, app.settings) && { password: { exists: user.passwordHash !== undefined } }),
      ...((linked.length > 0 || open.length > 0) && {
        services: {
          identities: linked.map((identity) => describeIdentity(identity, stored, moment)),
          managed,
          providers: open.map((provider) => ({ name: provider.name, label: labelOf(provider) })),
        },
      }),
      mayAdd: canSetUp(app.settings),
    }
    return reply.page('my-factors', model, { uiLocales: request.query.ui_locales })
  })

  app.get(PATHS.factorSetUp, page, async (request, reply) => {
    const found = await entrance.open(request, reply, PATHS.factorSetUp, 'matters')
    if (found === undefined) return reply
    return showSetUp(app, reply, {}, found)
  })

  app.post(
    PATHS.factorEnd,
    { attachValidation: true, schema: { body: FactorForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.factors, 'matters')
      if (found === undefined) return reply
      const { id } = found.user
      const { passkey } = request.body
      if (passkey === undefined) {
        const ended = await factors.deleteCodes(id, removalOf(request, found, { factor: 'codes' }))
        return leave(ended ? 'removed' : 'nothing')
      }
      const event = removalOf(request, found, { factor: 'passkey' })
      const outcome = await factors.deletePasskey(id, passkey, app.settings, event)
      return leave(REMOVAL_NOTICES[outcome])

      async function leave(notice: (typeof FACTOR_NOTICES)[number]) {
        if (notice === 'removed') await failureCounts.noteChange(found!.user)
        return entrance.leadTo(reply, PATHS.factors, notice)
      }
    },
  )

  app.post(
    PATHS.factorName,
    { attachValidation: true, schema: { body: NameForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.factors)
      if (found === undefined) return reply
      const name = parsePasskeyName(request.body.name)
      const renamed = name !== undefined && (await factors.renamePasskey(found.user.id, request.body.passkey, name))
      return entrance.leadTo(reply, PATHS.factors, renamed ? 'renamed' : 'nothing')
    },
  )

  app.post(
    PATHS.factorRecovery,
    { attachValidation: true, schema: { body: OwnForm }, config: { audience: 'page' } },
    async (request, reply) => {
      const found = await entrance.receive(request, reply, PATHS.factors, 'matters')
      if (found === undefined) return reply
      const { passkeys, codes: codesOfApp } = await factors.listOf(found.user.id)
      // They stand in for another factor, so there has to be one.
      if (codesOfApp === undefined && passkeys.length === 0) return entrance.leadTo(reply, PATHS.factors, 'nothing')
      const codes = await makeRecoveryCodes(app, request, found.user)
      return reply.page('recovery-codes', { codes, next: { link: base + PATHS.factors } })
    },
  )

  const removalOf = (request: FastifyRequest, { user }: BrowserSession, about: Record<string, string>) =>
    audit.event(request, {
      name: 'factor.removed',
      actor: `user ${user.username}`,
      userId: user.id,
      details: fitDetails({ user: user.username, ...about }),
    })
}

export default fp(accountFactors, {
  name: 'account-factors',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'clock', 'keys', 'pages', 'browser-binding', 'session', 'enabled-providers'],
})
