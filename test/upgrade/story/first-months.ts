/** Long before the end: the first start, keys that come and go, a secret that is replaced. */
import { addPassing, registerFirst, registerPassing } from './clients.ts'
import { DAY } from './durations.ts'
import { connect, describe } from './grants.ts'
import { addPeople } from './people.ts'
import { addInitialAccessTokens, addResources } from './resources.ts'
import { listKeys } from './review.ts'
import { SETTINGS } from './settings.ts'
import { sweep } from './timeline.ts'
import type { Timeline } from './timeline.ts'

const FIRST_SECRET = 'the secret of the first days, which was replaced'

export async function tellOfFirstMonths(timeline: Timeline) {
  const { serve, goOnUntil, command } = timeline
  goOnUntil(80 * DAY)
  timeline.settings = { ...SETTINGS, SECRET: 'the secret before the first start, which was lost' }
  await command('keys rotate')
  timeline.settings = { ...SETTINGS, SECRET: FIRST_SECRET }
  await command('keys reset --yes')
  await addPeople(timeline)
  const resources = await addResources(timeline)
  const initialAccessTokens = await addInitialAccessTokens(timeline)
  const first = await serve(async (server) => {
    const clients = await registerFirst(server)
    const { idToken } = await connect(server, clients, 'app')
    const { sub } = await describe(server, await connect(server, clients, 'pairwise'))
    await registerPassing(server)
    return { clients, oldIdToken: idToken!, pairwiseSubject: sub }
  })
  await addPassing(timeline)
  await command('session end --user helen')

  goOnUntil(60 * DAY)
  await command('keys rotate')
  goOnUntil(58 * DAY)
  await serve((server) => sweep(server, Date.now())) // the first keys sign no more, and lose their private parts
  goOnUntil(48 * DAY)
  timeline.settings = { ...SETTINGS, SECRET_PREVIOUS: FIRST_SECRET }
  await serve((server) => sweep(server, Date.now())) // a client that nobody allowed for a month goes
  timeline.settings = SETTINGS

  goOnUntil(40 * DAY)
  const signing = (await listKeys(timeline, 'current')).find(({ alg }) => alg === 'ES256')!
  await command(`keys revoke ${signing.kid} --yes`)
  return { resources, initialAccessTokens, ...first }
}
