/** Mails, and who may make an account with them. Part of schema.ts. */
import { Type } from '@sinclair/typebox'
import { isLoopback } from '../../domain/protocol/loopback.ts'
import { err, ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { isMailAddress } from '../../domain/user/mail-address.ts'
import { choice, setting } from '../kinds.ts'
import type { Reading } from '../kinds.ts'

export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** `implicit` from the first byte on; `required` by STARTTLS, or no mail is sent; `optional` if the server offers it. */
  readonly tls: 'implicit' | 'required' | 'optional'
  readonly login?: { readonly user: string; readonly password: string } | undefined
}

export interface MailSender {
  readonly name: string
  readonly address: string
}

const PORTS = { 'smtp:': 587, 'smtps:': 465 } as const
const MAX_SENDER_NAME = 60

export const MAIL_SETTINGS = {
  smtpUrl: Type.Optional(
    setting(Type.Unsafe<SmtpServer>(Type.Object({ host: Type.String(), port: Type.Integer() })), {
      name: 'SMTP_URL',
      about:
        'The server that sends mails: invitations, links for a new password, addresses to confirm. Without it, an operator passes links on. ' +
        'To another machine mails go encrypted or not at all, unless the URL ends in `?tls=optional`.',
      accepts: '`smtp://[USER:PASSWORD@]HOST[:PORT]` (with STARTTLS), or `smtps://` for a port that is encrypted from the start',
      example: 'smtp://user:password@smtp.example.com:587',
      secret: true,
      read: readSmtpUrl,
    }),
  ),
  mailFrom: Type.Optional(
    setting(Type.Unsafe<MailSender>(Type.Object({ name: Type.String(), address: Type.String() })), {
      name: 'MAIL_FROM',
      about: 'The sender of mails.',
      accepts: 'an e-mail address, alone or as in `Acme <login@example.com>`',
      example: 'Acme Sign-in <login@example.com>',
      read: readSender,
    }),
  ),
  signUp: choice('SIGN_UP', ['closed', 'invited'], {
    about:
      'Whether people can begin an account at the login page. `closed`: only by a link that an operator made. `invited`: a person with an open ' +
      'invitation can have its link mailed again; this needs `SMTP_URL`.',
    fallback: 'closed',
    example: 'invited',
  }),
}

export function readSmtpUrl(raw: string): Reading {
  const url = URL.canParse(raw) ? new URL(raw) : undefined
  const scheme = url?.protocol
  if (url === undefined || (scheme !== 'smtp:' && scheme !== 'smtps:')) return ok(undefined)
  const { hostname: host, port, username, password, pathname, hash, searchParams } = url
  const tls = searchParams.get('tls')
  const isPlain = (pathname === '' || pathname === '/') && hash === '' && [...searchParams.keys()].every((name) => name === 'tls')
  if (host === '' || !isPlain) return ok(undefined)
  if (tls !== null && (tls !== 'optional' || scheme === 'smtps:'))
    return err('have no other parameter than `?tls=optional`, and only with smtp:')
  if ((username === '') !== (password === '')) return err('name both a user and a password, or neither')
  const decoded = decode(username, password)
  if (decoded === undefined) return err('have a user and a password in which `%` is written as `%25`')
  return ok({
    host: host.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? PORTS[scheme] : Number(port),
    tls: scheme === 'smtps:' ? 'implicit' : tls === 'optional' || isLoopback(host) ? 'optional' : 'required',
    ...(username !== '' && { login: decoded }),
  } satisfies SmtpServer)
}

function decode(user: string, password: string): SmtpServer['login'] {
  try {
    return { user: decodeURIComponent(user), password: decodeURIComponent(password) }
  } catch {
    return undefined
  }
}

function readSender(raw: string): Reading {
  const [, name = '', inBrackets] = /^([^<>]*?)\s*<([^<>]*)>$/.exec(raw) ?? []
  const address = inBrackets ?? raw
  const shown = plainText(name.replace(/^"(.*)"$/, '$1'), MAX_SENDER_NAME + 1)
  return ok(isMailAddress(address) && [...shown].length <= MAX_SENDER_NAME ? { name: shown, address } : undefined)
}

/** Where mails go, for an operator: without user and password. */
export function smtpShown(raw: string): string | undefined {
  const read = readSmtpUrl(raw)
  const server = read.ok ? (read.value as SmtpServer | undefined) : undefined
  return server && `${server.tls === 'implicit' ? 'smtps' : 'smtp'}://${new URL(raw).host}`
}
