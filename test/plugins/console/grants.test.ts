// Connected apps of everybody in the console: the list, fifty a page, of one person or one app, and ending one.
import t from 'tap'
import { decodeEntities } from '#test/support/people/person.ts'
import { textOf } from '#test/support/authorization.ts'
import { findEvent, startConsole } from '#test/support/people/console.ts'
import { addClient, addGrant, addUser } from '#test/storage/conformance/records.ts'

const flow = await startConsole(t)
const { storage, clock } = flow
const owner = await flow.enter()
const display = { client_name: 'Comet <b>' }
const metadata = { redirectUris: [], tokenEndpointAuthMethod: 'none' as const, grantTypes: [], scopes: [], display }
const helen = await addUser(storage, { username: 'helen' })
const app = await addClient(storage, { metadata })
const other = await addClient(storage)
for (let age = 0; age < 60; age++)
  await addGrant(storage, {
    user: helen,
    client: age < 55 ? app : other,
    grant: { createdAt: clock.now + age, expiresAt: clock.now + 90_000 },
  })
const { grant, user } = await addGrant(storage, {
  client: app,
  grant: {
    createdAt: clock.now,
    expiresAt: clock.now + 99_000,
    scopes: ['tools:read', 'tools:write'],
    resources: ['https://mcp.example.com/mcp'],
  },
})

const idsOn = (html: string) => [...html.matchAll(/name="id" value="([^"]+)"/g)].map(([, id]) => id!)
const nextOf = (html: string) => /href="([^"]*after=[^"]*)"/.exec(decodeEntities(html))?.[1]

t.test('everybody is listed with app, address, scopes and times, and page follows page', async (t) => {
  const first = await owner.open('/admin/grants')
  t.match(
    textOf(first.html),
    new RegExp(
      `${user.username} App Comet <b> MCP server https://mcp\\.example\\.com/mcp Scopes tools:read tools:write Since .* Last used .* Disconnect`,
    ),
  )
  t.equal(idsOn(first.html)[0], grant.id, 'the one that lives longest')
  const second = await owner.open(nextOf(first.html)!)
  const [one, two] = [idsOn(first.html), idsOn(second.html)]
  t.strictSame([one.length, two.length, new Set([...one, ...two]).size], [50, 11, 61])
  t.equal(nextOf(second.html), undefined)
})

t.test('of one person, one app, or both', async (t) => {
  const ofHelen = await owner.open('/admin/grants?user=Helen')
  const rest = await owner.open(nextOf(ofHelen.html)!)
  t.strictSame([idsOn(ofHelen.html).length, idsOn(rest.html).length], [50, 10])
  t.notOk([...idsOn(ofHelen.html), ...idsOn(rest.html)].includes(grant.id))
  t.equal(idsOn((await owner.open(`/admin/grants?client=${other.id}&user=`)).html).length, 5)
  t.strictSame(idsOn((await owner.open(`/admin/grants?client=${app.id}&user=${user.username}`)).html), [grant.id])
  t.match(textOf((await owner.open('/admin/grants?user=admin')).html), /No app is connected/)
  for (const query of ['user=nobody', 'client=none']) {
    const { status, html } = await owner.open(`/admin/grants?${query}`)
    t.equal(status, 404)
    t.match(textOf(html), /There is no/)
  }
  t.equal((await owner.open('/admin/grants?after=nonsense')).status, 400)
})

t.test('one ends after a question, and the list that was looked at comes back', async (t) => {
  const fields = { id: grant.id, user: user.username, client: '' }
  const { page } = await owner.post('/admin/grants/end', fields)
  t.match(textOf(page!.html), new RegExp(`Disconnect Comet <b> from ${user.username}\\?`))
  t.ok(await storage.grants.find(grant.id, clock.now), 'nothing has happened')
  const ended = await owner.do('/admin/grants/end', fields)
  t.match(ended.url, new RegExp(`/admin/grants\\?user=${user.username}&notice=ended$`))
  t.equal(await storage.grants.find(grant.id, clock.now), undefined)
  t.match(await findEvent(storage, 'grant.revoked'), {
    name: 'grant.revoked',
    actor: 'user admin',
    clientId: app.id,
    userId: user.id,
    details: { grant: grant.id },
  })
  t.equal((await owner.post('/admin/grants/end', { ...fields, user: '' })).page!.status, 404, 'once more')
})

t.test('a viewer reads the list and ends nothing', async (t) => {
  const viewer = await flow.enter(await flow.add('vera', 'viewer'))
  const { html } = await viewer.open('/admin/grants')
  t.match(textOf(html), /helen/)
  t.notMatch(html, /admin\/grants\/end/)
})
