/**
 * Notifies clients that a session ended (OpenID Connect Back-Channel Logout). Owns how; not which clients, nor when a notice is sent
 * again (storage), nor who asks for it (logout.ts, src/jobs/backchannel-logout-job.ts).
 */
import type { FastifyInstance } from 'fastify'
import { newId } from '../../crypto/random.ts'
import { ID_TOKEN_ALGS } from '../../domain/client/client-metadata.ts'
import { subjectOf } from '../../domain/client/subject.ts'
import type { LogoutNotice } from '../../domain/logout/logout-notice.ts'
import { logoutTokenClaims } from '../../domain/token/claims.ts'
import type { FetchFailure, SafeFetch } from '../../fetch/safe-fetch.ts'

/** Tries each of the notices that are due, up to a bound; how many there were. Never throws. */
export type SendBackchannelLogouts = () => Promise<number>

declare module 'fastify' {
  interface FastifyInstance {
    /** For the job that runs beside the server. */
    sendBackchannelLogouts: SendBackchannelLogouts
  }
}

/** Clients that are told at once: the fetcher has other work, too. */
const BATCH = 8

export function createBackchannelLogout(app: FastifyInstance, { safeFetch }: { safeFetch: SafeFetch }): SendBackchannelLogouts {
  const { clients, logoutNotices } = app.storage
  const { issuer } = app.settings

  async function sendBackchannelLogouts(): Promise<number> {
    try {
      const due = await logoutNotices.claim(app.now(), BATCH)
      await Promise.all(due.map(tell))
      return due.length
    } catch (error) {
      app.log.warn({ err: error }, 'telling clients of a logout failed, trying again later')
      return 0
    }
  }

  async function tell(notice: LogoutNotice): Promise<void> {
    const client = await clients.find(notice.clientId)
    const uri = client?.disabledAt === undefined ? client?.metadata.backchannelLogoutUri : undefined
    if (client === undefined || uri === undefined) return logoutNotices.delete(notice)
    const claims = logoutTokenClaims(notice, {
      issuer,
      subject: subjectOf(client.metadata, notice.userId, app.keyset.subjectKey),
      jti: newId(),
      now: app.now(),
    })
    const token = await app.jwt.signLogoutToken(claims, client.metadata.idTokenSignedResponseAlg ?? ID_TOKEN_ALGS[0])
    const told = await safeFetch(uri, { form: new URLSearchParams({ logout_token: token }) })
    const about = { client: client.id, user: notice.userId }
    if (told.ok) app.log.info(about, 'client told of a logout')
    else if (isPassing(told.error))
      return app.log.warn({ ...about, reason: told.error.reason }, 'client could not be told of a logout, trying again later')
    else app.log.warn({ ...about, reason: told.error.reason }, 'client refused to be told of a logout')
    return logoutNotices.delete(notice)
  }

  return sendBackchannelLogouts
}

/** Section 2.5: what may have failed for a while is sent again, nothing else. */
const isPassing = ({ status = 503 }: FetchFailure): boolean => status >= 500 || status === 429 || status === 408
