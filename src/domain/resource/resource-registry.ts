/** The registered resources as the rules see them: whom a resource indicator names, and whose a scope is. */
import type { Resource } from './resource.ts'
import { resourceKey } from '../protocol/resource-indicator.ts'
import { BUILT_IN_SCOPES } from '../protocol/scope.ts'

/** Whether resources that nobody registered may be asked for. */
export type UnregisteredPolicy = 'allow' | 'refuse'

export interface ResourceRegistry {
  readonly resources: readonly Resource[]
  /** Every scope that can be granted, each once: the built-in ones, then those of the resources. */
  readonly scopes: readonly string[]
  /** The resource that an indicator names, whichever way it is spelled. */
  find(indicator: string): Resource | undefined
  /** Whether a token may be for it. */
  accepts(indicator: string): boolean
}

export function createResourceRegistry(resources: readonly Resource[], unregistered: UnregisteredPolicy): ResourceRegistry {
  const byKey = new Map(resources.map((resource) => [resourceKey(resource.identifier), resource]))
  const find = (indicator: string) => byKey.get(resourceKey(indicator))
  return {
    resources,
    scopes: [...new Set([...BUILT_IN_SCOPES, ...resources.flatMap(scopeNames)])],
    find,
    accepts: (indicator) => unregistered === 'allow' || find(indicator) !== undefined,
  }
}

export const scopeNames = ({ scopes }: Pick<Resource, 'scopes'>): string[] => scopes.map(({ name }) => name)
