/**
 * Posts audit events to a receiver outside, signed as Standard Webhooks have it. Owns the request; not which events are due, nor when they
 * are tried again (storage/stores/outbox.ts).
 */
import { createHmac } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { newId } from '../crypto/random.ts'
import { eventJson } from '../domain/audit/event-json.ts'
import type { Deliver } from './outbox-job.ts'

export interface AuditReceiver {
  readonly url: string
  readonly secret: string
}

/** Events in a post. */
export const BATCH = 100
const TIMEOUT_MS = 10_000

/** Delivers what is due; 0 if the receiver didn't take it. */
export function createAuditWebhook(app: FastifyInstance, { url, secret }: AuditReceiver): Deliver {
  const { auditEvents } = app.storage
  let isDown = false

  async function post(body: string): Promise<void> {
    const id = newId()
    const timestamp = String(Math.floor(app.now() / 1000))
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        'content-type': 'application/json',
        'user-agent': 'solar-system-oauth-server',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': signPost(secret, id, timestamp, body),
      },
      body,
    })
    await response.body?.cancel()
    if (!response.ok) throw new Error(`the receiver answered ${response.status}`)
  }

  /** Once while it lasts, and once when it is over. */
  function note(outcome: 'ok' | 'failed', error?: unknown): void {
    app.meter.count('deliveries', { outcome })
    if (outcome === 'failed' && !isDown) app.log.warn({ err: error }, 'audit events could not be delivered, trying again later')
    if (outcome === 'ok' && isDown) app.log.info('audit events are delivered again')
    isDown = outcome === 'failed'
  }

  return async () => {
    try {
      const events = await auditEvents.claim(app.now(), BATCH)
      if (events.length === 0) return 0
      await post(JSON.stringify({ events: events.map(eventJson) }))
      await auditEvents.settle(events)
      note('ok')
      return events.length
    } catch (error) {
      note('failed', error)
      return 0
    }
  }
}

/** The value of `webhook-signature`: by the text of the secret, or by the bytes that stand behind `whsec_`. */
export function signPost(secret: string, id: string, timestamp: string, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}
