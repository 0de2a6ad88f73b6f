/** The store of groups and of who is in them. */
import type { AuditEvent } from '../../../domain/audit/audit-event.ts'
import type { Group, Membership, MembershipSource } from '../../../domain/access/group.ts'
import type { Followed, Groups } from '../../access-stores.ts'
import { run, statement, unit } from '../../driver.ts'
import type { Driver, Parameter, Row, Statement, Unit } from '../../driver.ts'
import { insertEvent, runWithEvent } from '../audit-events.ts'
import { instant, optionalText, text } from '../rows.ts'

const INSERT = statement(
  'insert into groups (name, description, created_at) values ($1, $2, $3) on conflict (name) do nothing returning name',
)
const FIND = statement('select * from groups where name = $1')
const LIST = statement(`
  select groups.*, (select count(distinct m.user_id) from group_members m where m.group_name = groups.name) as members
  from groups order by groups.name`)
const DELETE = statement('delete from groups where name = $1 returning name')
const MEMBERS = statement(`
  select m.*, u.username from group_members m join users u on u.id = m.user_id where m.group_name = $1 order by m.since desc limit $2`)
const OF_USER = statement('select * from group_members where user_id = $1 order by group_name, source')
const OF_SOURCE = statement('select group_name from group_members where user_id = $1 and source = $2')
const JOIN = statement(`
  insert into group_members (user_id, group_name, source, since) values ($1, $2, $3, $4)
  on conflict (user_id, group_name, source) do nothing
  returning group_name`)
/** Nothing if there is no such group. */
const JOIN_IF_KNOWN = statement(`
  insert into group_members (user_id, group_name, source, since) select $1, name, $3, $4 from groups where name = $2
  on conflict (user_id, group_name, source) do nothing
  returning group_name`)
const LEAVE = statement('delete from group_members where user_id = $1 and group_name = $2 and source = $3 returning group_name')

/** Joins a group, if there is one of that name; the event is stored if the user wasn't in it for this reason. */
export const joinIfKnown = ({ userId, group, source, since }: Membership, event: AuditEvent | undefined): Unit<boolean> =>
  runWithEvent({ statement: JOIN_IF_KNOWN, parameters: [userId, group, source, since] }, event)

/** What an account at a provider gave, when it no longer counts: what another account gives comes back with its next check. */
export const LEAVE_PROVIDED = statement("delete from group_members where user_id = $1 and source in ('admission', 'provider:' || $2)")

export function createGroups(driver: Driver): Groups {
  const change = (of: Statement, parameters: Parameter[], event: AuditEvent | undefined) =>
    driver.write(unit(() => runWithEvent({ statement: of, parameters }, event)))

  return {
    insert: ({ name, description, createdAt }, event) => change(INSERT, [name, description, createdAt], event),
    async find(name) {
      const [row] = await driver.read(FIND, [name])
      return row && toGroup(row)
    },
    async list() {
      return (await driver.read(LIST, [])).map((row) => ({ group: toGroup(row), members: instant(row, 'members') }))
    },
    delete: (name, event) => change(DELETE, [name], event),
    async listMembers(name, limit) {
      return (await driver.read(MEMBERS, [name, limit])).map((row) => ({ ...toMembership(row), username: text(row, 'username') }))
    },
    async listOf(userId) {
      return (await driver.read(OF_USER, [userId])).map(toMembership)
    },
    join: ({ userId, group, source, since }, event) => change(JOIN, [userId, group, source, since], event),
    leave: ({ userId, group, source }, event) => change(LEAVE, [userId, group, source], event),
    follow: (userId, source, groups, now, eventOf) =>
      driver.write(
        unit(function* (): Unit<Followed> {
          const rows = yield* run(OF_SOURCE, userId, source)
          const before = rows.map((row) => text(row, 'group_name'))
          const left = before.filter((group) => !groups.includes(group)).sort()
          for (const group of left) yield* run(LEAVE, userId, group, source)
          const joined: string[] = []
          for (const group of new Set(groups)) {
            if (before.includes(group)) continue
            const [known] = yield* run(JOIN_IF_KNOWN, userId, group, source, now)
            if (known !== undefined) joined.push(group)
          }
          if (eventOf !== undefined) {
            for (const group of joined) yield insertEvent(eventOf('group.joined', group))
            for (const group of left) yield insertEvent(eventOf('group.left', group))
          }
          return { joined, left }
        }),
      ),
  }
}

function toGroup(row: Row): Group {
  return { name: text(row, 'name'), description: text(row, 'description'), createdAt: instant(row, 'created_at') }
}

function toMembership(row: Row): Membership {
  return {
    group: text(row, 'group_name'),
    userId: text(row, 'user_id'),
    source: text(row, 'source') as MembershipSource,
    since: instant(row, 'since'),
  }
}

/** A column with the groups of a user, for a statement that reads something else of the user: that they are known costs no round trip. */
export const groupsColumn = (userId: string): string =>
  `(select string_agg(m.group_name, ' ') from group_members m where m.user_id = ${userId}) as user_groups`

/** What is in that column, sorted, each once. */
export const toGroups = (row: Row): string[] => {
  const names = optionalText(row, 'user_groups')
  return names === undefined ? [] : [...new Set(names.split(' '))].sort()
}
