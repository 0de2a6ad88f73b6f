/** What the server tells about itself: metrics. Part of schema.ts. */
import { isIP } from 'node:net'
import { Type } from '@sinclair/typebox'
import { err, ok } from '../domain/protocol/result.ts'
import { setting } from './kinds.ts'
import type { Reading } from './kinds.ts'

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
}
