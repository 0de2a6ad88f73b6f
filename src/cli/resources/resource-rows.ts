/** The rows that show a resource: in a list, and alone. Owns what they say; not how they are drawn (terminal/print.ts). */
import { renderDuration } from '../../config/durations.ts'
import { NOT_SHOWN } from '../../domain/audit/network-details.ts'
import { isCommand } from '../../domain/gate/command/command.ts'
import type { ProcessRules } from '../../domain/gate/command/command.ts'
import { showUpstream } from '../../domain/gate/command/command-line.ts'
import type { ResourceScope } from '../../domain/resource/resource.ts'
import type { Item } from '../managed.ts'
import { dayOf } from '../terminal/print.ts'

export type ShownResource = Item<'resource.list'>

/** In the table of all resources. */
export const rowOf = (resource: ShownResource): string[] => [
  resource.resource,
  resource.name,
  resource.scopes.map(({ name }) => name).join('\n'),
  describeTokens(resource),
]

/** All that is known of it. */
export const sheetOf = (resource: ShownResource): (readonly [string, string])[] => [
  ['Resource', resource.resource],
  ['Name', resource.name],
  ['Scopes', resource.scopes.flatMap(describe).join('\n')],
  ...describeTools(resource),
  ['Tokens', describeTokens(resource)],
  ...(resource.groups_claim === 'on' ? [['Groups', 'named in its tokens'] as const] : []),
  ...(resource.personal_tokens === 'off' ? [['Personal tokens', 'refused'] as const] : []),
  ...describeGate(resource),
  ['Id', resource.id],
  ['Since', dayOf(resource.created_at)],
]

/** The tools that are known, and what is wrong with the scopes that should unlock them. */
function describeTools({ tools, uncovered = [], ambiguous = [] }: ShownResource): [string, string][] {
  if (tools === undefined) return []
  return [
    ['Known tools', String(tools.length)],
    ...(uncovered.length === 0 ? [] : [['Tools of no scope', uncovered.join('\n')] as [string, string]]),
    ...(ambiguous.length === 0 ? [] : [['Tools of several scopes', ambiguous.join('\n')] as [string, string]]),
  ]
}

/** A line for each language. */
const describe = ({ name, description, translations = {}, kind, required, tools = [] }: ResourceScope): string[] => [
  `${name}: ${description}${kind === undefined ? '' : ` (${kind})`}${required === true ? ' (required)' : ''}`,
  ...tools.map((tool) => `${name}: tool ${tool}`),
  ...Object.entries(translations).map(([language, words]) => `${name}#${language}: ${words}`),
]

function describeGate({ gate }: ShownResource): [string, string][] {
  if (gate === undefined) return []
  if ('upstream_headers' in gate)
    return [
      ['Upstream', gate.upstream ? NOT_SHOWN : 'given at the start (protect)'],
      ...(gate.process ? [['Process', NOT_SHOWN] as [string, string]] : []),
      ['Identity', gate.identity],
      ['Headers', gate.upstream_headers.map((name) => `${name}: ${NOT_SHOWN}`).join('\n')],
      ['Tools', gate.tools.map(({ tool, scope }) => `${tool}=${scope}`).join('\n')],
    ]
  const { upstream = 'given at the start (protect)', identity, headers, tools, process: rules } = gate
  return [
    [isCommand(upstream) ? 'Command' : 'Upstream', showUpstream(upstream)],
    ...describeProcess(rules),
    ['Identity', identity],
    ['Headers', headers.map(({ name, value }) => `${name}: ${value}`).join('\n')],
    ['Tools', tools.map(({ tool, scope }) => `${tool}=${scope}`).join('\n')],
  ]
}

function describeProcess(rules: ProcessRules | undefined): [string, string][] {
  if (rules === undefined) return []
  const { per, env, user = 'of the server', directory = 'an empty one of its own' } = rules
  return [
    ['Process per', per],
    ['Variables', env.map(({ name, value }) => `${name}=${value}`).join('\n')],
    ['Account', user],
    ['Folder', directory],
  ]
}

function describeTokens({ access_token_ttl: ttl, access_token_format: format, access_token_alg: alg }: ShownResource): string {
  const own = [format, alg, ttl === undefined ? undefined : renderDuration(ttl)]
  return own.filter((part) => part !== undefined).join(', ') || 'as by default'
}
