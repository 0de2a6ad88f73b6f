/**
 * Tells clients that a session ended (OpenID Connect Back-Channel Logout): decorates `app.sendBackchannelLogouts()`. Owns how a client
 * is told; not whom there is to tell, nor when it is tried again (storage), nor who asks for it (plugins/logout/logout.ts and
 * src/jobs/backchannel-logout-job.ts).
 */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { logoutTokenClaims } from '../../domain/token/claims.ts'
import { ID_TOKEN_ALGS } from '../../domain/client/client-metadata.ts'
import type { LogoutNotice } from '../../domain/logout/logout-notice.ts'
import type { FetchFailure } from '../../fetch/safe-fetch.ts'
import { newId } from '../../crypto/random.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tries each of the notices that are due, up to a bound; how many there were. Never throws. */
    sendBackchannelLogouts(): Promise<number>
  }
}

/** Clients that are told at once: the fetcher has other work, too. */
const BATCH = 8

const backChannel: FastifyPluginAsync = async (app) => {
  const { clients, logoutNotices } = app.storage
  const { issuer } = app.settings

  app.decorate('sendBackchannelLogouts', async () => {
    try {
      const due = await logoutNotices.claim(app.now(), BATCH)
      await Promise.all(due.map(tell))
      return due.length
    } catch (error) {
      app.log.warn({ err: error }, 'telling clients of a logout failed, trying again later')
      return 0
    }
  })

  async function tell(notice: LogoutNotice): Promise<void> {
    const client = await clients.find(notice.clientId)
    const uri = client?.disabledAt === undefined ? client?.metadata.backchannelLogoutUri : undefined
    if (client === undefined || uri === undefined) return logoutNotices.delete(notice)
    const claims = logoutTokenClaims(notice, { issuer, subject: app.subjectOf(client, notice.userId), jti: newId(), now: app.now() })
    const token = await app.jwt.signLogoutToken(claims, client.metadata.idTokenSignedResponseAlg ?? ID_TOKEN_ALGS[0])
    const told = await app.safeFetch(uri, { form: new URLSearchParams({ logout_token: token }) })
    const about = { client: client.id, user: notice.userId }
    if (told.ok) app.log.info(about, 'client told of a logout')
    else if (isPassing(told.error))
      return app.log.warn({ ...about, reason: told.error.reason }, 'client could not be told of a logout, trying again later')
    else app.log.warn({ ...about, reason: told.error.reason }, 'client refused to be told of a logout')
    return logoutNotices.delete(notice)
  }
}

/** Section 2.5: what may have failed for a while is sent again, nothing else. */
const isPassing = ({ status = 503 }: FetchFailure): boolean => status >= 500 || status === 429 || status === 408

export default fp(backChannel, { name: 'back-channel', dependencies: ['settings', 'storage', 'clock', 'keys', 'clients'] })
