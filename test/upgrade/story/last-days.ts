/** The days before the end, under one server: everybody connects, and some of it ends in one way or another. */
import { decodeJwt } from 'jose'
import type { Facts, KnownClient, KnownPerson, KnownTokens } from '#test/upgrade/facts.ts'
import { changeClients, decideOnClients } from './clients.ts'
import { DAY, HOUR, MINUTE, SECOND } from './durations.ts'
import { setUpFactors } from './factors.ts'
import * as grants from './grants.ts'
import { leaveLinks } from './links.ts'
import { makePersonalTokens } from './personal-tokens.ts'
import { PEOPLE, changePeople } from './people.ts'
import { openConsole } from './console.ts'
import { comeByProvider, keepProvider } from './providers.ts'
import type { Server, Timeline } from './timeline.ts'
import { askFromDevice, guessPasswords, leaveWaiting } from './waiting.ts'

type Clients = Readonly<Record<string, KnownClient>>

/** From ten days to one day before the end. */
export async function tellOfLastDays(timeline: Timeline, server: Server, registered: Clients) {
  const { goOnUntil, command } = timeline
  const dead = await grants.connectDoomed(server, registered)
  const clients = await changeClients(timeline, registered)
  await changePeople(timeline)
  await command(`user disable ${PEOPLE.oscar.username}`)

  let refreshed = { ...(await grants.connect(server, clients, 'app')), used: [] as string[] }
  for (const days of [7, 4, 1]) {
    goOnUntil(days * DAY)
    refreshed = await grants.refreshed(server, clients, refreshed)
  }
  return { clients, dead, refreshed, deletedPerson: decodeJwt(dead['ofDeletedPerson']!.accessToken).sub! }
}

/** From the day before to ten minutes before the end: what has expired by then, or is signed by a key that has retired. */
export async function tellOfLastHours({ goOnUntil, command }: Timeline, server: Server, clients: Clients) {
  goOnUntil(13 * HOUR)
  const idle = await grants.browse(server, clients, 'app')
  goOnUntil(80 * MINUTE)
  await command('keys rotate') // these sign from 20 minutes before the end
  goOnUntil(40 * MINUTE)
  const signedByRetiredKey = await grants.connect(server, clients, 'site')
  goOnUntil(30 * MINUTE)
  const expiredToken = (await command('registration-token create late --expires 20m')).trim()
  const expiredDevice = await askFromDevice(server, clients['app']!)
  goOnUntil(10 * MINUTE)
  await command('keys rotate')
  await command(`user delete ${PEOPLE.ruth.username} --yes`)
  const expiredCode = await server.authorize(server.browserOf(PEOPLE.helen), clients['app']!, {}, PEOPLE.helen)
  return { idle, signedByRetiredKey, expiredToken, expiredDevice, expiredCode }
}

/** The last minutes: what is alive at the end. */
export async function tellOfLastMinutes(timeline: Timeline, server: Server, clients: Clients, resources: Facts['resources']) {
  const { goOnUntil, command, end } = timeline
  goOnUntil(5 * MINUTE)
  await server.storage.auditEvents.receive(true, Date.now())
  await grants.callTools(server, clients, resources)
  const alive = await connectEverybody(server, clients, resources)
  const ownOfEnabled = () =>
    Promise.all([resources.moons, resources.comets].map(({ identifier }) => grants.ownTokens(server, clients, 'enabled', identifier)))
  const ownBeforeDisabled = await ownOfEnabled()
  await server.send(clients['enabled']!, '/token', { grant_type: 'client_credentials', resource: 'https://closed.example/mcp' })
  goOnUntil(4 * MINUTE)
  await command(`client disable ${clients['enabled']!.id}`)
  await command(`client enable ${clients['enabled']!.id}`)
  const ownSinceEnabled = await ownOfEnabled()
  goOnUntil(10 * SECOND)
  const refreshed = (before: KnownTokens) => grants.refreshed(server, clients, before)
  const withinGrace = await refreshed(alive.aboutToRefresh[0])
  const superseded = await refreshed(await refreshed(alive.aboutToRefresh[1]))
  goOnUntil(5 * SECOND)
  await server.storage.leases.take('sweep', 'a node', Date.now(), end + 2 * MINUTE)
  const links = await leaveLinks(timeline, server)
  const personalToken = await makePersonalTokens(command, server, resources.moons)
  const waiting = await leaveWaiting(server, clients)
  await comeByProvider(server, end)
  await setUpFactors(server)
  const consoleHash = await openConsole(server)
  const provided = await keepProvider(timeline, server)
  await command('admission add @acme.example')
  await command('admission add github:org=acme')
  await command('admission delete github:org=acme')
  const approvals = await decideOnClients(timeline)
  return {
    ...alive,
    links,
    ownBeforeDisabled,
    ownSinceEnabled,
    withinGrace,
    superseded,
    waiting,
    personalToken,
    consoleHash,
    approvals,
    provided,
  }
}

async function connectEverybody(server: Server, clients: Clients, resources: Facts['resources']) {
  const active: KnownPerson[] = []
  for (const login of [PEOPLE.admin, PEOPLE.helen, PEOPLE.minjun, PEOPLE.greta])
    active.push({ ...login, userinfo: await grants.describe(server, await grants.connect(server, clients, 'app', {}, login)) })
  for (const name of ['document', 'shared', 'native', 'partner', 'updated', 'vouched']) await grants.connect(server, clients, name)
  const loggedOut = await grants.browse(server, clients, 'web', { scope: 'openid' })
  await loggedOut.person.submit((await loggedOut.person.open(`${server.issuer}/logout`)).page!, {})
  await guessPasswords(server, clients['app']!)
  const leaving = await grants.browse(server, clients, 'web')
  return {
    active,
    loggedOut,
    loggedIn: await grants.browse(server, clients, 'app'),
    leaving,
    untilLogout: await grants.connectIn(server, leaving.person, clients, 'poster', { scope: 'openid' }),
    bound: await grants.connectBound(server, clients),
    forResources: await grants.connectForResources(server, clients, resources),
    ownOpaque: await grants.ownTokens(server, clients, 'machine', resources.moons.identifier),
    ownJwt: await grants.ownTokens(server, clients, 'machine', resources.comets.identifier),
    pairwise: await grants.connect(server, clients, 'pairwise'),
    accessTokenRevoked: await grants.connectAndRevokeAccess(server, clients),
    aboutToRefresh: [await grants.connect(server, clients, 'app'), await grants.connect(server, clients, 'app')] as const,
  }
}
