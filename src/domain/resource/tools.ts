/** The tools of an MCP server: what it says about them, cleaned for people to read, and which scopes unlock them. */
import { OTHER_TOOLS } from '../gate/gate.ts'
import type { ToolRule } from '../gate/gate.ts'
import { isJsonObject } from '../protocol/json.ts'
import { plainText } from '../protocol/text.ts'
import type { Resource, ResourceScope, ResourceTool, ScopeKind } from './resource.ts'

/** Far more than people read; a server must not fill the database, nor the page (threat-model.md T1). */
export const MOST_TOOLS = 500
const MAX_NAME = 128
const MAX_TITLE = 80

/** The tools of `tools/list`, sorted by name. What has no name that can be shown as it is, isn't kept: nobody could tell it from another. */
export function parseTools(listed: readonly unknown[]): ResourceTool[] {
  const tools = new Map<string, ResourceTool>()
  for (const each of listed) {
    const { name, title, annotations } = isJsonObject(each) ? each : {}
    if (typeof name !== 'string' || name === '' || plainText(name, MAX_NAME) !== name || tools.size >= MOST_TOOLS) continue
    const { title: hintedTitle, readOnlyHint, destructiveHint } = isJsonObject(annotations) ? annotations : {}
    const shown = [title, hintedTitle]
      .map((text) => (typeof text === 'string' ? plainText(text, MAX_TITLE) : ''))
      .find((text) => text !== '')
    tools.set(name, {
      name,
      ...(shown !== undefined && { title: shown }),
      ...(typeof readOnlyHint === 'boolean' && { readOnly: readOnlyHint }),
      ...(typeof destructiveHint === 'boolean' && { destructive: destructiveHint }),
    })
  }
  return [...tools.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** A server that doesn't say what a tool does may change things by it; one that says two things means the worse. */
export const kindOfTool = ({ readOnly, destructive }: Pick<ResourceTool, 'readOnly' | 'destructive'>): ScopeKind =>
  destructive === true ? 'destroy' : readOnly === true ? 'read' : 'write'

const GRAVEST = ['destroy', 'write', 'read'] as const satisfies readonly ScopeKind[]

/** What a scope lets an app do: as its operator says, else the worst of what its tools do; undefined if neither is known. */
export function kindOfScope(scope: ResourceScope, tools: readonly Pick<ResourceTool, 'readOnly' | 'destructive'>[]): ScopeKind | undefined {
  if (scope.kind !== undefined) return scope.kind
  const kinds = tools.map(kindOfTool)
  return GRAVEST.find((kind) => kinds.includes(kind))
}

/** The scope that each tool needs: what the operator says about the gate, and about the scopes. The first one counts for a tool. */
export function toolRulesOf({ scopes, gate }: Pick<Resource, 'scopes' | 'gate'>): ToolRule[] {
  const rules = [...(gate?.tools ?? [])]
  for (const { name: scope, tools = [] } of scopes)
    for (const tool of tools) if (!rules.some((rule) => rule.tool === tool)) rules.push({ tool, scope })
  return rules
}

/** The scopes that unlock a tool: one, if all is well. */
export function scopesOfTool(resource: Pick<Resource, 'scopes' | 'gate'>, tool: string): string[] {
  const rules = resource.gate?.tools ?? []
  const named = [
    ...rules.filter((rule) => rule.tool === tool).map(({ scope }) => scope),
    ...resource.scopes.filter(({ tools = [] }) => tools.includes(tool)).map(({ name }) => name),
  ]
  const others = rules.find((rule) => rule.tool === OTHER_TOOLS)?.scope
  return [...new Set(named.length > 0 ? named : others === undefined ? [] : [others])]
}

/** Whether the operator says anything about which scope unlocks which tool. */
export const hasToolRules = (resource: Pick<Resource, 'scopes' | 'gate'>): boolean => toolRulesOf(resource).length > 0

/** The tools that each scope unlocks, of those that are known. */
export function toolsByScope(resource: Pick<Resource, 'scopes' | 'gate' | 'tools'>): ReadonlyMap<string, readonly ResourceTool[]> {
  const { tools = [], scopes } = resource
  const [only, ...more] = scopes
  // Where nothing is said, and there is one scope alone, it unlocks everything.
  if (!hasToolRules(resource)) return new Map(only !== undefined && more.length === 0 ? [[only.name, tools]] : [])
  return new Map(scopes.map(({ name }) => [name, tools.filter((tool) => scopesOfTool(resource, tool.name).includes(name))]))
}

/** What is wrong with the mapping: tools that no scope unlocks, and those that several do. Nothing, as long as there is no mapping. */
export function oddTools(resource: Pick<Resource, 'scopes' | 'gate' | 'tools'>): {
  readonly uncovered: string[]
  readonly ambiguous: string[]
} {
  const names = hasToolRules(resource) ? (resource.tools ?? []).map(({ name }) => name) : []
  const countOf = (tool: string): number => scopesOfTool(resource, tool).length
  return { uncovered: names.filter((tool) => countOf(tool) === 0), ambiguous: names.filter((tool) => countOf(tool) > 1) }
}
