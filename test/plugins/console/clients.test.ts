// Clients in the console: the list, one of them, and what is decided about it.
import t from 'tap'
import { shareKey } from '#src/domain/client/shared-client.ts'
import { decodeEntities } from '#test/support/people/person.ts'
import { textOf } from '#test/support/authorization.ts'
import { findEvent, startConsole } from '#test/support/people/console.ts'
import { addClient, addGrant } from '#test/storage/conformance/records.ts'

const flow = await startConsole(t, { CLIENTS: 'approve' })
const { storage, clock } = flow
const owner = await flow.enter()
const pageOf = (id: string) => `/admin/clients/client?id=${encodeURIComponent(id)}`
const nextOf = (html: string): string => /href="([^"]*after=[^"]*)"/.exec(decodeEntities(html))![1]!
const seenOn = (html: string): string => /name="seen" value="([^"]+)"/.exec(html)![1]!
const approvalOf = async (id: string) => (await storage.clients.find(id))?.approval
const named = (client_name: string) => ({
  metadata: {
    redirectUris: ['https://app.example.com/callback', 'http://127.0.0.1/', 'comet://callback'],
    tokenEndpointAuthMethod: 'none' as const,
    grantTypes: ['authorization_code'] as const,
    scopes: [],
    display: { client_name },
  },
})

t.test('clients are listed with the newest first, fifty a page, and found by the beginning of their ids', async (t) => {
  await storage.clients.delete(flow.clientId)
  for (let age = 0; age < 60; age++) await addClient(storage, { id: `client_${String(age).padStart(2, '0')}`, createdAt: clock.now + age })
  await addClient(storage, { id: 'https://document.example/client', origin: 'document', createdAt: 1, lastUsedAt: clock.now })
  const first = await owner.open('/admin/clients')
  const idsOn = (html: string) => [...decodeEntities(html).matchAll(/client\?id=([^"]+)"/g)].map(([, id]) => decodeURIComponent(id!))
  t.strictSame([idsOn(first.html).length, idsOn(first.html)[0], idsOn(first.html).at(-1)], [50, 'client_59', 'client_10'])
  const next = nextOf(first.html)
  const second = await owner.open(next)
  t.strictSame(idsOn(second.html), [...Array.from({ length: 10 }, (_, at) => `client_0${9 - at}`), 'https://document.example/client'])
  const found = await owner.open('/admin/clients?q=client_5&by=id')
  t.strictSame(
    idsOn(found.html),
    Array.from({ length: 10 }, (_, at) => `client_5${at}`),
  )
  const many = await owner.open('/admin/clients?q=client_&by=id')
  t.equal(idsOn((await owner.open(nextOf(many.html))).html).length, 10)
  t.match(textOf((await owner.open('/admin/clients?q=https://document&by=id')).html), /its document/)
  t.match(textOf((await owner.open('/admin/clients?q=nobody')).html), /No client is found/)
  t.match(textOf((await owner.open('/admin/clients?waiting=yes')).html), /No client waits for approval/)
  t.equal((await owner.open('/admin/clients?after=nonsense')).status, 400)
  const byId = await owner.open('/admin/clients?order=id')
  t.strictSame(
    [idsOn(byId.html)[0], idsOn((await owner.open(nextOf(byId.html))).html).at(-1)],
    ['client_00', 'https://document.example/client'],
  )
})

t.test('clients are found by the beginning of a name or a host, and listed by their last use, also page by page', async (t) => {
  const namesOn = (html: string) => [...decodeEntities(html).matchAll(/App<\/span><span><bdi>([^<]+)</g)].map(([, name]) => name)
  const own = (client_name: string, host: string) => {
    const { metadata } = named(client_name)
    return {
      metadata: { ...metadata, redirectUris: [...metadata.redirectUris.slice(1), `https://${host}/callback`] },
      secretHash: undefined,
    }
  }
  for (let age = 0; age < 60; age++)
    await addClient(storage, {
      ...own('Zephyr', `z${age}.example`),
      createdAt: clock.now + age,
      lastUsedAt: clock.now + age,
      authorizedAt: 1,
    })
  await addClient(storage, { ...own('zephyr two', 'App.Other.example:8443'), lastUsedAt: 1, authorizedAt: 1 })
  const first = await owner.open('/admin/clients?q=ZEPH')
  t.strictSame([namesOn(first.html).length, namesOn(first.html)[0]], [50, 'zephyr two'])
  const second = await owner.open(nextOf(first.html))
  t.strictSame(
    namesOn(second.html),
    Array.from({ length: 11 }, () => 'Zephyr'),
  )
  t.match(textOf((await owner.open('/admin/clients?q=app.other&by=host')).html), /zephyr two/)
  t.strictSame(namesOn((await owner.open('/admin/clients?q=z7.&by=host')).html), ['Zephyr'])
  for (const nobody of ['q=ephyr', 'q=127.0.0.1&by=host', 'q=zephyr_'])
    t.match(textOf((await owner.open(`/admin/clients?${nobody}`)).html), /No client is found/)
  await addClient(storage, own('Quasar', 'q.example'))
  t.match(
    textOf((await owner.open('/admin/clients?q=quasar')).html),
    /No client is found.*Nobody has allowed these yet.*newest 10000.*Quasar/s,
  )
  t.match(textOf((await owner.open('/admin/clients?q=q.ex&by=host')).html), /Nobody has allowed these yet.*Quasar/s)
  const used = await owner.open('/admin/clients?order=used')
  t.match(textOf(used.html), /nobody has used yet are not in this order/)
  const rest = await owner.open(nextOf(used.html))
  t.strictSame([namesOn(used.html).length, namesOn(rest.html).filter((name) => name === 'Zephyr').length], [50, 10])
})

t.test('an operator sees who waits, what it registered, and approves exactly that', async (t) => {
  const { id } = await addClient(storage, { ...named('Comet <b>'), approval: 'waiting', secretHash: undefined })
  t.match(textOf((await owner.open('/admin')).html), /Waiting for approval: 1/)
  const list = await owner.open('/admin/clients?waiting=yes')
  t.match(textOf(list.html), /Comet <b>.*app\.example\.com 127\.0\.0\.1 ….*Waits for approval/s)
  const page = await owner.open(pageOf(id))
  t.match(textOf(page.html), /Client Comet <b>.*http:\/\/127\.0\.0\.1\/.*comet:\/\/callback.*Nobody uses it/s)
  const before = (await storage.clients.find(id))!
  if (before.origin !== 'registration') throw new Error(before.origin)
  const metadata = { ...before.metadata, redirectUris: ['https://evil.example/'] }
  await storage.clients.update({ before, after: { ...before, metadata }, isOther: true })
  const stale = await owner.do('/admin/clients/approve', { id, seen: seenOn(page.html) })
  t.match([stale.status, textOf(stale.html)], [409, /Someone else changed/])
  t.equal(await approvalOf(id), 'waiting')
  const approved = await owner.do('/admin/clients/approve', { id, seen: seenOn((await owner.open(pageOf(id))).html) })
  t.match(textOf(approved.html), /Approved.*The change is saved/s)
  t.equal(await approvalOf(id), 'approved')
  t.match(await findEvent(storage, 'client.approved'), { name: 'client.approved', actor: 'user admin', clientId: id, address: '127.0.0.1' })
  const again = await owner.do('/admin/clients/approve', { id, seen: seenOn(page.html) })
  t.equal(again.status, 409)
  const seen = shareKey((await storage.clients.find(id))!.metadata)
  t.match(textOf((await owner.do('/admin/clients/approve', { id, seen })).html), /is already approved/)
})

t.test('what ends something is asked first', async (t) => {
  const client = await addClient(storage, named('Comet'))
  const { user } = await addGrant(storage, { client, grant: { expiresAt: clock.now + 60_000 } })
  t.match(textOf((await owner.open(pageOf(client.id))).html), new RegExp(user.username))
  for (const [name, question] of [
    ['refuse', 'Refuse'],
    ['disable', 'Disable'],
    ['delete', 'Delete'],
  ] as const) {
    const { page } = await owner.post(`/admin/clients/${name}`, { id: client.id })
    t.match(textOf(page!.html), new RegExp(`${question} ${client.id}\\?`))
  }
  t.equal(await storage.grants.countLive(client.id, clock.now), 1, 'nothing has happened')
  t.match(textOf((await owner.do('/admin/clients/refuse', { id: client.id })).html), /Refused/)
  t.equal(await storage.grants.countLive(client.id, clock.now), 0)
  t.match(textOf((await owner.do('/admin/clients/disable', { id: client.id })).html), /Disabled/)
  t.match((await storage.clients.find(client.id))?.disabledAt, Number)
  t.match(textOf((await owner.do('/admin/clients/disable', { id: client.id })).html), /is already disabled/)
  await owner.do('/admin/clients/enable', { id: client.id })
  t.equal((await storage.clients.find(client.id))?.disabledAt, undefined)
  t.match((await owner.do('/admin/clients/delete', { id: client.id })).url, /\/admin\/clients\?notice=deleted$/)
  t.equal(await storage.clients.find(client.id), undefined)
  for (const name of ['refuse', 'approve'])
    t.equal((await owner.do(`/admin/clients/${name}`, { id: client.id, ...(name === 'approve' && { seen: 'x' }) })).status, 404)
  t.equal((await owner.open(pageOf(client.id))).status, 404)
  t.equal((await owner.open('/admin/clients/client')).status, 404)
})

t.test('a client that an operator made needs no approval, and a document shows the host that vouches for it', async (t) => {
  const own = await addClient(storage, { ...named('Own'), origin: 'operator' })
  const page = await owner.open(pageOf(own.id))
  t.notMatch(page.html, /clients\/(approve|refuse)"/)
  t.match(page.html, /clients\/disable"/)
  const document = await addClient(storage, { id: 'https://vendor.example/client', origin: 'document' })
  t.match(textOf((await owner.open(pageOf(document.id))).html), /Verified host vendor\.example/)
  await addClient(storage, { id: 'client_machine', metadata: { ...named('Machine').metadata, redirectUris: [] } })
  t.match((await owner.open(pageOf('client_machine'))).status, 200)
  await addClient(storage, { id: 'client_nameless', metadata: { ...named('').metadata, display: {} } })
  t.match(textOf((await owner.open('/admin/clients?q=client_nameless&by=id')).html), /client_nameless App – /)
})

t.test('a viewer sees everything and changes nothing', async (t) => {
  const viewer = await flow.enter(await flow.add('vera', 'viewer'))
  const { id } = await addClient(storage, { ...named('Comet'), approval: 'waiting' })
  const page = await viewer.open(pageOf(id))
  t.equal(page.status, 200)
  t.notMatch(page.html, /action="\/admin\/clients\//)
  for (const name of ['refuse', 'disable', 'enable', 'delete']) t.equal((await viewer.do(`/admin/clients/${name}`, { id })).status, 403)
  t.equal((await viewer.do('/admin/clients/approve', { id, seen: 'x' })).status, 403)
  t.equal(await approvalOf(id), 'waiting')
})
