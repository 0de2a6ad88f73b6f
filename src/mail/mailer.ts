/** Sends a mail to one address, over a connection of its own. Owns how long that may take and how it is encrypted; not what mails say (mails.ts). */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { MailSender, SmtpServer } from '../config/settings/mail-settings.ts'
import { MailFailed, toMailFailed } from './mail-failed.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface Mailer {
  /** Resolves once the mail server has taken the mail. @throws {MailFailed} */
  send(mail: Mail): Promise<void>
  /** Does everything but send a mail to the address; returns the last answer. @throws {MailFailed} */
  check(to: string): Promise<void>
}

export interface MailServer {
  readonly server: SmtpServer
  readonly sender: MailSender
  /** How this server introduces itself. */
  readonly host: string
}

/** How long a mail may take in all, in ms. */
const PATIENCE_MS = 30_000

export function createMailer({ server, sender, host }: MailServer, patienceMs: number = PATIENCE_MS): Mailer {
  /** Does something over a new connection, which is cut when it takes too long, however slowly the other side talks. */
  async function within(hidden: readonly string[], work: (getSocket: GetSocket) => Promise<unknown>): Promise<void> {
    let socket: Socket | undefined
    let isLate = false
    const deadline = setTimeout(() => {
      isLate = true
      socket?.destroy()
    }, patienceMs)
    try {
      await work((_options, callback) => {
        socket = openSocket(server, callback)
      })
    } catch (error) {
      throw isLate ? new MailFailed('slow', true) : toMailFailed(error as Error, hidden)
    } finally {
      clearTimeout(deadline)
      socket?.destroy()
    }
  }
  return {
    send: ({ to, ...parts }) =>
      within([to], (getSocket) =>
        createTransport({ ...transportOptions({ server, sender, host }, patienceMs), getSocket }).sendMail({
          from: sender,
          // As an object, which no program reads as two addresses.
          to: { name: '', address: to },
          headers: { 'Auto-Submitted': 'auto-generated' },
          xMailer: false,
          ...parts,
        } as object),
      ),
    check: (to) =>
      within([to], async (getSocket) => {
        const socket = await new Promise<Socket>((resolve, reject) =>
          getSocket(undefined, (error, found) => (found === undefined ? reject(error!) : resolve(found.connection))),
        )
        await tryEnvelope(new SMTPConnection({ ...transportOptions({ server, sender, host }, patienceMs), connection: socket }), to)
      }),
  }

  /** Goes on until the mail server wants the text of the mail, and hangs up: it forgets what it has by then (RFC 5321 section 4.1.1.4). */
  async function tryEnvelope(connection: SMTPConnection, to: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const text = new Readable({
        read() {
          resolve()
          connection.close()
        },
      })
      const orFail = (next: () => void) => (error?: Error | null) => (error ? reject(error) : next())
      const send = () =>
        connection.send(
          { from: sender.address, to: [to] },
          text,
          orFail(() => undefined),
        )
      connection.once('error', reject)
      connection.connect(orFail(() => (server.login === undefined ? send() : connection.login(credentials(server.login), orFail(send)))))
    })
  }
}

type GetSocket = (options: unknown, callback: (error: Error | null, socket?: { connection: Socket }) => void) => void

const credentials = ({ user, password }: NonNullable<SmtpServer['login']>) => ({ credentials: { user, pass: password } })

function openSocket({ host, port }: SmtpServer, callback: Parameters<GetSocket>[1]): Socket {
  const socket = connect({ host, port })
  socket.once('error', callback)
  socket.once('connect', () => {
    socket.off('error', callback)
    callback(null, { connection: socket })
  })
  return socket
}

const transportOptions = ({ server: { host: smtpHost, port, tls, login }, host }: MailServer, patienceMs: number) => ({
  host: smtpHost,
  port,
  name: host,
  secure: tls === 'implicit',
  requireTLS: tls === 'required',
  ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
  // Encryption that isn't asked for protects from listeners only: a certificate that nobody vouches for is better than none.
  tls: { rejectUnauthorized: tls !== 'optional' },
  // The deadline above ends everything, in words of ours.
  connectionTimeout: 2 * patienceMs,
  greetingTimeout: 2 * patienceMs,
  socketTimeout: 2 * patienceMs,
  disableFileAccess: true,
  disableUrlAccess: true,
})
