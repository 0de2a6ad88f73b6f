/** Structured logs (pino); pretty in a terminal. Nothing that opens a door is ever written (THREATS T17). */
import type { FastifyServerOptions } from 'fastify'

const SECRET_MEMBERS = [
  ...['authorization', 'cookie', 'set-cookie', 'password', 'secret', 'client_secret', 'code', 'code_verifier'],
  ...['token', 'access_token', 'refresh_token', 'id_token', 'transaction', 'state', 'nonce'],
]

export function loggerOptions(level: string, pretty: boolean): NonNullable<FastifyServerOptions['logger']> {
  const paths = SECRET_MEMBERS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`])
  return {
    level,
    redact: { paths, censor: '[redacted]' },
    ...(pretty && { transport: { target: 'pino-pretty', options: { translateTime: 'HH:MM:ss', ignore: 'pid,hostname,reqId' } } }),
  }
}
