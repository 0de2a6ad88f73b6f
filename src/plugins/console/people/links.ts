/** GET /admin/links: invitations and links for a new password that nobody has used yet, and making an invitation. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import { createLanguages } from '../../../config/languages.ts'
import { ok } from '../../../domain/protocol/result.ts'
import { inviteUser, listLinks, revokeLink } from '../../../operations/users/links.ts'
import type { MadeLink } from '../../../operations/users/links.ts'
import { ConsoleForm, IdForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { ConsolePart, Sentence } from '../../pages/console-models.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console, Done } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { found } from '../missing.ts'
import { fieldOf, formOf, tableOf, text, words } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

type Invitation = ConsoleFormBody & { readonly email: string; readonly group: string; readonly language: string }

/** How many are shown; they end within days. */
const MOST = 1000

const links: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base, locales } = app.settings
  const act = createActions(app, console)
  const path = base + CONSOLE.links
  const section = 'links'

  page({ path: CONSOLE.links }, async ({ visit, moment }) => {
    const listed = found(await listLinks(visit.context, { limit: MOST }))
    const rows = listed.links.map(({ link: { tokenHash, kind, address, data, expiresAt }, username }): Row => {
      const whom = username ?? address
      return {
        cells: [words(`console.link.kind.${kind}`), text(whom), text(data.group), text(moment(expiresAt))],
        button: { value: tokenHash, about: whom ?? '' },
      }
    })
    const columns = ['console.column.kind', 'console.column.whom', 'console.column.group', 'console.column.until']
    const table = tableOf('links', columns, rows, {
      empty: 'console.links.none',
      buttons: { visit, operation: 'link.revoke', action: `${path}/revoke`, name: 'id', say: 'console.do.revoke' },
    })
    const invite = mayDo(visit, 'link.invite') ? [await inviteForm(visit)] : []
    return { section, heading: say('console.links'), parts: [table, ...invite] }
  })

  async function inviteForm(visit: Visit): Promise<ConsolePart> {
    const known = await app.storage.groups.list()
    const groups = [{ value: '', isChosen: true, say: say('console.none') }, ...known.map(({ group: { name } }) => option(name))]
    const languages = createLanguages(locales).tags.map((tag) => option(tag, tag === 'en'))
    return formOf('invite', visit, {
      title: say('console.invite'),
      note: say('console.invite.note'),
      action: `${path}/invite`,
      fields: [
        fieldOf('email', 'console.column.email', { type: 'email', hint: say('console.invite.email.hint') }),
        fieldOf('group', 'console.column.group', { type: 'select', options: groups }),
        fieldOf('language', 'console.invite.language', { type: 'select', options: languages }),
      ],
      submit: 'console.do.invite',
      weight: 'primary',
    })
  }

  const option = (value: string, isChosen = false) => ({ value, isChosen, text: value })

  act<Invitation>({
    path: `${CONSOLE.links}/invite`,
    form: ConsoleForm({ email: Parameter(256), group: Parameter(64), language: Parameter(35) }),
    operation: 'link.invite',
    section,
    back: () => CONSOLE.links,
    async run({ context }, { email, group, language }) {
      const made = await inviteUser(context, {
        email: email.trim() || undefined,
        group: group || undefined,
        language: language || undefined,
      })
      return made.ok ? ok(describeLink(made.value, say('console.link.invitation'))) : made
    },
  })

  act<ConsoleFormBody & { readonly id: string }>({
    path: `${CONSOLE.links}/revoke`,
    form: IdForm,
    operation: 'link.revoke',
    section,
    back: () => CONSOLE.links,
    ask: () => ({ heading: say('console.ask.revoke-link'), lead: say('console.ask.revoke-link.note'), submit: say('console.do.revoke') }),
    async run({ context }, { id }) {
      const revoked = await revokeLink(context, id)
      return revoked.ok ? ok({ notice: 'ended' }) : revoked
    },
  })
}

/** A new link, this once; a mail that could not be sent has its reason. */
export function describeLink({ url, mail }: MadeLink, heading: Sentence): Done {
  const lead =
    mail === undefined
      ? say('console.link.pass-on')
      : mail.problem === undefined
        ? say('console.link.mailed', { to: mail.to })
        : say('console.link.not-mailed', { to: mail.to, problem: mail.problem })
  return { heading, lead, parts: [{ id: 'link', note: say('console.once'), once: url }] }
}

export default fp(links, { name: 'console-links', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
