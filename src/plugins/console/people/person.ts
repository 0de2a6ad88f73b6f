/** GET /admin/people/ID: one account, with all that belongs to it. Owns what is shown of it; not what changes it (person-actions.ts). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { displayName } from '../../../domain/client/client-display.ts'
import { ROLES, mayChange, roleOf } from '../../../domain/user/role.ts'
import type { User } from '../../../domain/user/user.ts'
import { liveAt } from '../../../operations/context.ts'
import type { OperationName } from '../../../operations/operations.ts'
import { ConsoleQuery } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { ConsolePart } from '../../pages/console-models.ts'
import { momentIn } from '../../pages/moment.ts'
import { mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { missing } from '../missing.ts'
import { code, factsOf, fieldOf, formOf, mark, tableOf, text, words } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

/** Most records of a kind that a page of somebody shows. */
const MOST = 100

const person: FastifyPluginAsyncTypebox<Console> = async (app, { entrance, show }) => {
  const { base } = app.settings
  const { users, groups, sessions, factors, identities, grants, providers } = app.storage
  const path = base + CONSOLE.people

  app.get(
    `${CONSOLE.people}/:id`,
    {
      attachValidation: true,
      schema: { querystring: ConsoleQuery, params: Type.Object({ id: Parameter(256) }) },
      config: { audience: 'page' },
    },
    async (request, reply) => {
      const visit = await entrance.open(request, reply)
      if (visit === undefined) return reply
      const user = await users.find(request.params.id)
      if (user === undefined) return missing()
      const moment = momentIn(reply.pageLanguage(request.query.ui_locales))
      const language = reply.pageLanguage(request.query.ui_locales)
      const parts = [
        await describe(user, moment),
        await describeGroups(visit, user),
        await describeSessions(visit, user, moment),
        await describeApps(visit, user, moment, language),
        ...(await describeIdentities(visit, user, moment)),
        ...changesOf(visit, user),
      ]
      const marks = [
        ...(user.disabledAt === undefined ? [] : [mark('bad', 'console.state.disabled')]),
        ...(roleOf(user) === undefined ? [] : [mark('good', `console.role.${roleOf(user)!}`)]),
      ]
      const heading = say('console.person', { user: user.username })
      return show(reply, visit, { section: 'people', heading, marks, parts, back: { to: path, say: say('console.people') } })
    },
  )

  async function describe(user: User, moment: (at: number) => string): Promise<ConsolePart> {
    const { passkeys, codes, recoveryCodes } = await factors.listOf(user.id)
    const verified = user.email !== undefined && user.emailVerified ? [mark('good', 'console.state.verified')] : []
    return factsOf('account', [
      ['console.column.id', code(user.id)],
      ['console.column.name', text(user.profile.name)],
      ['console.column.email', text(user.email), ...verified],
      ['console.column.origin', words(`console.origin.${user.origin}`)],
      ['console.column.created', text(moment(user.createdAt))],
      ['console.column.changed', text(moment(user.updatedAt))],
      [
        'console.column.factors',
        words(codes === undefined ? 'console.factors.no-codes' : 'console.factors.codes'),
        words('console.factors.passkeys', { count: passkeys.length }),
        words('console.factors.recovery', { count: recoveryCodes }),
      ],
    ])
  }

  async function describeGroups(visit: Visit, { id, username }: User): Promise<ConsolePart> {
    const memberships = await groups.listOf(id)
    const mayLeave = mayDo(visit, 'group.leave')
    const rows = memberships.map(({ group, source }): Row => {
      const button = { name: 'group', value: group, say: say('console.do.leave'), about: group }
      return {
        cells: [{ text: group, link: `${base}${CONSOLE.groups}/${encodeURIComponent(group)}` }, text(source)],
        button: mayLeave && source === 'manual' ? button : undefined,
      }
    })
    const hidden = hiddenOf(visit, { user: username })
    return tableOf('groups', ['console.column.group', 'console.column.source'], rows, {
      title: say('console.groups'),
      empty: 'console.person.groups.none',
      form: { action: `${base}${CONSOLE.groups}/leave`, hidden },
    })
  }

  async function describeSessions(visit: Visit, user: User, moment: (at: number) => string): Promise<ConsolePart> {
    const live = await sessions.list({ userId: user.id, ...liveAt(visit.context), limit: MOST })
    const may = mayDo(visit, 'session.end')
    const rows = live.map(({ session: { idHash, browser, network, authTime, lastSeenAt } }): Row => {
      const button = { name: 'id', value: idHash, say: say('console.do.end-session'), about: `${browser ?? ''} ${moment(authTime)}` }
      return {
        cells: [text(browser), code(network), text(moment(authTime)), text(moment(lastSeenAt))],
        button: may ? button : undefined,
      }
    })
    const columns = ['console.column.browser', 'console.column.network', 'console.column.since', 'console.column.seen']
    return tableOf('sessions', columns, rows, {
      title: say('console.person.sessions'),
      empty: 'console.person.sessions.none',
      form: { action: `${path}/end-session`, hidden: hiddenOf(visit, { user: user.id }) },
    })
  }

  async function describeApps(visit: Visit, user: User, moment: (at: number) => string, language: string): Promise<ConsolePart> {
    const live = await grants.list({ userId: user.id, now: app.now(), limit: MOST })
    const may = mayDo(visit, 'grant.revoke')
    const rows = live.map(({ grant: { id, resources, createdAt }, client, refreshedAt = createdAt }): Row => {
      const name = displayName(client, language)
      const button = { name: 'id', value: id, say: say('console.do.disconnect'), about: name }
      return {
        cells: [text(name), code(resources.join(' ')), text(moment(createdAt)), text(moment(refreshedAt))],
        button: may ? button : undefined,
      }
    })
    const columns = ['console.column.app', 'console.column.resource', 'console.column.since', 'console.column.used']
    return tableOf('apps', columns, rows, {
      title: say('console.person.apps'),
      empty: 'console.person.apps.none',
      form: { action: `${path}/disconnect`, hidden: hiddenOf(visit, { user: user.id }) },
    })
  }

  async function describeIdentities(visit: Visit, user: User, moment: (at: number) => string): Promise<ConsolePart[]> {
    const linked = await identities.listOf(user.id)
    if (linked.length === 0) return []
    const names = new Map((await providers.list()).map(({ id, name }) => [id, name]))
    const may = mayDo(visit, 'user.unlink') && mayChange(visit.context.actor, user)
    const rows = linked.map(({ providerId, subject, claims, lastLoginAt, failure }): Row => {
      const name = names.get(providerId)!
      return {
        cells: [text(name), text(claims.email ?? claims.username), code(subject), text(moment(lastLoginAt)), text(failure)],
        button: may ? { name: 'provider', value: name, say: say('console.do.unlink'), about: name } : undefined,
      }
    })
    const columns = [
      'console.column.provider',
      'console.column.email',
      'console.column.subject',
      'console.column.login',
      'console.column.failure',
    ]
    return [
      tableOf('identities', columns, rows, {
        title: say('console.person.identities'),
        empty: 'console.person.identities.none',
        form: { action: `${path}/unlink`, hidden: hiddenOf(visit, { id: user.id }) },
      }),
    ]
  }

  /** What this visitor may do to this account. */
  function changesOf(visit: Visit, user: User): ConsolePart[] {
    if (!mayChange(visit.context.actor, user)) return []
    const hidden = [{ name: 'id', value: user.id }]
    const button = (name: string, operation: OperationName, weight: 'usual' | 'danger' = 'usual'): ConsolePart[] =>
      mayDo(visit, operation)
        ? [
            formOf(name, visit, {
              title: say(`console.person.${name}`),
              note: say(`console.person.${name}.note`),
              action: `${path}/${name}`,
              hidden,
              submit: `console.do.${name}`,
              weight,
            }),
          ]
        : []
    return [
      ...(mayDo(visit, 'user.change-role') && user.origin !== 'environment' ? [roleForm(visit, user)] : []),
      ...button('reset-link', 'link.reset-password'),
      ...button('unlock', 'user.unlock'),
      ...button('end-sessions', 'session.end-all', 'danger'),
      ...button('reset-factors', 'user.reset-factors', 'danger'),
      ...(user.disabledAt === undefined ? button('disable', 'user.disable', 'danger') : button('enable', 'user.enable')),
      ...button('delete', 'user.delete', 'danger'),
    ]
  }

  const roleForm = (visit: Visit, user: User): ConsolePart =>
    formOf('role', visit, {
      title: say('console.person.role'),
      note: say('console.person.role.note'),
      action: `${path}/role`,
      hidden: [{ name: 'id', value: user.id }],
      fields: [
        fieldOf('role', 'console.column.role', {
          id: 'newRole',
          type: 'select',
          options: ['none', ...ROLES].map((value) => ({
            value,
            isChosen: value === (user.role ?? 'none'),
            say: say(`console.role.${value}`),
          })),
        }),
      ],
      submit: 'console.do.role',
    })
}

const hiddenOf = ({ token }: Visit, fields: Readonly<Record<string, string>>) =>
  Object.entries({ token, ...fields }).map(([name, value]) => ({ name, value }))

export default fp(person, { name: 'console-person', encapsulate: true, dependencies: ['settings', 'storage', 'clock', 'pages'] })
