/** People: their passwords, and what is known of them. */
import { whereabouts } from '#test/support/authorization.ts'
import type { Check } from '#test/upgrade/installation.ts'

export const checkPeople: Check = async (t, { facts, helen, client, connect, userinfo, person, authorizeUrl, storage }) => {
  const { active, disabled, lockedOut } = facts.people
  const app = client('app')

  await t.test('everybody logs in by name and password, and is who they were', async (t) => {
    t.equal((await storage.users.list()).length, facts.rows['users'])
    for (const known of active) {
      const { access_token } = await connect(person(), app, {}, known)
      t.strictSame((await userinfo(access_token)).json(), known.userinfo, known.username)
    }
  })

  await t.test('nobody else does', async (t) => {
    const tries = [
      { ...helen, password: 'another password', status: 403 },
      { ...disabled, status: 403 },
      { username: lockedOut, password: 'any', status: 429 },
    ]
    for (const { username, password, status } of tries) {
      const visitor = person()
      const { page } = await visitor.open(authorizeUrl(app))
      const arrival = await visitor.submit(page!, { username, password })
      t.equal(whereabouts(arrival), 'login', username)
      t.equal(arrival.page?.status, status, username)
    }
  })
}
