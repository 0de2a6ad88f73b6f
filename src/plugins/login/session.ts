/** Decorates `app.sessions`: the logged-in browser. Owns the session cookie; not the login. */
import type {} from '@fastify/cookie'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { newId, newSecret } from '../../crypto/random.ts'
import { acrOf, bothAmr, missingFactor } from '../../domain/authorization/authentication.ts'
import type { Consent } from '../../domain/authorization/consent.ts'
import { networkOf } from '../../domain/protocol/network.ts'
import { sha256 } from '../../domain/protocol/sha256.ts'
import { browserWords } from '../../domain/user/browser-words.ts'
import { needsOf } from '../../domain/user/factors.ts'
import type { FactorNeeds } from '../../domain/user/factors.ts'
import { roleOf } from '../../domain/user/role.ts'
import type { Role } from '../../domain/user/role.ts'
import type { Login, Session } from '../../domain/user/session.ts'
import type { UserProfile } from '../../domain/user/user.ts'
import type { Asking } from '../../storage/storage.ts'
import { cookieName, cookieOptions } from './browser-binding.ts'
import { countingHere } from './methods/methods.ts'

export interface BrowserSession {
  readonly session: Session
  readonly user: UserProfile
  /** Those of the user at this moment. */
  readonly groups: readonly string[]
  /** Whether the user may manage the server. */
  readonly role: Role | undefined
  /** What counts in the logins of the user. */
  readonly factors: FactorNeeds
  /** What the user has allowed the client that was asked for. */
  readonly consent?: Consent | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    sessions: {
      /**
       * The live session of the request's browser, or the one that this request has started, unless the user has to show or to set up a
       * second factor first.
       */
      find(request: FastifyRequest): Promise<BrowserSession | undefined>
      /** The same, also while the second factor is missing: nobody is logged in by it. `asking`: for whose consent is brought along. */
      findUnfinished(request: FastifyRequest, asking?: Asking): Promise<BrowserSession | undefined>
      /** Starts a session under a new id. An earlier one of the same person continues in it; one of another person ends. */
      start(request: FastifyRequest, reply: FastifyReply, userId: string, login: Login): Promise<void>
      /** Adds what the user has just shown besides: the session goes on under a new id, and its login stays as old as it is. */
      stepUp(request: FastifyRequest, reply: FastifyReply, session: Session, amr: readonly string[]): Promise<void>
      end(request: FastifyRequest, reply: FastifyReply): Promise<void>
    }
  }
}

/** The last use of a session is saved at most this often: a read is cheaper than a write. */
const TOUCH_INTERVAL_MS = 60_000

const session: FastifyPluginAsync = async (app) => {
  const { secure, sessionIdleTtl, sessionTtl } = app.settings
  const rule = { ...app.settings, counting: countingHere(app.settings) }
  const name = cookieName('solar-session', secure)
  // Often enough that a session in use stays alive, even with a short idle time.
  const touchInterval = Math.min(TOUCH_INTERVAL_MS, (sessionIdleTtl * 1000) / 10)
  /** The hashes of new ids, which the browser doesn't have yet while its request is answered. */
  const started = new WeakMap<FastifyRequest, string>()
  const idHashOf = (request: FastifyRequest) => {
    const id = request.cookies[name]
    return started.get(request) ?? (id === undefined || id === '' ? undefined : sha256(id))
  }

  async function findUnfinished(request: FastifyRequest, asking?: Asking): Promise<BrowserSession | undefined> {
    const idHash = idHashOf(request)
    if (idHash === undefined) return undefined
    const now = app.now()
    const found = await app.storage.sessions.findLive(idHash, now, now - sessionIdleTtl * 1000, asking)
    if (found === undefined) return undefined
    const { session, user, groups, standing, consent } = found
    if (now - session.lastSeenAt > touchInterval) await app.storage.sessions.touch(idHash, now)
    return { session, user, groups, role: roleOf(standing), factors: needsOf(standing, rule, now), consent }
  }

  function give(request: FastifyRequest, reply: FastifyReply, id: string, idHash: string): void {
    started.set(request, idHash)
    reply.setCookie(name, id, { ...cookieOptions(secure), maxAge: sessionTtl })
  }

  app.decorate('sessions', {
    findUnfinished,
    async find(request) {
      const found = await findUnfinished(request)
      return found !== undefined && missingFactor(found.session.acr, found.factors) === undefined ? found : undefined
    },
    async start(request, reply, userId, { amr, authTime, identityId, providerSid }) {
      const earlier = idHashOf(request)
      const id = newSecret()
      const now = app.now()
      const session = {
        idHash: sha256(id),
        userId,
        authTime: authTime ?? now,
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + sessionTtl * 1000,
        amr,
        acr: acrOf(amr),
        identityId,
        providerSid,
        browser: browserWords(request.headers['user-agent']),
        network: networkOf(request.ip),
      }
      if (earlier === undefined || !(await app.storage.sessions.renew(earlier, session))) {
        if (earlier !== undefined) await app.storage.sessions.end(earlier, now)
        await app.storage.sessions.insert({ ...session, sid: newId() })
      }
      give(request, reply, id, session.idHash)
    },
    async stepUp(request, reply, session, shown) {
      const id = newSecret()
      const amr = bothAmr(session.amr, shown)
      const renewed = { ...session, lastSeenAt: app.now(), idHash: sha256(id), amr, acr: acrOf(amr) }
      // It has just ended, in another window for example: the factor alone logs nobody in.
      if (await app.storage.sessions.renew(session.idHash, renewed)) give(request, reply, id, renewed.idHash)
    },
    async end(request, reply) {
      const idHash = idHashOf(request)
      if (idHash !== undefined) await app.storage.sessions.end(idHash, app.now())
      reply.clearCookie(name, cookieOptions(secure))
    },
  })
}
export default fp(session, { name: 'session', dependencies: ['settings', 'storage', 'clock', '@fastify/cookie'] })
