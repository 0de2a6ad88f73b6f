/** GET /admin/rules: who may use which MCP server, and why somebody may or may not; adding and deleting a rule. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { ACR_VALUES } from '../../../domain/authorization/authentication.ts'
import type { ClientCondition } from '../../../domain/access/access-rule.ts'
import type { Verdict } from '../../../domain/access/decide-access.ts'
import { ok } from '../../../domain/protocol/result.ts'
import { explainAccess } from '../../../operations/access/explain.ts'
import { addRule, deleteRule, listRules } from '../../../operations/access/rules.ts'
import { ConsoleForm, ConsoleQuery, IdForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Cell, ConsolePart, Field } from '../../pages/console-models.ts'
import { createActions, createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { found } from '../missing.ts'
import { code, fieldOf, formOf, mark, tableOf, text, words, wordsOf } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'

const RuleQuery = Type.Object({
  ...ConsoleQuery.properties,
  user: Type.Optional(Parameter(256)),
  resource: Type.Optional(Parameter()),
  client: Type.Optional(Parameter(2048)),
  tool: Type.Optional(Parameter(256)),
})

interface NewRule extends ConsoleFormBody {
  readonly resource: string
  readonly effect: 'allow' | 'deny'
  readonly who: string
  readonly name: string
  readonly scopes: string
  readonly clients: string
  readonly hosts: string
  readonly verified?: string
  readonly acr: string
}

const rules: FastifyPluginAsyncTypebox<Console> = async (app, console) => {
  const page = createPages(app, console)
  const { base, accessDefault } = app.settings
  const act = createActions(app, console)
  const path = base + CONSOLE.rules
  const section = 'rules'

  page({ path: CONSOLE.rules, query: RuleQuery }, async ({ visit, query }) => {
    const rows = found(await listRules(visit.context)).map(({ rule, resource, who }): Row => {
      const { id, effect, scopes, clients, acr } = rule
      return {
        cells: [
          code(id),
          code(resource),
          mark(effect === 'allow' ? 'good' : 'bad', `console.effect.${effect}`),
          text(who),
          text(scopes?.join(' ')),
          text(clients && describeClients(clients)),
          text(acr),
        ],
        button: { value: id, about: id },
      }
    })
    const columns = ['rule', 'resource', 'effect', 'who', 'scopes', 'clients', 'acr'].map((name) => `console.column.${name}`)
    const table = tableOf('rules', columns, rows, {
      note: say(`console.rules.default.${accessDefault}`),
      empty: 'console.rules.none',
      buttons: { visit, operation: 'access-rule.delete', action: `${path}/delete`, name: 'id', say: 'console.do.delete' },
    })
    const resources = (await app.storage.resources.list()).map(({ identifier }) => identifier)
    const { explained, problem, status } = await explain(visit, query)
    const add = mayDo(visit, 'access-rule.add') && resources.length > 0 ? [addForm(visit, resources)] : []
    const parts = [table, explainForm(query, resources), ...explained, ...add]
    return { section, heading: say('console.rules'), parts, ...(problem !== undefined && { problem, status }) }
  })

  /** What would be decided now, if somebody asks. */
  async function explain(visit: Visit, { user, resource, client, tool }: Static<typeof RuleQuery>) {
    if (!user || !resource) return { explained: [] }
    const asked = { username: user, resource, client: client || undefined, tool: tool || undefined }
    const answer = await explainAccess(visit.context, asked)
    if (!answer.ok) return { explained: [], problem: answer.error.message, status: 404 }
    const { groups, use, scopes, tool: about, user: known } = answer.value
    const rows: Row[] = [
      { cells: [words('console.explain.resource'), ...verdictCells(use)] },
      ...scopes.map(({ scope, verdict }) => ({ cells: [code(scope), ...verdictCells(verdict)] })),
      ...(about === undefined ? [] : [{ cells: [text(about.name), ...verdictCells(about.verdict)] }]),
    ]
    const columns = ['console.column.what', 'console.column.may', 'console.column.because']
    const note = groups.length === 0 ? say('console.explain.no-groups') : say('console.explain.groups', { groups: groups.join(', ') })
    const title = say('console.explain.title', { user: known.username, resource: answer.value.resource.identifier })
    return { explained: [tableOf('explained', columns, rows, { title, note, empty: 'console.explain.resource' })] }
  }

  const verdictCells = ({ allowed, rule, acr }: Verdict): Cell[] => [
    mark(allowed ? 'good' : 'bad', allowed ? 'console.may.yes' : 'console.may.no'),
    rule !== undefined
      ? acr === undefined
        ? words('console.because.rule', { rule })
        : words('console.because.acr', { rule, acr })
      : words(allowed ? 'console.because.open' : 'console.because.closed'),
  ]

  const explainForm = (
    { user = '', resource, client = '', tool = '' }: Static<typeof RuleQuery>,
    resources: readonly string[],
  ): ConsolePart => ({
    id: 'explain',
    title: say('console.explain'),
    note: say('console.explain.note'),
    form: {
      action: path,
      method: 'get',
      hidden: [],
      fields: [
        fieldOf('user', 'console.column.username', { id: 'explainUser', value: user, required: true }),
        resourceField('explainResource', resources, resource),
        fieldOf('client', 'console.explain.client', { id: 'explainClient', value: client, maxlength: 2048 }),
        fieldOf('tool', 'console.explain.tool', { id: 'explainTool', value: tool }),
      ],
      submit: say('console.do.explain'),
      weight: 'usual',
    },
  })

  const resourceField = (id: string, resources: readonly string[], chosen?: string): Field =>
    fieldOf('resource', 'console.column.resource', {
      id,
      type: 'select',
      options: resources.map((value) => ({ value, text: value, isChosen: value === chosen })),
    })

  const addForm = (visit: Visit, resources: readonly string[]): ConsolePart =>
    formOf('add', visit, {
      title: say('console.rule.add'),
      note: say('console.rule.add.note'),
      action: `${path}/add`,
      fields: [
        resourceField('resource', resources),
        fieldOf('effect', 'console.column.effect', { type: 'select', options: choices('console.effect', ['allow', 'deny']) }),
        fieldOf('who', 'console.column.who', { type: 'select', options: choices('console.who', ['group', 'user', 'everybody']) }),
        fieldOf('name', 'console.rule.name', { hint: say('console.rule.name.hint') }),
        fieldOf('scopes', 'console.column.scopes', { maxlength: 4096, hint: say('console.rule.scopes.hint') }),
        fieldOf('clients', 'console.rule.clients', { maxlength: 4096, hint: say('console.rule.clients.hint') }),
        fieldOf('hosts', 'console.rule.hosts', { maxlength: 4096 }),
        fieldOf('verified', 'console.rule.verified', { type: 'checkbox', value: 'yes' }),
        fieldOf('acr', 'console.column.acr', {
          type: 'select',
          options: [
            { value: '', isChosen: true, say: say('console.none') },
            ...ACR_VALUES.map((value) => ({ value, text: value, isChosen: false })),
          ],
        }),
      ],
      submit: 'console.do.add',
      weight: 'primary',
    })

  act<NewRule>({
    path: `${CONSOLE.rules}/add`,
    form: ConsoleForm({
      resource: Parameter(),
      effect: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
      who: Parameter(16),
      name: Parameter(256),
      scopes: Parameter(),
      clients: Parameter(),
      hosts: Parameter(),
      verified: Type.Optional(Parameter(8)),
      acr: Parameter(128),
    }),
    operation: 'access-rule.add',
    section,
    back: () => CONSOLE.rules,
    // The first rule that allows somebody closes the resource to all others.
    ask: async ({ context }, { resource, effect }) => ((await closes(context, resource, effect)) ? closing(resource) : undefined),
    async run({ context }, { resource, effect, who, name, scopes, clients, hosts, verified, acr }) {
      const members = {
        ...(who === 'everybody' && { everybody: true }),
        ...(who === 'group' && { group: name.trim() }),
        ...(who === 'user' && { user: name.trim() }),
        scopes: wordsOf(scopes),
        clients: wordsOf(clients),
        clientHosts: wordsOf(hosts),
        verifiedClients: verified !== undefined,
        acr: acr || undefined,
      }
      const added = await addRule(context, effect, resource, members)
      return added.ok ? ok({ notice: 'added' }) : added
    },
  })

  async function closes(context: Visit['context'], named: string, effect: string): Promise<boolean> {
    if (effect !== 'allow' || accessDefault === 'closed') return false
    const before = await listRules(context, named)
    return before.ok && !before.value.some(({ rule }) => rule.effect === 'allow')
  }

  const closing = (resource: string) => ({
    heading: say('console.ask.close', { resource }),
    lead: say('console.ask.close.note'),
    submit: say('console.do.add'),
  })

  act<ConsoleFormBody & { readonly id: string }>({
    path: `${CONSOLE.rules}/delete`,
    form: IdForm,
    operation: 'access-rule.delete',
    section,
    back: () => CONSOLE.rules,
    ask: (_visit, { id }) => ({
      heading: say('console.ask.delete-rule', { rule: id }),
      lead: say('console.ask.delete-rule.note'),
      submit: say('console.do.delete'),
    }),
    async run({ context }, { id }) {
      const deleted = await deleteRule(context, id)
      return deleted.ok ? ok({ notice: 'deleted' }) : deleted
    },
  })
}

const choices = (prefix: string, values: readonly string[]) =>
  values.map((value, index) => ({ value, isChosen: index === 0, say: say(`${prefix}.${value}`) }))

const describeClients = ({ verified, hosts, ids }: ClientCondition): string => [...(verified ? ['✓'] : []), ...hosts, ...ids].join(' ')

export default fp(rules, { name: 'console-rules', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
