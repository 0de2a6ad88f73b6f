/** What the server tells about itself: metrics, and what becomes of the audit log. Part of schema.ts. */
import { isIP } from 'node:net'
import { Type } from '@sinclair/typebox'
import { err, ok } from '../../domain/protocol/result.ts'
import { choice, setting, text } from '../kinds.ts'
import type { Reading } from '../kinds.ts'

/** A bare port is on the loopback interface: metrics have no password. */
function readListen(raw: string): Reading {
  const [, bracketed, name = 'localhost', port = ''] = /^(?:(?:\[([\da-f:.]+)\]|([a-z\d.-]+)):)?(\d{1,5})$/i.exec(raw) ?? []
  const isRight = port !== '' && Number(port) >= 1 && Number(port) <= 65_535 && (bracketed === undefined || isIP(bracketed) === 6)
  return isRight ? ok({ host: bracketed ?? name, port: Number(port) }) : err('be `PORT` or `HOST:PORT`, with an IPv6 address in brackets')
}

export const OBSERVABILITY = {
  metricsListen: Type.Optional(
    setting(Type.Object({ host: Type.String(), port: Type.Integer() }), {
      name: 'METRICS_LISTEN',
      about:
        'Where Prometheus finds the metrics, at `/metrics` ([observability](observability.md)); a port alone is on the loopback interface. Never let strangers reach it: there is no password.',
      accepts: '`PORT` or `HOST:PORT`',
      example: '9464',
      read: readListen,
    }),
  ),
  auditTools: choice('AUDIT_TOOLS', ['off', 'denied', 'all'], {
    about:
      'Which calls of tools at the gate the audit log keeps: none, those that were refused, or all, with person, client, tool and outcome. Never their arguments.',
    fallback: 'denied',
    example: 'all',
  }),
  auditWebhook: Type.Optional(
    setting(Type.String({ maxLength: 2048 }), {
      name: 'AUDIT_WEBHOOK',
      about: 'Where every audit event is posted, as JSON ([observability](observability.md#webhook)). Needs `AUDIT_WEBHOOK_SECRET`.',
      accepts: 'an http or https URL',
      example: 'https://siem.example.com/solar',
      read: (raw) => ok(isWebAddress(raw) ? raw : undefined),
    }),
  ),
  auditWebhookSecret: Type.Optional(
    text(
      'AUDIT_WEBHOOK_SECRET',
      'at least 32 random characters, such as `openssl rand -base64 32` prints',
      { minLength: 32 },
      {
        about: 'The secret that signs what is posted to `AUDIT_WEBHOOK`: its receiver checks by it that a post is from this server.',
        example: 'what-the-command-printed',
        secret: true,
        verbatim: true,
      },
    ),
  ),
}

/** Without a password in it: what is logged could show it. */
function isWebAddress(raw: string): boolean {
  if (!URL.canParse(raw)) return false
  const { protocol, username, password } = new URL(raw)
  return /^https?:$/.test(protocol) && username === '' && password === ''
}
