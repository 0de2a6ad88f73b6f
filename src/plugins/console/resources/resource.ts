/**
 * GET /admin/resources/ID: one MCP server with its scopes and tools. Where its requests go, and what goes along, is for the command line: the
 * page says that it is set, without a value. Owns what is shown; not what changes it (resource-actions.ts).
 */
import type { FastifyPluginAsync } from 'fastify'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { renderDuration } from '../../../config/durations.ts'
import { isCommand } from '../../../domain/gate/command/command.ts'
import { OTHER_TOOLS } from '../../../domain/gate/gate.ts'
import { SCOPE_KINDS } from '../../../domain/resource/resource.ts'
import type { Resource } from '../../../domain/resource/resource.ts'
import { kindOfScope, kindOfTool, scopesOfTool, toolsByScope } from '../../../domain/resource/tools.ts'
import type { OperationName } from '../../../operations/operations.ts'
import { findResource } from '../../../operations/resources/resources.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Cell, ConsolePart, Field } from '../../pages/console-models.ts'
import { createPages, mayDo } from '../actions.ts'
import type { Console } from '../actions.ts'
import type { Visit } from '../entrance.ts'
import { found } from '../missing.ts'
import { code, factsOf, fieldOf, formOf, mark, tableOf, text, words } from '../parts.ts'
import type { Row } from '../parts.ts'
import { say } from '../show.ts'
import { stateOf } from './resources.ts'

const resource: FastifyPluginAsync<Console> = async (app, console) => {
  const page = createPages(app, console)
  const path = app.settings.base + CONSOLE.resources

  page({ path: `${CONSOLE.resources}/:id`, params: Type.Object({ id: Parameter(256) }) }, async ({ visit, params, moment }) => {
    const shown = found(await findResource(visit.context, params.id))
    const parts = [
      describe(shown, moment),
      ...describeGate(shown),
      describeScopes(visit, shown),
      describeTools(shown),
      ...changesOf(visit, shown),
    ]
    const state = stateOf(shown)
    const back = { to: path, say: say('console.resources') }
    const heading = say('console.resource', { resource: shown.name })
    return { section: 'resources', heading, marks: state.mark === undefined ? [] : [state], parts, back }
  })

  const describe = (shown: Resource, moment: (at: number) => string): ConsolePart =>
    factsOf('resource', [
      ['console.column.address', code(shown.identifier)],
      ['console.column.id', code(shown.id)],
      ['console.column.name', text(shown.name)],
      ['console.resource.ttl', orSetting(shown.accessTokenTtl && renderDuration(shown.accessTokenTtl), 'ACCESS_TOKEN_TTL')],
      ['console.resource.format', orSetting(shown.accessTokenFormat, 'ACCESS_TOKEN_FORMAT')],
      ['console.resource.alg', orSetting(shown.accessTokenAlg, 'ACCESS_TOKEN_ALG')],
      ['console.resource.groups', yesOrNo(shown.groupsClaim === true)],
      ['console.resource.personal', yesOrNo(shown.refusesPersonalTokens !== true)],
      ['console.column.created', text(moment(shown.createdAt))],
      ['console.column.changed', text(moment(shown.updatedAt))],
    ])

  const orSetting = (value: string | number | undefined, setting: string): Cell =>
    value === undefined ? words('console.resource.setting', { setting }) : text(value)

  /** That it is set, and no value: what is behind the gate, and the secrets that go along, no network learns. */
  function describeGate({ gate }: Resource): ConsolePart[] {
    if (gate === undefined) return []
    const { upstream, identity, headers, process } = gate
    const set = mark('plain', 'console.secret.set')
    const others = gate.tools.find(({ tool }) => tool === OTHER_TOOLS)?.scope
    const way = upstream === undefined ? 'start' : isCommand(upstream) ? 'command' : 'address'
    return [
      factsOf(
        'gate',
        [
          ['console.resource.upstream', words(`console.resource.upstream.${way}`), ...(upstream === undefined ? [] : [set])],
          ['console.resource.identity', words(`console.resource.identity.${identity}`)],
          ['console.resource.headers', ...(headers.length === 0 ? [words('console.none')] : [text(headers.length), set])],
          ...(process === undefined ? [] : [['console.resource.process', set] as const]),
          ['console.resource.others', others === undefined ? text(undefined) : code(others)],
        ],
        { title: say('console.resource.gate'), note: say('console.resource.gate.note') },
      ),
    ]
  }

  function describeScopes(visit: Visit, shown: Resource): ConsolePart {
    const unlocked = toolsByScope(shown)
    const rows = shown.scopes.map((scope): Row => {
      const { name, description, kind, required, translations = {} } = scope
      const tools = unlocked.get(name) ?? []
      const known = kindOfScope(scope, tools)
      return {
        cells: [
          code(name),
          text([description, ...Object.entries(translations).map(([language, said]) => `${language}: ${said}`)].join(' · ')),
          known === undefined ? text(undefined) : words(`console.kind.${known}${kind === undefined ? '.by-tools' : ''}`),
          yesOrNo(required === true),
          text(tools.map((tool) => tool.name).join(' ')),
        ],
        button: { value: name, about: name },
      }
    })
    const columns = ['scope', 'description', 'kind', 'required', 'tools'].map((name) => `console.column.${name}`)
    return tableOf('scopes', columns, rows, {
      title: say('console.column.scopes'),
      empty: 'console.resource.scopes.none',
      buttons: {
        ...{ visit, operation: 'resource.update', action: `${path}/remove-scope`, name: 'scope', say: 'console.do.remove' },
        hidden: seenOf(shown),
      },
    })
  }

  function describeTools(shown: Resource): ConsolePart {
    const rows = (shown.tools ?? []).map((tool): Row => {
      const scopes = scopesOfTool(shown, tool.name)
      const kind = kindOfTool(tool)
      return {
        cells: [
          code(tool.name),
          text(tool.title),
          mark(kind === 'destroy' ? 'bad' : 'plain', `console.kind.${kind}`),
          ...(scopes.length === 1 ? [code(scopes[0])] : [text(scopes.join(' '))]),
        ],
      }
    })
    const columns = ['tool', 'name', 'kind', 'scopes'].map((name) => `console.column.${name}`)
    const [title, note] = [say('console.column.tools'), say('console.resource.tools.note')]
    return tableOf('tools', columns, rows, { title, note, empty: 'console.resource.tools.none' })
  }

  /** What this visitor may do to this MCP server. */
  function changesOf(visit: Visit, shown: Resource): ConsolePart[] {
    const hidden = hiddenOf(shown)
    const button = (name: string, operation: OperationName): ConsolePart[] =>
      mayDo(visit, operation)
        ? [
            formOf(name, visit, {
              title: say(`console.resource.${name}`),
              note: say(`console.resource.${name}.note`),
              action: `${path}/${name}`,
              hidden,
              submit: `console.do.${name}`,
              weight: 'danger',
            }),
          ]
        : []
    return [
      ...(mayDo(visit, 'resource.update') ? [scopeForm(visit, shown), updateForm(visit, shown)] : []),
      ...button('rotate-secret', 'resource.rotate-secret'),
      ...button('delete', 'resource.delete'),
    ]
  }

  const scopeForm = (visit: Visit, shown: Resource): ConsolePart =>
    formOf('scope', visit, {
      title: say('console.resource.scope'),
      note: say('console.resource.scope.note'),
      action: `${path}/scope`,
      hidden: hiddenOf(shown),
      fields: [
        fieldOf('scope', 'console.column.scope', { id: 'scopeName', maxlength: 256, required: true }),
        fieldOf('description', 'console.column.description', { maxlength: 200, hint: say('console.resource.words.hint') }),
        choiceOf('kind', 'console.column.kind', ['', ...SCOPE_KINDS], '', (value) =>
          value === '' ? 'console.kind.tools' : `console.kind.${value}`,
        ),
        fieldOf('required', 'console.resource.required', { type: 'checkbox', value: 'yes' }),
        fieldOf('tools', 'console.column.tools', {
          id: 'scopeTools',
          type: 'lines',
          maxlength: 4096,
          hint: say('console.resource.lines.hint'),
        }),
      ],
      submit: 'console.do.save',
      weight: 'primary',
    })

  const updateForm = (visit: Visit, shown: Resource): ConsolePart =>
    formOf('update', visit, {
      title: say('console.resource.update'),
      action: `${path}/update`,
      hidden: hiddenOf(shown),
      fields: [
        fieldOf('name', 'console.column.name', { id: 'newName', value: shown.name, required: true }),
        fieldOf('ttl', 'console.resource.ttl', {
          value: shown.accessTokenTtl === undefined ? '' : renderDuration(shown.accessTokenTtl),
          maxlength: 16,
          hint: say('console.resource.ttl.hint'),
        }),
        choiceOf('format', 'console.resource.format', ['', 'jwt', 'opaque'], shown.accessTokenFormat ?? ''),
        choiceOf('alg', 'console.resource.alg', ['', 'ES256', 'RS256'], shown.accessTokenAlg ?? ''),
        fieldOf('groups', 'console.resource.groups', { type: 'checkbox', value: 'yes', checked: shown.groupsClaim === true }),
        fieldOf('personal', 'console.resource.personal', { type: 'checkbox', value: 'yes', checked: shown.refusesPersonalTokens !== true }),
      ],
      submit: 'console.do.save',
    })
}

/** By which a form knows whether somebody else changed what the page showed. */
const seenOf = ({ id, updatedAt }: Resource): Record<'id' | 'seen', string> => ({ id, seen: String(updatedAt) })
const hiddenOf = (shown: Resource) => Object.entries(seenOf(shown)).map(([name, value]) => ({ name, value }))

const yesOrNo = (is: boolean): Cell => words(is ? 'console.may.yes' : 'console.may.no')

/** Values with a word of their own, or as they are; nothing is as the server's settings say. */
const choiceOf = (name: string, label: string, values: readonly string[], chosen: string, word?: (value: string) => string): Field =>
  fieldOf(name, label, {
    type: 'select',
    options: values.map((value) => ({
      value,
      isChosen: value === chosen,
      ...(word !== undefined ? { say: say(word(value)) } : value === '' ? { say: say('console.resource.default') } : { text: value }),
    })),
  })

export default fp(resource, { name: 'console-resource', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
