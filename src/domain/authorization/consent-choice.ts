/**
 * What somebody can choose on a consent page, and what a choice leaves of a request. A choice can only narrow (threat-model.md T5): what the
 * page didn't offer can't be chosen, and what is always needed can't be taken away.
 */
import { permissionAt } from '../protocol/scope.ts'
import type { Resource, ResourceScope, ScopeKind } from '../resource/resource.ts'
import { scopeNames } from '../resource/resource-registry.ts'
import { kindOfScope, kindOfTool, toolsByScope } from '../resource/tools.ts'
import type { Known } from './consent.ts'
import type { RequestedAccess } from './requested-access.ts'

export const PRESETS = ['all', 'read', 'choose'] as const
export type Preset = (typeof PRESETS)[number]

/** A scope of a resource, as a page offers it. */
export interface ScopeOption {
  /** The value of its box. */
  readonly permission: string
  readonly scope: ResourceScope
  readonly kind: ScopeKind | undefined
  readonly tools: readonly { readonly name: string; readonly title: string; readonly kind: ScopeKind }[]
  /** `fixed`: it is always needed, or can't be chosen here. `kept`: it was allowed before, and stays so. `open`: there is a box. */
  readonly state: 'fixed' | 'kept' | 'open'
  /** Whether its box is ticked at first. */
  readonly isTicked: boolean
  readonly isNew: boolean
}

export interface OfferedChoice {
  readonly options: readonly ScopeOption[]
  /** Those that are offered; none if there is nothing to choose. The first one is chosen at first. */
  readonly presets: readonly Preset[]
  readonly preselected: Preset
}

/** What a form says. */
export interface Choice {
  readonly preset?: string | undefined
  /** The permissions whose boxes are ticked. */
  readonly ticked: readonly string[]
}

export const choiceIn = ({ preset, scope }: { readonly preset?: string; readonly scope?: string | string[] }): Choice => ({
  preset,
  ticked: [scope ?? []].flat(),
})

/** @param known what an earlier consent says; `declined` are permissions that were offered, and not chosen */
export function offerChoice(asked: RequestedAccess, known: Known, isOn: boolean): OfferedChoice {
  const before = asked.targets.some(({ identifier, resource }) =>
    (resource?.scopes ?? []).some(
      ({ name }) => asked.scopes.includes(name) && known.isKnown && !isFresh(known, permissionAt(name, identifier)),
    ),
  )
  const hasNew = asked.targets.some(({ identifier, resource }) =>
    (resource?.scopes ?? []).some(({ name }) => asked.scopes.includes(name) && isFresh(known, permissionAt(name, identifier))),
  )
  const options = asked.targets.flatMap(({ identifier, resource }) =>
    resource === undefined ? [] : optionsOf(resource, identifier, asked.scopes, known, { isOn, isStepUp: before && hasNew }),
  )
  const boxes = options.filter(({ state }) => state === 'open')
  if (boxes.length === 0) return { options, presets: [], preselected: 'all' }
  const reading = boxes.filter(({ kind }) => kind === 'read').length
  const presets = PRESETS.filter((preset) => preset !== 'read' || (reading > 0 && reading < boxes.length))
  return { options, presets, preselected: boxes.every(({ isTicked }) => isTicked) ? 'all' : 'choose' }
}

function optionsOf(
  resource: Resource,
  identifier: string,
  scopes: readonly string[],
  known: Known,
  { isOn, isStepUp }: { isOn: boolean; isStepUp: boolean },
): ScopeOption[] {
  const tools = toolsByScope(resource)
  return resource.scopes
    .filter(({ name }) => scopes.includes(name))
    .map((scope): ScopeOption => {
      const permission = permissionAt(scope.name, identifier)
      const unlocked = tools.get(scope.name) ?? []
      const kind = kindOfScope(scope, unlocked)
      const fresh = isFresh(known, permission)
      const isDeclined = known.declined.some((each) => isAbout(each, permission))
      return {
        permission,
        scope,
        kind,
        tools: unlocked.map(({ name, title = name, ...hints }) => ({ name, title, kind: kindOfTool(hints) })),
        state: !isOn || scope.required === true ? 'fixed' : isStepUp && !fresh ? 'kept' : 'open',
        isTicked: known.isKnown && !fresh ? true : kind !== 'destroy' && !isDeclined,
        isNew: fresh && !isDeclined,
      }
    })
}

/** A decision may be followed by the hash of its words. */
export const isAbout = (decision: string, permission: string): boolean => `${decision} `.startsWith(`${permission} `)
const isFresh = ({ fresh, isKnown }: Known, permission: string): boolean => isKnown && fresh.some((each) => isAbout(each, permission))

/** The permissions that a choice takes away; of a form without any, all that has a box. */
export function takenAway({ options, presets }: OfferedChoice, { preset, ticked }: Choice): string[] {
  const boxes = options.filter(({ state }) => state === 'open')
  const chosen = presets.find((each) => each === preset) ?? 'choose'
  const isLeft = ({ permission, kind }: ScopeOption): boolean => {
    if (chosen === 'all') return true
    return chosen === 'read' ? kind === 'read' : ticked.includes(permission)
  }
  return boxes.filter((box) => !isLeft(box)).map(({ permission }) => permission)
}

/** A request without some permissions. */
export function without<Access extends RequestedAccess>(asked: Access, taken: readonly string[]): Access {
  if (taken.length === 0) return asked
  const targets = asked.targets.map((target) => {
    const { identifier, resource } = target
    if (resource === undefined) return target
    const scopes = resource.scopes.filter(({ name }) => !taken.includes(permissionAt(name, identifier)))
    return { ...target, resource: { ...resource, scopes } }
  })
  const owned = asked.targets.flatMap(({ resource }) => (resource === undefined ? [] : scopeNames(resource)))
  const left = targets.flatMap(({ resource }) => (resource === undefined ? [] : scopeNames(resource)))
  return { ...asked, targets, scopes: asked.scopes.filter((scope) => !owned.includes(scope) || left.includes(scope)) }
}
