/** Signing keys in every stage. */
import { decodeProtectedHeader } from 'jose'
import { whereabouts } from '#test/support/authorization.ts'
import type { Check } from '#test/upgrade/installation.ts'

export const checkKeys: Check = async (t, { app, facts, helen, client, person, connect, issuer, clock, storage }) => {
  const { published, revoked, next } = facts.keys
  const publishedNow = async () => (await app.inject('/jwks')).json<{ keys: { kid: string }[] }>().keys.map(({ kid }) => kid)

  await t.test('the same keys are published, and none that was revoked', async (t) => {
    t.strictSame(new Set(await publishedNow()), new Set(published))
    t.notOk(published.includes(revoked))
    t.equal((await storage.keys.list()).length, facts.rows['signing_keys'])
  })

  await t.test('an id_token of the first key still says whom to log out', async (t) => {
    const query = new URLSearchParams({ id_token_hint: facts.grants.oldIdToken })
    t.equal(whereabouts(await person(facts.browsers.loggedIn).open(`${issuer}/logout?${query.toString()}`)), 'logout')
  })

  await t.test('the keys that are next sign when their time has come', async (t) => {
    const before = clock.now
    clock.now += 3_600_000
    const { access_token: token } = await connect(person(), client('app'), {}, helen).finally(() => (clock.now = before))
    t.equal(decodeProtectedHeader(token).kid, next['ES256'])
  })
}
