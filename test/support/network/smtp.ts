/** A mail server on this machine, which keeps what it gets, and fails in the ways that a test asks for. */
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerOptions } from 'smtp-server'
import { createCertificate } from './certificate.ts'

export interface Received {
  readonly from: string
  readonly to: readonly string[]
  readonly secure: boolean
  readonly user: string | undefined
  /** The whole message, and its parts, decoded. */
  readonly raw: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly html: string
}

export interface MailServer {
  readonly port: number
  readonly mails: readonly Received[]
  /** The next mail that comes, or the one that has come since the last call. */
  next(): Promise<Received>
}

type Teardown = { teardown(fn: () => unknown): unknown }

/** An answer of a mail server that isn't "yes". */
export const refusal = (responseCode: number, message: string): Error => Object.assign(new Error(message), { responseCode })

export async function serveMails(t: Teardown, options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: Received[] = []
  const waiting: ((mail: Received) => void)[] = []
  let taken = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: options.onAuth === undefined ? ['AUTH', 'STARTTLS'] : [],
    ...options,
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        const raw = Buffer.concat(chunks).toString()
        const envelope = { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address) }
        const mail = { ...envelope, secure: session.secure, user: session.user as string | undefined, raw, ...partsOf(raw) }
        mails.push(mail)
        waiting.shift()?.(mail)
        callback()
      })
    },
  })
  server.on('error', () => undefined) // a client that goes away is no news
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    next() {
      const mail = mails[taken++]
      return mail === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(mail)
    },
  }
}

/** Offers STARTTLS, with a certificate that nobody vouches for. */
export const withTls = (): SMTPServerOptions => ({ ...createCertificate('localhost'), disabledCommands: ['AUTH'] })

/** A server of any behaviour: it gets each connection, and ends with the test. */
export async function servePlainly(t: Teardown, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return (server.address() as AddressInfo).port
}

function partsOf(raw: string): Pick<Received, 'headers' | 'text' | 'html'> {
  const { headers, body } = split(raw)
  const [, boundary = ''] = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '') ?? []
  const parts = body.split(`--${boundary}`).map((part) => split(part.replace(/^\r\n/, '')))
  const decoded = (type: string): string => {
    const part = parts.find((each) => each.headers['content-type']?.startsWith(type) === true)
    return part === undefined ? '' : decode(part.body, part.headers['content-transfer-encoding']).replaceAll('\r\n', '\n')
  }
  return {
    headers: { ...headers, subject: decodeWords(headers['subject'] ?? '') },
    text: decoded('text/plain'),
    html: decoded('text/html'),
  }
}

function split(message: string): { headers: Record<string, string>; body: string } {
  const [head = '', ...rest] = message.split('\r\n\r\n')
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')
  const headers = Object.fromEntries(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  return { headers, body: rest.join('\r\n\r\n') }
}

function decode(body: string, encoding = ''): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  return fromQuoted(body.replaceAll('=\r\n', ''))
}

const fromQuoted = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString()

/** RFC 2047. */
const decodeWords = (text: string): string =>
  text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, how: string, word: string) =>
      how.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString() : fromQuoted(word.replaceAll('_', ' ')),
    )
