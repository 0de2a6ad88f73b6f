/** How much there may be: clients, registrations, logins, requests. Part of schema.ts. */
import { Type } from '@sinclair/typebox'
import { ok } from '../../domain/protocol/result.ts'
import { duration, rateLimit } from '../durations.ts'
import { choice, flag, setting } from '../kinds.ts'

export const LIMITS = {
  maxClients: setting(Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Literal('off')]), {
    name: 'MAX_CLIENTS',
    about:
      'The most clients there may be. At the cap, the server evicts clients that no user ever allowed, then idle ones; never one with a live ' +
      'grant, or one that you added.',
    accepts: 'a whole number from 1 to 1000000000, or `off`',
    fallback: '100000',
    example: '1000000',
    read: (raw) => ok(/^\d+$/.test(raw) ? Number(raw) : raw.toLowerCase()),
  }),
  shareIdenticalClients: flag('SHARE_IDENTICAL_CLIENTS', {
    about:
      'Whether clients without a secret that register exactly the same metadata share one record. Some hosted clients register on every connect.',
    fallback: 'false',
    example: 'true',
  }),
  registration: choice('REGISTRATION', ['open', 'token', 'closed'], {
    about:
      'Who may register clients: anybody, only holders of an initial access token (`initial-access-token create`), or nobody. Clients with a metadata ' +
      'document do not register: see `CIMD`.',
    fallback: 'open',
    example: 'token',
  }),
  clientSecretOverlap: duration('CLIENT_SECRET_OVERLAP', ['0s', '30d'], {
    about: 'How long the previous secret stays valid once a client has a new one.',
    fallback: '1d',
    example: '1h',
  }),
  rateLimitLogin: rateLimit('RATE_LIMIT_LOGIN', {
    about:
      'How many failed logins an account may have in the given time; each browser in which the user has logged in before may have as many of its own.',
    fallback: '10/15m',
    example: '5/1h',
  }),
  rateLimitRegister: rateLimit('RATE_LIMIT_REGISTER', {
    about:
      'How many registrations, with changes and deletions of them, may come from one address. Hosted clients share addresses: leave room for bursts.',
    fallback: '120/1m',
    example: '600/1m',
  }),
  rateLimitToken: rateLimit('RATE_LIMIT_TOKEN', {
    about:
      'How many token requests may come from one address; the same number of pushed requests, device requests, revocations and failed introspections each. A user gets a tenth as many codes.',
    fallback: '3000/1m',
    example: 'off',
  }),
}
