/** One-use links: an invitation that made an account, and what waits at the end. */
import type { Facts } from '#test/upgrade/facts.ts'
import { PEOPLE } from './people.ts'
import type { Server, Timeline } from './timeline.ts'

/** The page behind a link, in a browser of its own. */
export async function openLink(server: Pick<Server, 'person'>, url: string) {
  const visitor = server.person()
  const { page } = await visitor.open(url)
  return { visitor, page: page! }
}

export async function leaveLinks({ command, ask }: Timeline, server: Server): Promise<NonNullable<Facts['links']>> {
  const invite = (words = '') => ask<{ url: string; id: string }>(`user invite ${words}`)
  const used = await invite('--email ines@example.com --group astronomers')
  const { visitor, page } = await openLink(server, used.url)
  await visitor.submit(page, { username: 'ines', password: 'the password of ines' })
  const revoked = await invite()
  await command(`link revoke ${revoked.id}`)
  const waiting = await invite('--email waiting@example.com')
  const reset = await ask<{ url: string }>(`user reset-password ${PEOPLE.minjun.username}`)
  return { used: used.url, revoked: revoked.url, invitation: waiting.url, reset: reset.url }
}
