/** GET /admin/resources: every MCP server that is registered; registering one. Owns none of them (resource.ts). */
import type { FastifyPluginAsync } from 'fastify'
import fp from 'fastify-plugin'
import { ok } from '../../../domain/protocol/result.ts'
import { oddTools } from '../../../domain/resource/tools.ts'
import type { Resource } from '../../../domain/resource/resource.ts'
import { addResource, listResources } from '../../../operations/resources/resources.ts'
import { ConsoleForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Cell } from '../../pages/console-models.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console, Done } from '../actions.ts'
import { found } from '../missing.ts'
import { fieldOf, formOf, mark, tableOf, text, words } from '../parts.ts'
import { say } from '../show.ts'

type Added = ConsoleFormBody & { readonly address: string; readonly name: string }

const resources: FastifyPluginAsync<Console> = async (app, console) => {
  const page = createPages(app, console)
  const act = createActions(app, console)
  const path = app.settings.base + CONSOLE.resources
  const section = 'resources'

  page({ path: CONSOLE.resources }, async ({ visit, moment }) => {
    const rows = found(await listResources(visit.context)).map((resource) => ({
      cells: [
        { text: resource.identifier, link: `${path}/${resource.id}`, code: true as const },
        text(resource.name),
        text(resource.scopes.length),
        text(resource.tools?.length),
        text(moment(resource.createdAt)),
        stateOf(resource),
      ],
    }))
    const columns = ['resource', 'name', 'scopes', 'tools', 'created', 'state'].map((name) => `console.column.${name}`)
    const table = tableOf('resources', columns, rows, { empty: 'console.resources.none' })
    const add = formOf('add', visit, {
      title: say('console.resource.add'),
      note: say('console.resource.add.note'),
      action: `${path}/add`,
      fields: [
        fieldOf('address', 'console.column.address', { maxlength: 2048, required: true, hint: say('console.resource.address.hint') }),
        fieldOf('name', 'console.column.name', { id: 'resourceName', hint: say('console.resource.name.hint') }),
      ],
      submit: 'console.do.add',
      weight: 'primary',
    })
    return { section, heading: say('console.resources'), parts: mayDo(visit, 'resource.add') ? [table, add] : [table] }
  })

  act<Added>({
    path: `${CONSOLE.resources}/add`,
    form: ConsoleForm({ address: Parameter(2048), name: Parameter(256) }),
    operation: 'resource.add',
    section,
    back: () => CONSOLE.resources,
    async run({ context }, { address, name }) {
      const added = await addResource(context, { identifier: address.trim(), ...(name.trim() !== '' && { name }) })
      return added.ok ? ok(describeSecret(added.value.resource, added.value.secret)) : added
    },
  })
}

/** The new secret of an MCP server, this once. */
export const describeSecret = ({ id, identifier }: Resource, secret: string): Done => ({
  heading: say('console.resource.secret', { resource: identifier }),
  lead: say('console.resource.secret.note', { id }),
  parts: [{ id: 'made', note: say('console.once'), once: secret }],
})

/** What an operator looks for first: tools that nobody can use, or that two scopes unlock. */
export function stateOf(resource: Resource): Cell {
  const { uncovered, ambiguous } = oddTools(resource)
  if (uncovered.length > 0) return { ...words('console.resource.uncovered', { count: uncovered.length }), mark: 'bad' }
  if (ambiguous.length > 0) return { ...words('console.resource.ambiguous', { count: ambiguous.length }), mark: 'bad' }
  return resource.gate === undefined ? text(undefined) : mark('plain', 'console.resource.gated')
}

export default fp(resources, { name: 'console-resources', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
