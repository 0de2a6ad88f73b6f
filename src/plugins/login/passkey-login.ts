/**
 * POST /login/passkey: a passkey, alone or after another factor (threat-model.md T23). Owns what counts as an attempt, and what a session
 * gains; not which answer is right (methods/passkey.ts), nor when a page asks for it (login-page.ts, factor-pages.ts).
 */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { missingFactor } from '../../domain/authorization/authentication.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { isFreshlyChecked } from '../../domain/provider/check-schedule.ts'
import { labelOf } from '../../domain/provider/provider-label.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import type { User } from '../../domain/user/user.ts'
import { PasskeyLoginForm } from '../../schemas/authorization.ts'
import { PATHS } from '../../schemas/paths.ts'
import { showSecondFactor } from './factor-pages.ts'
import { showLogin } from './login-page.ts'
import { createLoginSteps } from './login-steps.ts'
import type { Limited, LoginNeeds } from './login-steps.ts'
import { checkPasskey, passkey as method } from './methods/passkey.ts'

type PasskeyProblem =
  | { readonly problem: 'passkey'; readonly status: 403 }
  | { readonly problem: 'unchecked'; readonly providerName: string; readonly status: 403 }
  | Limited

const passkeyLogin: FastifyPluginAsyncTypebox<LoginNeeds> = async (app, needs) => {
  const { throttle } = needs
  const { identities } = app.storage
  const steps = createLoginSteps(app, needs)

  app.post(
    PATHS.loginPasskey,
    { attachValidation: true, schema: { body: PasskeyLoginForm }, config: { audience: 'page' } },
    async (request, reply) => {
      request.requireOwnForm()
      const transaction = request.openTransaction(request.body.transaction)
      const { challenge } = transaction
      const guess = { method: 'passkey', subject: 'passkeys', user: undefined, transaction } as const
      // Nobody can guess a passkey: the limit of the sender's address keeps anybody from making this server check signatures for nothing.
      const counted = await steps.count(request, reply, { ...guess, subject: `passkeys:${transaction.browserHash}` })
      if ('problem' in counted) return showAgain(request, reply, transaction, counted)
      const user = await checkPasskey(app, request, request.body.credential, transaction)
      if (user === undefined) {
        // Whose it was is unknown until it is right, so nobody's failures are counted.
        return showAgain(request, reply, await steps.fail(request, guess), { problem: 'passkey', status: 403 })
      }
      await throttle.forgive(counted)
      const found = await app.sessions.findUnfinished(request)
      const isSecond = challenge?.userId !== undefined && found?.user.id === user.id
      const provider = isSecond ? undefined : await providerToAsk(user)
      if (provider !== undefined)
        return showAgain(request, reply, transaction, { problem: 'unchecked', providerName: labelOf(provider), status: 403 })
      if (isSecond) {
        const wasMissing = missingFactor(found.session.acr, found.factors) !== undefined
        await app.sessions.stepUp(request, reply, found.session, method.amr)
        if (!wasMissing) return steps.resume(request, reply, { ...transaction, challenge: undefined })
      } else await app.sessions.start(request, reply, user.id, { amr: method.amr })
      request.log.info({ user: user.id, username: user.username }, 'logged in with a passkey')
      return steps.goOn(request, reply, transaction, user)
    },
  )

  /** The provider that let somebody in, if it has not said of late that this is still so: then no passkey is enough by itself. */
  async function providerToAsk({ id }: User): Promise<Provider | undefined> {
    const managed = (await identities.listOf(id)).filter((each) => each.managed)
    if (managed.length === 0) return undefined
    if (managed.some((each) => isFreshlyChecked(each, app.now()))) return undefined
    return (await app.storage.providers.list()).find((each) => managed.some(({ providerId }) => providerId === each.id))
  }

  async function showAgain(
    request: FastifyRequest,
    reply: FastifyReply,
    transaction: Transaction,
    problem: PasskeyProblem,
  ): Promise<unknown> {
    const context = { client: await steps.clientOf(request, transaction), transaction }
    const found = transaction.challenge?.userId === undefined ? undefined : await app.sessions.findUnfinished(request)
    return found === undefined || problem.problem === 'unchecked'
      ? showLogin(app, reply, context, undefined, problem)
      : showSecondFactor(app, reply, context, found, found.factors.hasCodes ? 'second-factor' : 'passkey', problem)
  }
}
export default fp(passkeyLogin, {
  name: 'passkey-login',
  encapsulate: true,
  dependencies: ['settings', 'storage', 'keys', 'clock', 'pages', 'browser-binding', 'session'],
})
