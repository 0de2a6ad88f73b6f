/** GET /admin/groups and /admin/groups/NAME: groups, who is in them and why; making, filling and deleting one. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { ok } from '../../../domain/protocol/result.ts'
import { addGroup, deleteGroup, findGroup, joinGroup, leaveGroup, showGroup } from '../../../operations/access/groups.ts'
import { ConsoleForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { ConsolePart } from '../../pages/console-models.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { found } from '../missing.ts'
import { factsOf, fieldOf, formOf, tableOf, text } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

type OfGroup = ConsoleFormBody & { readonly group: string }
type Member = OfGroup & { readonly user: string }

const groups: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base } = app.settings
  const act = createActions(app, console)
  const path = base + CONSOLE.groups
  const section = 'groups'
  const pageOf = ({ group }: OfGroup): string => `${CONSOLE.groups}/${encodeURIComponent(group)}`

  page({ path: CONSOLE.groups }, async ({ visit }) => {
    const rows = (await app.storage.groups.list()).map(({ group: { name, description }, members }): Row => ({
      cells: [{ text: name, link: base + pageOf({ group: name, token: '' }) }, text(description), text(members)],
    }))
    const columns = ['console.column.group', 'console.column.description', 'console.column.members']
    const parts = [
      tableOf('groups', columns, rows, { empty: 'console.groups.none' }),
      ...(mayDo(visit, 'group.add') ? [addForm(visit)] : []),
    ]
    return { section, heading: say('console.groups'), parts }
  })

  page({ path: `${CONSOLE.groups}/:name`, params: Type.Object({ name: Parameter(64) }) }, async ({ visit, params, moment }) => {
    const { group, members, more } = found(await showGroup(visit.context, params.name))
    const rows = members.map(({ userId, username, source, since }): Row => {
      const button = { value: username, about: username }
      return {
        cells: [{ text: username, link: `${base}${CONSOLE.people}/${encodeURIComponent(userId)}` }, text(source), text(moment(since))],
        button: source === 'manual' ? button : undefined,
      }
    })
    const columns = ['console.column.username', 'console.column.source', 'console.column.since']
    const parts = [
      factsOf('group', [
        ['console.column.description', text(group.description)],
        ['console.column.created', text(moment(group.createdAt))],
      ]),
      tableOf('members', columns, rows, {
        title: say('console.column.members'),
        ...(more && { note: say('console.groups.more', { count: members.length }) }),
        empty: 'console.group.members.none',
        buttons: {
          ...{ visit, operation: 'group.leave', action: `${path}/leave`, name: 'user', say: 'console.do.leave' },
          hidden: { group: group.name },
        },
      }),
      ...(mayDo(visit, 'group.join') ? [joinForm(visit, group.name)] : []),
      ...(mayDo(visit, 'group.delete') ? [deleteForm(visit, group.name)] : []),
    ]
    const back = { to: path, say: say('console.groups') }
    return { section, heading: say('console.group.one', { group: group.name }), parts, back }
  })

  const addForm = (visit: Visit): ConsolePart =>
    formOf('add', visit, {
      title: say('console.group.add'),
      action: `${path}/add`,
      fields: [
        fieldOf('group', 'console.column.group', { maxlength: 64, required: true, hint: say('console.group.name.hint') }),
        fieldOf('description', 'console.column.description', { maxlength: 200 }),
      ],
      submit: 'console.do.add',
      weight: 'primary',
    })

  const joinForm = (visit: Visit, group: string): ConsolePart =>
    formOf('join', visit, {
      title: say('console.group.join'),
      action: `${path}/join`,
      hidden: [{ name: 'group', value: group }],
      fields: [fieldOf('user', 'console.column.username', { required: true })],
      submit: 'console.do.join',
      weight: 'primary',
    })

  const deleteForm = (visit: Visit, group: string): ConsolePart =>
    formOf('delete', visit, {
      title: say('console.group.delete'),
      note: say('console.group.delete.note'),
      action: `${path}/delete`,
      hidden: [{ name: 'group', value: group }],
      submit: 'console.do.delete',
      weight: 'danger',
    })

  act<OfGroup & { readonly description: string }>({
    path: `${CONSOLE.groups}/add`,
    form: ConsoleForm({ group: Parameter(256), description: Parameter(1024) }),
    operation: 'group.add',
    section,
    back: () => CONSOLE.groups,
    async run({ context }, { group: name, description }) {
      const added = await addGroup(context, { name: name.trim(), description })
      return added.ok ? ok({ notice: 'added' }) : added
    },
  })

  act<Member>({
    path: `${CONSOLE.groups}/join`,
    form: ConsoleForm({ group: Parameter(64), user: Parameter(256) }),
    operation: 'group.join',
    section,
    back: pageOf,
    async run({ context }, { group, user }) {
      const joined = await joinGroup(context, group, user)
      return joined.ok ? ok({ notice: 'changed' }) : joined
    },
  })

  act<Member>({
    path: `${CONSOLE.groups}/leave`,
    form: ConsoleForm({ group: Parameter(64), user: Parameter(256) }),
    operation: 'group.leave',
    section,
    back: pageOf,
    ask: (_visit, { group, user }) => ({
      heading: say('console.ask.leave', { user, group }),
      lead: say('console.ask.leave.note'),
      submit: say('console.do.leave'),
    }),
    async run({ context }, { group, user }) {
      const left = await leaveGroup(context, group, user)
      return left.ok ? ok({ notice: 'changed' }) : left
    },
  })

  act<OfGroup>({
    path: `${CONSOLE.groups}/delete`,
    form: ConsoleForm({ group: Parameter(64) }),
    operation: 'group.delete',
    section,
    back: pageOf,
    ask: (_visit, { group }) => ({
      heading: say('console.ask.delete-group', { group }),
      lead: say('console.group.delete.note'),
      submit: say('console.do.delete'),
    }),
    async run({ context }, { group: name }) {
      const group = await findGroup(context, name)
      if (!group.ok) return group
      const deleted = await deleteGroup(context, group.value)
      return deleted.ok ? ok({ notice: 'deleted', to: CONSOLE.groups }) : deleted
    },
  })
}

export default fp(groups, { name: 'console-groups', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
