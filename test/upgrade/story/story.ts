/** From an empty database to one with every kind of record that a server keeps, by what people, clients and operators do. */
import type { Facts } from '#test/upgrade/facts.ts'
import { countRows } from '#test/upgrade/rows.ts'
import { registerOthers } from './clients.ts'
import { DAY } from './durations.ts'
import { tellOfFirstMonths } from './first-months.ts'
import { tellOfLastDays, tellOfLastHours, tellOfLastMinutes } from './last-days.ts'
import { SHARED_REGISTRATION } from './metadata.ts'
import { LOCKED_OUT, PEOPLE } from './people.ts'
import { readLists, reviewKeys } from './review.ts'
import { SETTINGS } from './settings.ts'
import { withTimeline } from './timeline.ts'
import type { Timeline, TimelineOptions } from './timeline.ts'

export interface StoryOptions extends Omit<TimelineOptions, 'settings'> {
  readonly version: string
  /** For files that the story needs. */
  readonly folder: string
}

export async function tellStory(options: StoryOptions): Promise<Facts> {
  const facts = await withTimeline({ ...options, settings: SETTINGS }, (timeline) => tell(timeline, options.folder))
  const rows = await countRows(options.databaseUrl)
  return { version: options.version, receivers: true, at: options.end, settings: SETTINGS, rows, ...facts }
}

async function tell(timeline: Timeline, folder: string): Promise<Omit<Facts, 'version' | 'at' | 'settings' | 'rows'>> {
  const { pairwiseSubject, oldIdToken, resources, initialAccessTokens, ...first } = await tellOfFirstMonths(timeline)
  timeline.goOnUntil(10 * DAY)
  const registered = { ...first.clients, ...(await registerOthers(timeline, initialAccessTokens, folder)) }
  const { clients, dead, refreshed, deletedPerson, hours, active, loggedOut, waiting, ...late } = await timeline.serve(async (server) => {
    const days = await tellOfLastDays(timeline, server, registered)
    const hours = await tellOfLastHours(timeline, server, days.clients)
    return { ...days, hours, ...(await tellOfLastMinutes(timeline, server, days.clients, resources)) }
  })
  timeline.goOnUntil(0)
  const { proof: usedProof, ...bound } = late.bound
  const helen = active.find(({ username }) => username === PEOPLE.helen.username)!
  const clientId = clients['web']!.id
  return {
    people: { active, disabled: { ...PEOPLE.oscar, userinfo: {} }, lockedOut: LOCKED_OUT },
    browsers: { loggedIn: late.loggedIn.cookies, leaving: late.leaving.cookies, loggedOut: loggedOut.cookies, idle: hours.idle.cookies },
    clients,
    sharedRegistration: SHARED_REGISTRATION,
    initialAccessTokens: { ...initialAccessTokens, expired: hours.expiredToken },
    resources,
    grants: {
      refreshed,
      withinGrace: late.withinGrace,
      superseded: late.superseded,
      untilLogout: late.untilLogout,
      bound,
      ...late.forResources,
      pairwise: { ...late.pairwise, subject: pairwiseSubject },
      signedByRetiredKey: hours.signedByRetiredKey,
      accessTokenRevoked: late.accessTokenRevoked,
      dead: { ...dead, endedWithSession: loggedOut.tokens },
      ownOpaque: late.ownOpaque,
      ownJwt: late.ownJwt,
      ownBeforeDisabled: late.ownBeforeDisabled,
      ownSinceEnabled: late.ownSinceEnabled,
      personalToken: late.personalToken,
      oldIdToken,
    },
    waiting: { ...waiting, expiredCode: hours.expiredCode, usedProof, devices: { ...waiting.devices, expired: hours.expiredDevice } },
    links: late.links,
    provided: late.provided,
    consoleHash: late.consoleHash,
    approvals: late.approvals,
    logoutNotices: [helen.userinfo['sub'] as string, deletedPerson].map((userId) => ({ clientId, userId })),
    keys: await reviewKeys(timeline),
    lists: await readLists(timeline),
  }
}
