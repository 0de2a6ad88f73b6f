/**
 * Logins that are under way at providers: sends a browser there, and recognizes it when it is back (threat-model.md T21). Owns the
 * cookie and the record; not who it was (accounts.ts).
 */
import type {} from '@fastify/cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { newSecret } from '../../crypto/random.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import { addAttempt, attemptSecrets, parseAttemptCookie, removeAttempt, renderAttemptCookie } from '../../domain/provider/attempt-cookie.ts'
import { ATTEMPT_LIFETIME_MS, MAX_PROGRESS, TRIAL_BROWSER, isTrialState } from '../../domain/provider/provider-attempt.ts'
import type { AttemptProgress, TrialProgress } from '../../domain/provider/provider-attempt.ts'
import type { Provider } from '../../domain/provider/provider.ts'
import { OAuthError } from '../../domain/protocol/errors.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import type { Result } from '../../domain/protocol/result.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import type { Arrival, ProviderFailure, Wish } from '../../providers/provider-client.ts'
import { cookieName, cookieOptions } from '../login/browser-binding.ts'
import type { ConnectTo } from './connect.ts'

export interface Attempts {
  /** Where the browser has to go; its attempt is kept. */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    provider: Provider,
    transaction: Transaction,
    errand?: Errand,
  ): Promise<Result<URL, ProviderFailure>>
  /**
   * The attempt with which this browser is back, which counts once, and what the provider says of it.
   *
   * @throws {OAuthError} if no such attempt is under way
   */
  end(
    request: FastifyRequest,
    reply: FastifyReply,
    provider: Provider,
    query: URLSearchParams,
  ): Promise<{ progress: AttemptProgress; arrived: Result<Arrival, ProviderFailure> }>
  /** Where an answer goes that an operator's trial waits for, once. */
  endTrial(provider: Provider, query: URLSearchParams): Promise<string | undefined>
}

/** Why somebody is sent, besides to log in. */
export interface Errand {
  /** The subject of somebody who came already, and is asked for a consent. */
  readonly consentOf?: string
  /** The hash of the invitation's token. */
  readonly invitation?: string
  /** The oldest login that counts where the request doesn't say, in seconds. */
  readonly maxAge?: number | undefined
}

export function createAttempts(app: FastifyInstance, connectTo: ConnectTo): Attempts {
  const { secure } = app.settings
  const { providerAttempts } = app.storage
  const name = cookieName('solar-attempts', secure)
  return {
    async begin(request, reply, provider, transaction, { consentOf, invitation, maxAge } = {}) {
      const wish = { ...wishOf(transaction, maxAge), consentOf }
      const progress: AttemptProgress = {
        transaction,
        startedAt: app.now(),
        freshly: wish.prompt === 'login',
        ...(wish.maxAge !== undefined && { maxAge: wish.maxAge }),
        ...(consentOf !== undefined && { consented: true }),
        ...(invitation !== undefined && { invitation }),
      }
      if (Buffer.byteLength(JSON.stringify(progress)) > MAX_PROGRESS)
        throw new OAuthError('invalid_request', 'this request is too long to log in by a provider with it', { status: 413 })
      const before = parseAttemptCookie(request.cookies[name]) ?? { secret: newSecret(), handles: [] }
      const handle = newSecret()
      const departure = await connectTo(provider).depart(attemptSecrets(before, handle), wish)
      if (!departure.ok) return departure
      const { cookie, givenUp } = addAttempt(before, handle)
      const browserHash = sha256(cookie.secret)
      for (const each of givenUp) await providerAttempts.delete({ handleHash: sha256(each), browserHash })
      const expiresAt = progress.startedAt + ATTEMPT_LIFETIME_MS
      await providerAttempts.insert({ handleHash: sha256(handle), browserHash, providerId: provider.id, progress, expiresAt })
      reply.setCookie(name, renderAttemptCookie(cookie), { ...cookieOptions(secure), maxAge: ATTEMPT_LIFETIME_MS / 1000 })
      return ok(departure.value)
    },
    async end(request, reply, provider, query) {
      const cookie = parseAttemptCookie(request.cookies[name])
      const [handle, ...more] = query.getAll('state')
      const isOurs = handle !== undefined && more.length === 0 && cookie?.handles.includes(handle) === true
      const account = { handleHash: sha256(handle ?? ''), browserHash: sha256(cookie?.secret ?? ''), providerId: provider.id }
      const attempt = isOurs ? await providerAttempts.take(account, app.now()) : undefined
      const progress = attempt?.progress as AttemptProgress | undefined
      if (progress === undefined || progress.transaction.browserHash !== request.browserHash()) throw notUnderWay()
      reply.setCookie(name, renderAttemptCookie(removeAttempt(cookie!, handle!)), {
        ...cookieOptions(secure),
        maxAge: ATTEMPT_LIFETIME_MS / 1000,
      })
      const arrived = await connectTo(provider).arrive(query, attemptSecrets(cookie!, handle!))
      return { progress, arrived: arrived.ok ? arrived : err(arrived.error) }
    },
    async endTrial(provider, query) {
      const [state, ...more] = query.getAll('state')
      if (!isTrialState(state) || more.length > 0) return undefined
      const account = { handleHash: sha256(state), browserHash: TRIAL_BROWSER, providerId: provider.id }
      const trial = await providerAttempts.take(account, app.now())
      return trial && `http://127.0.0.1:${(trial.progress as TrialProgress).port}/callback?${query}`
    },
  }
}

const notUnderWay = () =>
  new OAuthError('invalid_request', 'this sign-in has expired, was used already, or began in another browser: start again in the app', {
    page: { cause: 'expired' },
  })

/**
 * How the client, or the person, wants the login to be; the provider hears of it.
 *
 * @param otherwise the oldest login that counts where the request doesn't say, in seconds
 */
export function wishOf({ parameters, switchedAt }: Transaction, otherwise: number | undefined): Wish {
  const prompts = (parameters.prompt ?? '').split(' ')
  const prompt = prompts.includes('login')
    ? 'login'
    : prompts.includes('select_account') || switchedAt !== undefined
      ? 'select_account'
      : undefined
  const maxAge = parameters.max_age === undefined ? otherwise : Number(parameters.max_age)
  const { login_hint: loginHint, acr_values: acrValues, ui_locales: uiLocales } = parameters
  return { prompt, maxAge, loginHint, acrValues, uiLocales }
}
