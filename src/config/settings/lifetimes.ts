/** How long things last: codes, tokens, sessions, unused clients, audit events. Part of schema.ts. */
import { duration, within } from '../durations.ts'

export const LIFETIMES = {
  codeTtl: duration('CODE_TTL', ['10s', '10m'], {
    about: 'How long an authorization code lives (RFC 6749 section 4.1.2: at most 10 minutes).',
    fallback: '60s',
    example: '2m',
  }),
  accessTokenTtl: duration('ACCESS_TOKEN_TTL', ['30s', '1d'], {
    about:
      'How long an access token lives. A resource server that checks only signatures accepts it that long, even if it was revoked. A JWT of ' +
      'somebody who came by a provider lives ten minutes at most unless you set this.',
    fallback: '1h',
    example: '15m',
  }),
  refreshTokenTtl: duration('REFRESH_TOKEN_TTL', ['1m', '3650d'], {
    about: 'How long a client may keep refreshing before the user has to log in again.',
    fallback: '365d',
    example: '90d',
  }),
  refreshTokenIdleTtl: duration('REFRESH_TOKEN_IDLE_TTL', ['1m', '3650d'], {
    about: 'How long a refresh token may stay unused.',
    fallback: '30d',
    derive: (_env, { refreshTokenTtl }) => within(refreshTokenTtl, '30d'),
    derived: 'at most `REFRESH_TOKEN_TTL`',
    example: '14d',
  }),
  refreshGraceTtl: duration('REFRESH_GRACE', ['0s', '10m'], {
    about: 'How long a used refresh token still works, for clients that refresh from two places at once or lose the response.',
    fallback: '60s',
    example: '10s',
  }),
  sessionTtl: duration('SESSION_TTL', ['1m', '365d'], {
    about: 'How long a user stays logged in.',
    fallback: '14d',
    example: '1d',
  }),
  sessionIdleTtl: duration('SESSION_IDLE_TTL', ['1m', '365d'], {
    about: 'How long a user stays logged in without doing anything.',
    fallback: '12h',
    derive: (_env, { sessionTtl }) => within(sessionTtl, '12h'),
    derived: 'at most `SESSION_TTL`',
    example: '30m',
  }),
  unusedClientTtl: duration('UNUSED_CLIENT_TTL', ['1h', '3650d'], {
    about: 'After what time to delete a client that registered itself and was never authorized.',
    fallback: '30d',
    example: '7d',
  }),
  idleClientTtl: duration('IDLE_CLIENT_TTL', ['1d', '3650d'], {
    about: 'After what idle time to delete a client that registered itself, was used, and has no live grant.',
    fallback: '365d',
    example: '180d',
  }),
  auditTtl: duration('AUDIT_TTL', ['1h', '3650d'], {
    about: 'How long the audit log is kept (`audit list`).',
    fallback: '90d',
    example: '365d',
  }),
}
