/** What an operator can say about a scope besides its words: what it lets apps do, whether it is required, and which tools it unlocks. */
import { ok } from '../../domain/protocol/result.ts'
import { plainText } from '../../domain/protocol/text.ts'
import { SCOPE_KINDS } from '../../domain/resource/resource.ts'
import type { ResourceScope, ScopeKind } from '../../domain/resource/resource.ts'
import { invalid, invalidArgument } from '../outcome.ts'
import type { Outcome } from '../outcome.ts'
import type { ParsedMembers, ResourceMembers } from './resource-members.ts'

type Traits = Pick<ResourceScope, 'kind' | 'required' | 'tools'>
type Given = { [Name in keyof Traits]?: Traits[Name] | undefined }

/** Adds what is said about scopes: to those that are given, or else to those before. Scopes of the same name keep what was said of them. */
export function withTraits(
  parsed: Outcome<ParsedMembers>,
  { scopeKinds, requiredScopes, scopeTools }: ResourceMembers,
  before: readonly ResourceScope[],
): Outcome<ParsedMembers> {
  if (!parsed.ok) return parsed
  const isSilent = [scopeKinds, requiredScopes, scopeTools].every((given) => given === undefined)
  if (isSilent && parsed.value.scopes === undefined) return parsed
  const scopes = parsed.value.scopes ?? before
  const traits = new Map<string, Given>(scopes.map(({ name }) => [name, traitsOf(before.find((scope) => scope.name === name))]))
  const unknown = (name: string) => invalid(`The resource has no scope ${plainText(name, 100)}: add it with --scope.`)
  const put = (name: string, more: Given) => traits.set(name, { ...traits.get(name), ...more })

  for (const raw of scopeKinds ?? []) {
    const [name, kind] = parted(raw)
    if (kind !== '' && !SCOPE_KINDS.some((known) => known === kind))
      return invalidArgument('scopeKind', `must be SCOPE=${SCOPE_KINDS.join('|')}`, raw)
    if (!traits.has(name)) return unknown(name)
    put(name, { kind: kind === '' ? undefined : (kind as ScopeKind) })
  }
  if (requiredScopes !== undefined) {
    for (const [name, { required: _required, ...others }] of traits) traits.set(name, others)
    for (const name of requiredScopes) {
      if (!traits.has(name)) return unknown(name)
      put(name, { required: true })
    }
  }
  const tools = new Map<string, string[]>()
  for (const raw of scopeTools ?? []) {
    const [name, tool] = parted(raw)
    if (!traits.has(name)) return unknown(name)
    tools.set(name, [...(tools.get(name) ?? []), ...(tool === '' ? [] : [tool])])
  }
  for (const [name, unlocked] of tools) put(name, { tools: [...new Set(unlocked)] })
  return ok({ ...parsed.value, scopes: scopes.map((scope) => ({ ...wordsWithout(scope), ...cleaned(traits.get(scope.name)!) })) })
}

const traitsOf = ({ kind, required, tools }: Partial<ResourceScope> = {}): Traits => cleaned({ kind, required, tools })

const cleaned = ({ kind, required, tools = [] }: Given): Traits => ({
  ...(kind !== undefined && { kind }),
  ...(required !== undefined && { required }),
  ...(tools.length > 0 && { tools }),
})

const wordsWithout = ({ kind: _kind, required: _required, tools: _tools, ...words }: ResourceScope): ResourceScope => words

/** `NAME=VALUE`; a scope may have no equals sign, the name of a tool may. */
function parted(raw: string): [string, string] {
  const at = raw.indexOf('=')
  return at < 0 ? [raw, ''] : [raw.slice(0, at), raw.slice(at + 1)]
}
