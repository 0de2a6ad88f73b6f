/** Clients whose back-channel keeps silent, or answers late: what they can do to the logout of a person who allowed them (threat-model.md T18). */
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { createConversation } from '#test/support/conversation.ts'
import type { Registered } from '#test/support/conversation.ts'
import { pageOf } from '#test/support/authorization.ts'
import { sampleClient } from '#test/support/records.ts'
import { serveHosts } from '#test/support/network/tls-server.ts'

const SILENT_MS = 3000
const REDIRECT_URIS = ['https://client.example/callback']

t.test('T18: a person whose clients keep silent is logged out at once, and a good client hears of it all the same', async (t) => {
  const hosts = await serveHosts(t, ['client.example', 'good.test'])
  const told: string[] = []
  for (let n = 0; n < 32; n++) hosts.answers.set(`https://client.example/silent/${n}`, () => undefined)
  hosts.answers.set('https://good.test/logout', (request, response) => {
    told.push(request.url!)
    response.writeHead(200).end()
  })
  const { app, config, person, register, authorize, clock } = await createConversation(t, {
    safeFetch: { ...hosts, timeoutMs: SILENT_MS },
    env: { RATE_LIMIT_REGISTER: 'off' },
  })
  const uris = [...Array.from({ length: 32 }, (_, n) => `https://client.example/silent/${n}`), 'https://good.test/logout']
  for (const backchannel_logout_uri of uris) {
    const as = (await register({ redirect_uris: REDIRECT_URIS, backchannel_logout_uri })).json<Registered>()
    t.ok((await authorize({ scope: 'openid' }, person, as))['code'])
  }
  const page = pageOf(await person.open(`${config.issuer}/logout`))
  const begun = performance.now()
  t.equal(pageOf(await person.submit(page, {})).status, 200)
  t.ok(performance.now() - begun < SILENT_MS / 2, 'nobody waits until the last one gives up')
  t.notOk(person.cookies.has('solar-session'))
  t.equal((await app.inject('/readyz')).statusCode, 200)

  while ((await app.sendBackchannelLogouts()) > 0);
  clock.now += 60_000
  while ((await app.sendBackchannelLogouts()) > 0);
  t.same(told, ['/logout'])
})

t.test('T18: notices of others that nobody takes do not delay those of a person who logs out', async (t) => {
  const hosts = await serveHosts(t, ['client.example', 'good.test'])
  const uri = 'https://client.example/silent'
  let told = 0
  hosts.answers.set(uri, () => undefined)
  hosts.answers.set('https://good.test/logout', (_request, response) => {
    told++
    response.writeHead(200).end()
  })
  const made = await createConversation(t, {
    safeFetch: { ...hosts, timeoutMs: SILENT_MS },
    metadata: { backchannel_logout_uri: 'https://good.test/logout' },
  })
  const { config, person, authorize, storage, clock } = made
  const { id: userId } = (await storage.users.findAdministrator())!
  await storage.clients.insert(sampleClient({ id: 'silent', metadata: { backchannelLogoutUri: uri } }))
  for (let n = 0; n < 40; n++) {
    const times = { ...PASSWORD_LOGIN, authTime: clock.now, createdAt: clock.now, lastSeenAt: clock.now, expiresAt: clock.now + 60_000 }
    await storage.sessions.insert({ idHash: `other ${n}`, sid: `other ${n}`, userId, ...times })
    await storage.logoutNotices.insert({ sid: `other ${n}`, clientId: 'silent', userId }, times.expiresAt)
    await storage.sessions.end(`other ${n}`, clock.now)
  }
  clock.now += 1000
  await authorize({ scope: 'openid' })
  await person.submit(pageOf(await person.open(`${config.issuer}/logout`)), {})
  t.equal(told, 1)
})

t.test('a server that stops finishes the notices that nobody waits for any more', async (t) => {
  const hosts = await serveHosts(t, ['client.example'])
  const uri = 'https://client.example/late'
  let answered = false
  hosts.answers.set(uri, async (_request, response) => {
    await wait(1500)
    answered = true
    response.writeHead(200).end()
  })
  const made = await createConversation(t, { safeFetch: hosts, metadata: { backchannel_logout_uri: uri } })
  const { app, config, person, authorize } = made
  await authorize({ scope: 'openid' })
  await person.submit(pageOf(await person.open(`${config.issuer}/logout`)), {})
  t.notOk(answered)
  await app.close()
  t.ok(answered)
})
