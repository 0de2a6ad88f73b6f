/** What all pages of a browser flow share: language, display and the form's address follow from the signed transaction. Owns no page. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { DISPLAYS } from '../../domain/authorization/authorization-request.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'
import type { UserProfile } from '../../domain/user/user.ts'

/** The language and the display that the client asked for, and where forms go. */
export function preparePage(app: FastifyInstance, reply: FastifyReply, { parameters }: Transaction) {
  const pageOptions = { uiLocales: parameters.ui_locales, display: DISPLAYS.find((display) => display === parameters.display) }
  const language = reply.pageLanguage(pageOptions.uiLocales)
  return { pageOptions, language, action: (path: string) => app.settings.base + path }
}

/** What the person who has just logged in hears of failed attempts before it, and of new factors. */
export function describeFailures({ failures }: Transaction, user: Pick<UserProfile, 'id'>, language: string) {
  if (failures?.userId !== user.id) return {}
  const { format } = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  const { count, since, factorsChangedAt } = failures
  return {
    ...(count > 0 && { signInFailures: { count, since: `${format(since)} UTC` } }),
    ...(factorsChangedAt !== undefined && { factorsChanged: `${format(factorsChangedAt)} UTC` }),
  }
}
