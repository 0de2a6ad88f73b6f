/** Mails, as an operator tries them. */
import { createLanguages } from '../config/languages.ts'
import { createLinkMails } from '../mail/link-mails.ts'
import type { LinkMails } from '../mail/link-mails.ts'
import { MailFailed } from '../mail/mail-failed.ts'
import { ok } from '../domain/protocol/result.ts'
import { isMailAddress } from '../domain/user/mail-address.ts'
import type { OperationContext } from './context.ts'
import { conflict, invalidArgument } from './outcome.ts'
import type { Outcome } from './outcome.ts'

/** `undefined` if this installation sends no mails. */
export const linkMailsOf = ({ config }: Pick<OperationContext, 'config'>): LinkMails | undefined =>
  createLinkMails(config, createLanguages(config.locales))

/** Why a mail didn't go, in words; `undefined` if it did. */
export async function problemOfMail(sending: Promise<void>): Promise<string | undefined> {
  try {
    await sending
    return undefined
  } catch (error) {
    if (error instanceof MailFailed) return error.message
    throw error
  }
}

export interface CheckedMail {
  readonly from: string
  readonly to: string
}

/**
 * Goes through everything that a mail needs, but sends none: the connection and its encryption, the login, the sender, the recipient.
 *
 * @param to whom a mail could go to; else the sender's own address
 */
export async function checkMail(context: OperationContext, asked: { readonly to?: string | undefined }): Promise<Outcome<CheckedMail>> {
  const mails = linkMailsOf(context)
  if (mails === undefined) return conflict('This server sends no mails: set SMTP_URL and MAIL_FROM.')
  const { to = mails.from } = asked
  if (!isMailAddress(to)) return invalidArgument('to', 'must be an e-mail address', to)
  const problem = await problemOfMail(mails.check(to))
  return problem === undefined ? ok({ from: mails.from, to }) : conflict(`No mail goes out: ${problem}.`)
}
