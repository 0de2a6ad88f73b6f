/** Why a mail didn't go, in words for an operator. */
import { plainText } from '../domain/protocol/text.ts'

export type MailProblem = 'unreachable' | 'slow' | 'encryption' | 'login' | 'sender' | 'recipient' | 'refused'

const SENTENCES: Readonly<Record<MailProblem, string>> = {
  unreachable: 'the mail server (SMTP_URL) is unreachable',
  slow: 'the mail server (SMTP_URL) takes too long',
  encryption: 'there is no encrypted connection to the mail server (SMTP_URL) that can be trusted',
  login: 'the mail server refuses the user and the password in SMTP_URL',
  sender: 'the mail server refuses the sender (MAIL_FROM)',
  recipient: 'the mail server refuses the recipient',
  refused: 'the mail server refuses the mail',
}

/** Longest answer of a mail server that is shown, in characters. */
const MAX_ANSWER = 200

export class MailFailed extends Error {
  readonly problem: MailProblem
  /** Whether the same may go later: the server is away, or said so (RFC 5321 section 4.2.1). */
  readonly isPassing: boolean

  /** @param answer of the mail server */
  constructor(problem: MailProblem, isPassing: boolean, answer = '') {
    super(answer === '' ? SENTENCES[problem] : `${SENTENCES[problem]}: ${answer}`)
    this.name = 'MailFailed'
    this.problem = problem
    this.isPassing = isPassing
  }
}

interface SmtpError {
  readonly code?: string
  readonly command?: string
  readonly responseCode?: number
  readonly response?: string
  readonly message: string
}

/** @param hidden addresses, which are not for the log */
export function toMailFailed(error: SmtpError, hidden: readonly string[]): MailFailed {
  const { responseCode, response = '' } = error
  const problem = problemOf(error)
  const isPassing = responseCode === undefined ? problem === 'unreachable' : responseCode < 500
  const said = responseCode === undefined ? error.message : response
  const answer = hidden.reduce((text, address) => text.replaceAll(address, '…'), said)
  return new MailFailed(problem, isPassing, plainText(answer, MAX_ANSWER))
}

/** "Must issue a STARTTLS command first" (RFC 3207 section 4), and "encryption required" (RFC 4954 section 6). */
const ENCRYPTION_REQUIRED = [530, 538]

function problemOf({ code = '', command = '', responseCode, message }: SmtpError): MailProblem {
  // What Node says of a certificate or a handshake comes as the error of a socket.
  if (code === 'ETLS' || command === 'STARTTLS' || /certificate|\b(?:ssl|tls)\b/i.test(message)) return 'encryption'
  if (responseCode !== undefined && ENCRYPTION_REQUIRED.includes(responseCode)) return 'encryption'
  if (code === 'EAUTH' || code === 'ENOAUTH') return 'login'
  if (command === 'MAIL FROM') return 'sender'
  if (command === 'RCPT TO') return 'recipient'
  return responseCode === undefined ? 'unreachable' : 'refused'
}
