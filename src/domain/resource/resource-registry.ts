/** The registered resources: finds them by resource indicator, and knows all scopes. */
import { EVERYBODY_MAY } from '../access/decide-access.ts'
import type { AccessPolicy } from '../access/decide-access.ts'
import type { Resource } from './resource.ts'
import { resourceKey } from '../protocol/resource-indicator.ts'
import { BUILT_IN_SCOPES } from '../protocol/scope.ts'

/** Whether tokens may be for resources that nobody registered. */
export type UnregisteredPolicy = 'allow' | 'refuse'

export interface ResourceRegistry {
  readonly resources: readonly Resource[]
  /** The distinct scopes that can be granted: the built-in ones, then those of the resources. */
  readonly scopes: readonly string[]
  /** The resource that an indicator names, in any spelling (`resourceKey`). */
  find(indicator: string): Resource | undefined
  /** Who may use them. */
  readonly access: AccessPolicy
  /** Whether tokens may be for it. */
  accepts(indicator: string): boolean
}

export function createResourceRegistry(
  resources: readonly Resource[],
  unregistered: UnregisteredPolicy,
  access: AccessPolicy = EVERYBODY_MAY,
  /** Found by its indicator, and listed nowhere. */
  builtIn: readonly Resource[] = [],
): ResourceRegistry {
  const byKey = new Map([...resources, ...builtIn].map((resource) => [resourceKey(resource.identifier), resource]))
  const find = (indicator: string) => byKey.get(resourceKey(indicator))
  return {
    resources,
    access,
    scopes: [...new Set([...BUILT_IN_SCOPES, ...resources.flatMap(scopeNames)])],
    find,
    accepts: (indicator) => unregistered === 'allow' || find(indicator) !== undefined,
  }
}

export const scopeNames = ({ scopes }: Pick<Resource, 'scopes'>): string[] => scopes.map(({ name }) => name)
