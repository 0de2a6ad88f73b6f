/** What commands list: everybody and everything, member by member. */
import type { Test } from 'tap'
import type { Facts } from '#test/upgrade/facts.ts'
import { readLists } from '#test/upgrade/story/review.ts'
import { runCommand } from '#test/upgrade/story/timeline.ts'

export async function checkLists(t: Test, databaseUrl: string, facts: Facts): Promise<void> {
  const variables = { ...facts.settings, DATABASE_URL: databaseUrl }
  const now = await readLists({ ask: async (words) => JSON.parse(await runCommand(`${words} --json`, '', variables)) as never })
  for (const [name, before] of Object.entries(facts.lists) as [keyof Facts['lists'], Facts['lists']['users']][]) {
    t.ok(before.length > 0, name)
    t.strictSame(
      now[name].map((record, index) => pick(record, before[index])),
      before.map(renamed),
      name,
    )
  }
}

/** Values that commands show under another name today, by their member; what is stored stays. */
const RENAMED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  origin: { person: 'operator' },
  event: {
    'registration_token.created': 'initial_access_token.created',
    'registration_token.deleted': 'initial_access_token.deleted',
  },
}

/** The value of a member as commands show it today. */
export const shownAs = (member: string, value: unknown): unknown => RENAMED[member]?.[value as string] ?? value

const renamed = (record: object): object =>
  Object.fromEntries(Object.entries(record).map(([name, value]: [string, unknown]) => [name, shownAs(name, value)]))

/** The members that were there before: a later version may tell more. */
export const pick = (record: Readonly<Record<string, unknown>>, before: object = {}): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => name in before))
