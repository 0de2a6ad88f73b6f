/** Mails with a link, as this installation sends them. */
import type { Config } from '../config/config.ts'
import type { Languages } from '../config/languages.ts'
import { createMailer } from './mailer.ts'
import { composeLinkMail } from './mails.ts'
import type { LinkMail } from './mails.ts'

export interface LinkMails {
  /** Resolves once the mail server has taken the mail. @throws {MailFailed} */
  send(mail: LinkMail): Promise<void>
  /** Tries the mail server without sending anything to the address. @throws {MailFailed} */
  check(to: string): Promise<void>
  /** The sender's address. */
  readonly from: string
}

export type MailConfig = Pick<Config, 'smtpUrl' | 'mailFrom' | 'issuer' | 'serviceName'>

/** The name of a service that has none of its own. */
const UNNAMED = 'Solar System'

export const sendsMails = ({ smtpUrl, mailFrom }: Pick<Config, 'smtpUrl' | 'mailFrom'>): boolean =>
  smtpUrl !== undefined && mailFrom !== undefined

/** `undefined` if this installation sends no mails. */
export function createLinkMails(
  { smtpUrl, mailFrom, issuer, serviceName = UNNAMED }: MailConfig,
  languages: Languages,
): LinkMails | undefined {
  if (smtpUrl === undefined || mailFrom === undefined) return undefined
  const { host, hostname } = new URL(issuer)
  const sender = { name: mailFrom.name === '' ? serviceName : mailFrom.name, address: mailFrom.address }
  const mailer = createMailer({ server: smtpUrl, sender, host: hostname })
  return {
    send: (mail) => mailer.send(composeLinkMail(mail, languages, { name: serviceName, host })),
    check: (to) => mailer.check(to),
    from: mailFrom.address,
  }
}
