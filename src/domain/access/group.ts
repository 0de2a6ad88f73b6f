/** Groups of users, as they are stored. Instants are milliseconds since the epoch. */
import type { Resource } from '../resource/resource.ts'

export interface Group {
  /** As rules and tokens have it; it never changes. */
  readonly name: string
  readonly description: string
  readonly createdAt: number
}

/**
 * Why somebody is in a group: an operator said so, an admission rule, or the provider of this id. What a provider says holds until it
 * says something else.
 */
export type MembershipSource = 'manual' | 'admission' | `provider:${string}`

export interface Membership {
  readonly group: string
  readonly userId: string
  readonly source: MembershipSource
  readonly since: number
}

/** Letters, digits and `_.:@/+-`: a name fits into a header beside others, and needs no quotation marks anywhere. */
export const isGroupName = (name: string): boolean => /^[A-Za-z0-9][\w.:@/+-]{0,63}$/.test(name)

/** The most that a token, UserInfo or a header names: some directories have users in hundreds of groups. */
export const MOST_NAMED = 50

/** The groups that a resource learns; `undefined` unless it asks for them. */
export const namedGroups = (resource: Pick<Resource, 'groupsClaim'> | undefined, groups: readonly string[]): string[] | undefined =>
  resource?.groupsClaim === true ? groups.slice(0, MOST_NAMED) : undefined
