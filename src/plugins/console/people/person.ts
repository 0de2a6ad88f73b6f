/** GET /admin/people/ID: one account, with all that belongs to it. Owns what is shown of it; not what changes it (person-actions.ts). */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { displayName } from '../../../domain/client/client-display.ts'
import { ROLES, mayChange, roleOf } from '../../../domain/user/role.ts'
import type { User } from '../../../domain/user/user.ts'
import { liveAt } from '../../../operations/context.ts'
import type { OperationName } from '../../../operations/operations.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { ConsolePart } from '../../pages/console-models.ts'
import { createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { missing } from '../missing.ts'
import { code, factsOf, fieldOf, formOf, mark, tableOf, text, words } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

/** Most records of a kind that a page of somebody shows. */
const MOST = 100

const person: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base } = app.settings
  const { users, groups, sessions, factors, identities, grants, providers } = app.storage
  const path = base + CONSOLE.people

  page({ path: `${CONSOLE.people}/:id`, params: Type.Object({ id: Parameter(256) }) }, async ({ visit, params, language, moment }) => {
    const user = await users.find(params.id)
    if (user === undefined) return missing()
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
    return { section: 'people', heading, marks, parts, back: { to: path, say: say('console.people') } }
  })

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
    const rows = memberships.map(({ group, source }): Row => {
      return {
        cells: [{ text: group, link: `${base}${CONSOLE.groups}/${encodeURIComponent(group)}` }, text(source)],
        button: source === 'manual' ? { value: group, about: group } : undefined,
      }
    })
    return tableOf('groups', ['console.column.group', 'console.column.source'], rows, {
      title: say('console.groups'),
      empty: 'console.person.groups.none',
      buttons: {
        ...{ visit, operation: 'group.leave', action: `${base}${CONSOLE.groups}/leave`, name: 'group', say: 'console.do.leave' },
        hidden: { user: username },
      },
    })
  }

  async function describeSessions(visit: Visit, user: User, moment: (at: number) => string): Promise<ConsolePart> {
    const live = await sessions.list({ userId: user.id, ...liveAt(visit.context), limit: MOST })
    const rows = live.map(({ session: { idHash, browser, network, authTime, lastSeenAt } }): Row => {
      return {
        cells: [text(browser), code(network), text(moment(authTime)), text(moment(lastSeenAt))],
        button: { value: idHash, about: [browser, moment(authTime)].join(' ') },
      }
    })
    const columns = ['console.column.browser', 'console.column.network', 'console.column.since', 'console.column.seen']
    return tableOf('sessions', columns, rows, {
      title: say('console.person.sessions'),
      empty: 'console.person.sessions.none',
      buttons: {
        ...{ visit, operation: 'session.end', action: `${path}/end-session`, name: 'id', say: 'console.do.end-session' },
        hidden: { user: user.id },
      },
    })
  }

  async function describeApps(visit: Visit, user: User, moment: (at: number) => string, language: string): Promise<ConsolePart> {
    const live = await grants.list({ userId: user.id, now: app.now(), limit: MOST })
    const rows = live.map(({ grant: { id, resources, createdAt }, client, refreshedAt = createdAt }): Row => {
      const name = displayName(client, language)
      return {
        cells: [text(name), code(resources.join(' ')), text(moment(createdAt)), text(moment(refreshedAt))],
        button: { value: id, about: name },
      }
    })
    const columns = ['console.column.app', 'console.column.resource', 'console.column.since', 'console.column.used']
    return tableOf('apps', columns, rows, {
      title: say('console.person.apps'),
      empty: 'console.person.apps.none',
      buttons: {
        ...{ visit, operation: 'grant.revoke', action: `${path}/disconnect`, name: 'id', say: 'console.do.disconnect' },
        hidden: { user: user.id },
      },
    })
  }

  async function describeIdentities(visit: Visit, user: User, moment: (at: number) => string): Promise<ConsolePart[]> {
    const linked = await identities.listOf(user.id)
    if (linked.length === 0) return []
    const names = new Map((await providers.list()).map(({ id, name }) => [id, name]))
    const may = mayChange(visit.context.actor, user)
    const rows = linked.map(({ providerId, subject, claims, lastLoginAt, failure }): Row => {
      const name = names.get(providerId)!
      return {
        cells: [text(name), text(claims.email ?? claims.username), code(subject), text(moment(lastLoginAt)), text(failure)],
        button: may ? { value: name, about: name } : undefined,
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
        buttons: {
          ...{ visit, operation: 'user.unlink', action: `${path}/unlink`, name: 'provider', say: 'console.do.unlink' },
          hidden: { id: user.id },
        },
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

export default fp(person, { name: 'console-person', encapsulate: true, dependencies: ['settings', 'storage', 'clock', 'pages'] })
