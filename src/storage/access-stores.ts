/** The stores that say who may use what: groups of users, and rules. */
import type { AccessRule } from '../domain/access/access-rule.ts'
import type { Group, Membership, MembershipSource } from '../domain/access/group.ts'
import type { AuditEvent } from '../domain/audit/audit-event.ts'

export interface Groups {
  /** `false` if the name is taken; at most one caller, on any node, gets `true` for it. */
  insert(group: Group, event?: AuditEvent): Promise<boolean>
  find(name: string): Promise<Group | undefined>
  /** All groups with their number of members, sorted by name. */
  list(): Promise<CountedGroup[]>
  /** Deletes a group with its memberships; returns whether it existed. Rejects while an access rule names it. */
  delete(name: string, event?: AuditEvent): Promise<boolean>
  /** At most `limit` memberships in a group, the latest first. Somebody may be in it for several reasons. */
  listMembers(name: string, limit: number): Promise<ListedMembership[]>
  /** Why a user is in which groups, sorted by name. */
  listOf(userId: string): Promise<Membership[]>
  /** `false` if the user is in the group for this reason already. Rejects if user or group are gone. */
  join(membership: Membership, event?: AuditEvent): Promise<boolean>
  /** Takes away one reason to be in a group; returns whether there was one. */
  leave(membership: Omit<Membership, 'since'>, event?: AuditEvent): Promise<boolean>
  /**
   * Makes the groups that a user is in because of one source exactly these, as far as they exist. Returns what has changed. Each change
   * has an event.
   */
  follow(userId: string, source: MembershipSource, groups: readonly string[], now: number, eventOf?: EventOfMembership): Promise<Followed>
}

/** Who may use which resource. Rules never change: another one takes their place. */
export interface AccessRules {
  /** Rejects if the resource or the group is gone. */
  insert(rule: AccessRule, event?: AuditEvent): Promise<void>
  find(id: string): Promise<AccessRule | undefined>
  /** All rules, the oldest first. */
  list(): Promise<AccessRule[]>
  /** Returns whether it existed; at most one caller, on any node, gets `true`. */
  delete(id: string, event?: AuditEvent): Promise<boolean>
}

export interface CountedGroup {
  readonly group: Group
  readonly members: number
}

export interface ListedMembership extends Membership {
  readonly username: string
}

export interface Followed {
  readonly joined: readonly string[]
  readonly left: readonly string[]
}

/** Makes the event of a change, which the store keeps with it. A unit that runs again makes it again. */
export type EventOfMembership = (name: 'group.joined' | 'group.left', group: string) => AuditEvent
