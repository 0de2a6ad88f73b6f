/** What the operator sees when the story is over. */
import type { Facts } from '#test/upgrade/facts.ts'
import type { Timeline } from './timeline.ts'

interface ListedKey {
  readonly kid: string
  readonly alg: string
  readonly state: 'next' | 'current' | 'retired' | 'over' | 'revoked'
}

export const listKeys = async ({ ask }: Timeline, ...states: ListedKey['state'][]): Promise<ListedKey[]> =>
  (await ask<ListedKey[]>('keys list')).filter(({ state }) => states.includes(state))

export async function reviewKeys(timeline: Timeline): Promise<Facts['keys']> {
  return {
    published: (await listKeys(timeline, 'next', 'current', 'retired')).map(({ kid }) => kid),
    revoked: (await listKeys(timeline, 'revoked'))[0]!.kid,
    next: Object.fromEntries((await listKeys(timeline, 'next')).map(({ alg, kid }) => [alg, kid])),
  }
}

/** All that the commands list, as JSON. What becomes of a key depends on the time: that is left out. */
export async function readLists({ ask }: Pick<Timeline, 'ask'>): Promise<Required<Facts['lists']>> {
  const list = (words: string) => ask<Record<string, unknown>[]>(words)
  return {
    users: await list('user list'),
    clients: await list('client list --limit 1000'),
    resources: await list('resource list'),
    initialAccessTokens: await list('registration-token list'),
    keys: (await list('keys list')).map(({ state: _state, ...key }) => key),
    groups: await list('group list'),
    providers: await list('provider list'),
    admissionRules: await list('admission list'),
    links: await list('link list'),
    events: await list('audit list --limit 10000'),
  }
}
