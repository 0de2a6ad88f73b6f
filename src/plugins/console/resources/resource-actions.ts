/** The forms of one MCP server. Each has the instant of the last change that its page showed: what came meanwhile isn't undone. */
import type { FastifyPluginAsync } from 'fastify'
import type { TProperties } from '@sinclair/typebox'
import { Type } from '@sinclair/typebox'
import fp from 'fastify-plugin'
import { parseDuration } from '../../../config/durations.ts'
import { ok } from '../../../domain/protocol/result.ts'
import type { Resource } from '../../../domain/resource/resource.ts'
import type { OperationContext } from '../../../operations/context.ts'
import type { OperationName } from '../../../operations/operations.ts'
import { changedMeanwhile } from '../../../operations/outcome.ts'
import type { Outcome } from '../../../operations/outcome.ts'
import type { GivenScope, ResourceMembers } from '../../../operations/resources/resource-members.ts'
import { deleteResource, findResource, rotateResourceSecret, updateResource } from '../../../operations/resources/resources.ts'
import { ConsoleForm } from '../../../schemas/console.ts'
import type { ConsoleFormBody } from '../../../schemas/console.ts'
import { CONSOLE } from '../../../schemas/paths.ts'
import { Parameter } from '../../../schemas/primitives.ts'
import type { Sentence } from '../../pages/console-models.ts'
import { createActions } from '../actions.ts'
import type { Console, Done } from '../actions.ts'
import { say } from '../show.ts'
import { describeSecret } from './resources.ts'

type OfResource = ConsoleFormBody & { readonly id: string; readonly seen: string }
type OfScope = OfResource & { readonly scope: string }
type Scope = OfScope & Readonly<Record<'description' | 'kind' | 'tools', string>> & { readonly required?: string }
type Members = OfResource &
  Readonly<Record<'name' | 'ttl' | 'format' | 'alg', string>> & { readonly groups?: string; readonly personal?: string }

const Checked = Type.Optional(Parameter(8))

const resourceActions: FastifyPluginAsync<Console> = async (app, console) => {
  const act = createActions(app, console)
  const pageOf = ({ id }: OfResource): string => `${CONSOLE.resources}/${encodeURIComponent(id)}`

  async function findSeen(context: OperationContext, { id, seen }: OfResource): Promise<Outcome<Resource>> {
    const resource = await findResource(context, id)
    return resource.ok && String(resource.value.updatedAt) !== seen ? changedMeanwhile(resource.value.identifier) : resource
  }

  /** @param heading of the question, for what ends something */
  function change<B extends OfResource>(
    name: string,
    operation: OperationName,
    members: TProperties,
    run: (context: OperationContext, resource: Resource, body: B) => Promise<Outcome<Done>>,
    heading?: (resource: Resource, body: B) => Sentence,
  ): void {
    act<B>({
      path: `${CONSOLE.resources}/${name}`,
      form: ConsoleForm({ id: Parameter(256), seen: Parameter(16), ...members }),
      operation,
      section: 'resources',
      back: pageOf,
      ...(heading !== undefined && {
        async ask({ context }, body) {
          const resource = await findSeen(context, body)
          if (!resource.ok) return undefined
          return { heading: heading(resource.value, body), lead: say(`console.resource.${name}.note`), submit: say(`console.do.${name}`) }
        },
      }),
      async run({ context }, body) {
        const resource = await findSeen(context, body)
        return resource.ok ? run(context, resource.value, body) : resource
      },
    })
  }

  const changed = async (context: OperationContext, resource: Resource, members: ResourceMembers): Promise<Outcome<Done>> => {
    return whenDone(await updateResource(context, resource, members), () => ({ notice: 'changed' }))
  }

  change<Members>(
    'update',
    'resource.update',
    { name: Parameter(256), ttl: Parameter(16), format: Parameter(16), alg: Parameter(16), groups: Checked, personal: Checked },
    (context, resource, { name, ttl, format, alg, groups, personal }) =>
      changed(context, resource, {
        name,
        tokenTtl: ttl.trim() === '' ? null : (parseDuration(ttl.trim()) ?? Number.NaN),
        tokenFormat: format || null,
        alg: alg || null,
        groupsClaim: groups === undefined ? 'off' : 'on',
        personalTokens: personal === undefined ? 'off' : 'on',
      }),
  )

  change<Scope>(
    'scope',
    'resource.update',
    { scope: Parameter(256), description: Parameter(256), kind: Parameter(16), required: Checked, tools: Parameter() },
    (context, resource, { scope: raw, description, kind, required, tools }) => {
      const scope = raw.trim()
      const others = resource.scopes.filter(({ name }) => name !== scope)
      const before = resource.scopes.find(({ name }) => name === scope)
      const words = description.trim() || (before?.description ?? '')
      return changed(context, resource, {
        scopes: [
          ...(before === undefined
            ? [...given(resource.scopes), { name: scope, description: words }]
            : given(resource.scopes, scope, words)),
        ],
        scopeKinds: [`${scope}=${kind}`],
        requiredScopes: [...others.filter((other) => other.required).map(({ name }) => name), ...(required === undefined ? [] : [scope])],
        scopeTools: [`${scope}=`, ...linesOf(tools).map((tool) => `${scope}=${tool}`)],
      })
    },
  )

  change<OfScope>(
    'remove-scope',
    'resource.update',
    { scope: Parameter(256) },
    (context, resource, { scope }) => changed(context, resource, { scopes: given(resource.scopes.filter(({ name }) => name !== scope)) }),
    ({ identifier }, { scope }) => say('console.ask.remove-scope', { scope, resource: identifier }),
  )

  change(
    'rotate-secret',
    'resource.rotate-secret',
    {},
    async (context, resource) => whenDone(await rotateResourceSecret(context, resource), (secret) => describeSecret(resource, secret)),
    ({ identifier }) => say('console.ask.rotate-secret', { resource: identifier }),
  )

  change(
    'delete',
    'resource.delete',
    {},
    async (context, resource) => whenDone(await deleteResource(context, resource), () => ({ notice: 'deleted', to: CONSOLE.resources })),
    ({ identifier }) => say('console.ask.delete-resource', { resource: identifier }),
  )
}

const whenDone = <T>(outcome: Outcome<T>, done: (value: T) => Done): Outcome<Done> => (outcome.ok ? ok(done(outcome.value)) : outcome)

/** Scopes as they are said once more, of which one may get other words. */
const given = (scopes: Resource['scopes'], changed?: string, words = ''): GivenScope[] =>
  scopes.flatMap(({ name, description, translations = {} }) => [
    { name, description: name === changed ? words : description },
    ...Object.entries(translations).map(([language, said]) => ({ name, description: said, language })),
  ])

const linesOf = (raw: string): string[] =>
  raw
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')

export default fp(resourceActions, { name: 'console-resource-actions', encapsulate: true, dependencies: ['settings', 'storage', 'pages'] })
