/** What all pages of a browser flow share: language, display and the form's address follow from the signed transaction. Owns no page. */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { DISPLAYS } from '../../domain/authorization/authorization-request.ts'
import type { Transaction } from '../../domain/authorization/transaction.ts'

/** The language and the display that the client asked for, and where forms go. */
export function preparePage(app: FastifyInstance, reply: FastifyReply, { parameters }: Transaction) {
  const pageOptions = { uiLocales: parameters.ui_locales, display: DISPLAYS.find((display) => display === parameters.display) }
  const language = reply.pageLanguage(pageOptions.uiLocales)
  return { pageOptions, language, action: (path: string) => app.settings.base + path }
}
