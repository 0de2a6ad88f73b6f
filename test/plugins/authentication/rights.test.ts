// What a token of an open stream would open if it hadn't expired (gate.md): nothing, once what it came from has ended.
import t from 'tap'
import { createRightsFinder } from '#src/plugins/authentication/access-tokens.ts'
import { createPersonalTokenFinder } from '#src/plugins/authentication/personal-tokens.ts'
import { addUser } from '#test/support/authorization.ts'
import { createApi } from '#test/support/api.ts'
import { addPersonalToken, addResource } from '#test/support/people/personal-tokens.ts'
import { addGrant } from '#test/storage/conformance/records.ts'

const api = await createApi(t, { PERSONAL_TOKENS: 'on' })
const { app, storage, clock } = api
const personal = createPersonalTokenFinder(app)
const findRights = createRightsFinder(app, personal)
const sky = await addResource(api)
const about = { iss: app.settings.issuer, sub: 'somebody', aud: sky.identifier, scope: 'sky:read', iat: 1, exp: 2 }

t.test('a personal token that has expired still has its rights, and one that was revoked has none', async (t) => {
  const { record } = await addPersonalToken(api, await addUser(api, 'ada', 'engine'), sky, { expiresAt: clock.now + 1000 })
  const claims = { ...about, client_id: 'personal-access-token', jti: record.id, pid: record.id }
  clock.now += 2000
  t.ok(await findRights(claims))
  const off = createPersonalTokenFinder({ ...app, settings: { ...app.settings, personalTokens: 'off' } } as typeof app)
  t.equal(await createRightsFinder(app, off)(claims), undefined, 'nor where they were turned off')
  await storage.personalTokens.revoke(record.id, record.userId)
  t.equal(await findRights(claims), undefined)
})

t.test('the token of a grant ends with it', async (t) => {
  const { grant } = await addGrant(storage, { grant: { createdAt: clock.now, expiresAt: clock.now + 60_000 } })
  const claims = { ...about, client_id: grant.clientId, jti: 'a token', gid: grant.id }
  t.ok(await findRights(claims))
  await storage.grants.revoke(grant.id, clock.now)
  t.equal(await findRights(claims), undefined)
})

t.test('the token of a client ends with the client', async (t) => {
  const { client_id } = await api.register()
  const claims = { ...about, client_id, jti: 'a token', iat: Math.floor(clock.now / 1000) }
  t.ok(await findRights(claims))
  await storage.clients.delete(client_id)
  t.equal(await findRights(claims), undefined)
})
