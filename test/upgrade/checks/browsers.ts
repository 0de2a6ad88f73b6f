/** Browsers that were logged in: what they remember, and what ends with them. */
import { wayBackOf } from '#test/support/people/person.ts'
import type { Facts } from '#test/upgrade/facts.ts'
import type { Check } from '#test/upgrade/installation.ts'

/** Clients that were allowed everything, and come back by https. */
const ALLOWED = ['app', 'web', 'poster', 'signer', 'partner', 'updated', 'site', 'document', 'shared', 'vouched', 'pairwise']

export const checkBrowsers: Check = async (t, { facts, client, person, authorizeUrl, storage, clock }) => {
  const outcome = async (browser: keyof Facts['browsers'], name: string) => {
    const { away, page } = await person(facts.browsers[browser]).open(authorizeUrl(client(name), { prompt: 'none' }))
    const answer = away ?? wayBackOf(page)
    return answer?.searchParams.get('error') ?? (answer?.searchParams.has('code') ? 'code' : 'a page')
  }

  await t.test('a browser is still logged in, and what was allowed is not asked again, or once if nobody knows for whom', async (t) => {
    for (const name of ALLOWED) t.equal(await outcome('loggedIn', name), facts.receivers ? 'code' : 'consent_required', name)
    t.equal(await outcome('loggedIn', 'strict'), 'invalid_request', 'it has to push its requests')
  })

  await t.test('a console that was open still is', { skip: facts.consoleHash === undefined && 'that version had none' }, async (t) => {
    const found = await storage.sessions.findConsole(facts.consoleHash!, { now: clock.now, idleSince: 0, consoleIdleSince: 0 })
    t.equal(found?.user.username, 'admin')
  })

  await t.test('others are not', async (t) => {
    t.equal(await outcome('loggedOut', 'app'), 'login_required')
    t.equal(await outcome('idle', 'app'), 'login_required')
  })
}

export const checkLogout: Check = async (t, { facts, helen, client, person, issuer, refresh, storage, clock }) => {
  const claim = async () => (await storage.logoutNotices.claim(clock.now, 10)).map(({ clientId, userId }) => `${clientId} ${userId}`).sort()
  const expected = facts.logoutNotices.map(({ clientId, userId }) => `${clientId} ${userId}`).sort()

  await t.test('clients still hear of a logout that they missed', async (t) => {
    clock.now += 120_000
    t.strictSame(await claim(), expected)
    t.strictSame(await claim(), [], 'and not again at once')
  })

  await t.test('a logout ends the grants of its session, and its clients hear of it', async (t) => {
    const { untilLogout } = facts.grants
    const response = await refresh(client(untilLogout.client), untilLogout.refreshToken)
    t.equal(response.statusCode, 200)
    const browser = person(facts.browsers.leaving)
    await browser.submit((await browser.open(`${issuer}/logout`)).page!, {})
    const { refresh_token: later } = response.json<{ refresh_token: string }>()
    t.equal((await refresh(client(untilLogout.client), later)).statusCode, 400)
    // The first attempt failed, as from here nobody can be reached.
    clock.now += 61_000
    t.strictSame(await claim(), [`${client('web').id} ${String(helen.userinfo['sub'])}`])
  })
}
