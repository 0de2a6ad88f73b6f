/**
 * Notifies clients that a session ended (OpenID Connect Back-Channel Logout). Owns the sending; not which clients, nor when a notice is
 * sent again (storage), nor who starts it (logout.ts, src/jobs/outbox-job.ts).
 */
import type { FastifyInstance } from 'fastify'
import { newId } from '../../crypto/random.ts'
import { ID_TOKEN_ALGS } from '../../domain/client/client-metadata.ts'
import type { Client } from '../../domain/client/client.ts'
import { holdToProfile } from '../../domain/client/security-profile.ts'
import { sessionIdOf, subjectOf } from '../../domain/client/subject.ts'
import type { LogoutNotice } from '../../domain/logout/logout-notice.ts'
import { logoutTokenClaims } from '../../domain/token/claims.ts'
import type { FetchFailure, SafeFetch } from '../../fetch/safe-fetch.ts'

/**
 * Sends the notices that are due, up to a bound. Resolves to how many there were; never throws.
 *
 * @param sid the session whose notices come first, so that nobody's logout has to wait for those of others
 */
export type SendBackchannelLogouts = (sid?: string) => Promise<number>

declare module 'fastify' {
  interface FastifyInstance {
    /** For the job that runs beside the server. */
    sendBackchannelLogouts: SendBackchannelLogouts
  }
}

/** Notices sent at once: the fetcher has other work, too. */
const BATCH = 8
/** How long a person who logs out waits for clients to answer, in ms. */
export const PATIENCE_MS = 1000

export function createBackchannelLogout(app: FastifyInstance, { safeFetch }: { safeFetch: SafeFetch }): SendBackchannelLogouts {
  const { clients, logoutNotices } = app.storage
  const { issuer, securityProfile } = app.settings

  /** Those that go on while nobody waits for them any more: the storage closes after them. */
  const underWay = new Set<Promise<number>>()
  app.addHook('onClose', async () => void (await Promise.all(underWay)))

  const sendBackchannelLogouts: SendBackchannelLogouts = (sid) => {
    const sending: Promise<number> = sendBatch(sid).finally(() => underWay.delete(sending))
    underWay.add(sending)
    return sending
  }

  async function sendBatch(sid: string | undefined): Promise<number> {
    try {
      const own = sid === undefined ? [] : await logoutNotices.claim(app.now(), BATCH, sid)
      const others = own.length < BATCH ? await logoutNotices.claim(app.now(), BATCH - own.length) : []
      const due = [...own, ...others]
      await Promise.all(due.map(send))
      return due.length
    } catch (error) {
      app.log.warn({ err: error }, 'telling clients of a logout failed, trying again later')
      return 0
    }
  }

  /** As its security profile has it, which may forbid it. */
  async function findUsable(id: string): Promise<Client | undefined> {
    const client = await clients.find(id)
    if (client === undefined || client.disabledAt !== undefined) return undefined
    const held = holdToProfile(client, securityProfile)
    return held.ok ? held.value : undefined
  }

  async function send(notice: LogoutNotice): Promise<void> {
    const client = await findUsable(notice.clientId)
    const uri = client?.metadata.backchannelLogoutUri
    if (client === undefined || uri === undefined) return logoutNotices.delete(notice)
    const { subjectKey } = app.keyset
    const known = { ...notice, sid: sessionIdOf(notice, subjectKey) }
    const claims = logoutTokenClaims(known, {
      issuer,
      subject: subjectOf(client.metadata, notice, subjectKey),
      jti: newId(),
      now: app.now(),
    })
    const token = await app.jwt.signLogoutToken(claims, client.metadata.idTokenSignedResponseAlg ?? ID_TOKEN_ALGS[0])
    // The places to send from are shared by people: whose clients are slow delays nobody else's notices.
    const sent = await safeFetch(uri, { form: new URLSearchParams({ logout_token: token }), sender: `user ${notice.userId}` })
    const about = { client: client.id, user: notice.userId }
    if (sent.ok) app.log.info(about, 'client notified of a logout')
    else if (isPassing(sent.error))
      return app.log.warn({ ...about, reason: sent.error.reason }, 'client could not be notified of a logout, trying again later')
    else app.log.warn({ ...about, reason: sent.error.reason }, 'client refused the notice of a logout')
    return logoutNotices.delete(notice)
  }

  return sendBackchannelLogouts
}

/** Section 2.5: only a failure that may pass is tried again. */
const isPassing = ({ status = 503 }: FetchFailure): boolean => status >= 500 || status === 429 || status === 408
