/** threat-model.md T2: SSRF through registration (CVE-2026-1180, CVE-2021-26715). The fetcher's own rules: test/fetch. Here: every way to it. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { wayBackOf } from '#test/support/people/person.ts'
import { ASSERTION_TYPE } from '#src/domain/client/client-assertion.ts'
import { createSafeFetch } from '#src/fetch/safe-fetch.ts'
import { createApp, ISSUER } from '#test/support/app.ts'
import { CHATGPT, CLAUDE_CODE, makeClientKey, serveDocuments } from '#test/support/clients/client-documents.ts'
import { sampleClient } from '#test/support/records.ts'
import { json } from '#test/support/network/tls-server.ts'

const query = (clientId: string) => new URLSearchParams({ client_id: clientId, response_type: 'code' }).toString()

/** A server that nobody may be sent to, and how often somebody was. */
async function trap(t: Parameters<typeof createApp>[0]): Promise<{ port: number; visits: () => number }> {
  let visits = 0
  const server = createServer((_request, response) => {
    visits++
    response.end('{}')
  })
  server.on('connection', () => visits++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return { port: (server.address() as AddressInfo).port, visits: () => visits }
}

t.test('T2: a client_id never leads the server to a private address, another port or another scheme', async (t) => {
  const { port, visits } = await trap(t)
  const looked: string[] = []
  const lookup = async (host: string) => {
    looked.push(host)
    return [{ address: '127.0.0.1', family: 4 }]
  }
  const { app, storage } = await createApp(t, { RATE_LIMIT_REGISTER: 'off' }, undefined, { safeFetch: { lookup } })
  for (const clientId of [
    `https://127.0.0.1:${port}/client.json`,
    'https://127.0.0.1/client.json',
    `https://localhost:${port}/client.json`,
    `http://localhost:${port}/client.json`,
    'https://[::1]/client.json',
    'https://[::ffff:7f00:1]/client.json',
    'https://169.254.169.254/latest/meta-data/',
    'https://metadata.google.internal/computeMetadata/v1/',
    'https://rebound.example/client.json',
    'file:///etc/passwd',
  ]) {
    const response = await app.inject({ url: `/authorize?${query(clientId)}`, headers: { accept: 'application/json' } })
    t.equal(response.statusCode, 400, clientId)
    const fetched = await createSafeFetch({ lookup })(clientId)
    t.match(fetched.ok ? '' : fetched.error.reason, /not public$|not a name$|^only /, 'no connection was even tried')
    t.match(response.json(), { error: 'invalid_client' }, clientId)
    t.equal(await storage.clients.find(clientId), undefined)
  }
  t.same([...new Set(looked)], ['metadata.google.internal', 'rebound.example'])
  t.equal(visits(), 0)
})

t.test('T2: a logout never leads the server to a private address, and the person who logs out does not learn of it', async (t) => {
  const { port, visits } = await trap(t)
  const { app, storage, clock } = await createApp(t, {}, undefined, {
    safeFetch: { lookup: async () => [{ address: '127.0.0.1', family: 4 }] },
  })
  const { id: userId } = (await storage.users.findAdministrator())!
  const addresses = [
    `https://127.0.0.1:${port}/`,
    `https://rebound.example:${port}/`,
    `http://localhost:${port}/`,
    'https://rebound.example/',
    'https://[::1]/',
    'https://169.254.169.254/',
  ]
  for (const [n, backchannelLogoutUri] of addresses.entries()) {
    const clientId = `client_${n}`
    await storage.clients.insert(sampleClient({ id: clientId, metadata: { backchannelLogoutUri } }))
    await storage.sessions.insert({
      idHash: clientId,
      sid: clientId,
      userId,
      ...PASSWORD_LOGIN,
      authTime: 0,
      createdAt: 0,
      lastSeenAt: 0,
      expiresAt: clock.now,
    })
    await storage.logoutNotices.insert({ sid: clientId, clientId, userId }, clock.now)
    await storage.sessions.end(clientId, clock.now)
  }
  t.equal(await app.sendBackchannelLogouts(), addresses.length)
  t.equal(visits(), 0)
})

t.test('T2: an answer never says what became of the attempt: all are alike', async (t) => {
  const answers = { 'closed.example': '127.0.0.1', 'metadata.example': '169.254.169.254', 'mixed.example': '::1' }
  const { app } = await createApp(t, {}, undefined, {
    safeFetch: {
      lookup: async (host) => {
        const address = answers[host as keyof typeof answers]
        if (address === undefined) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
        return [{ address, family: address.includes(':') ? 6 : 4 }]
      },
    },
  })
  const bodies = new Set<string>()
  for (const host of [...Object.keys(answers), 'unknown.example']) {
    bodies.add(
      (await app.inject({ url: `/authorize?${query(`https://${host}/client.json`)}`, headers: { accept: 'application/json' } })).body,
    )
  }
  t.equal(bodies.size, 1)
})

t.test('T2: a redirect of a document, or of keys, is not followed', async (t) => {
  const { port, visits } = await trap(t)
  const documents = await serveDocuments(t)
  const away = (_request: unknown, response: { writeHead(status: number, headers: object): { end(): void } }) =>
    response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end()
  documents.answers.set(CLAUDE_CODE.client_id, away as never)
  documents.answers.set(CHATGPT.jwks_uri, away as never)
  const { app } = await createApp(t, {}, undefined, { safeFetch: documents })
  t.equal((await app.inject(`/authorize?${query(CLAUDE_CODE.client_id)}`)).statusCode, 400)
  for (const url of [CLAUDE_CODE.client_id, CHATGPT.jwks_uri])
    t.match(await createSafeFetch(documents)(url), { ok: false, error: { reason: /^it answered 302/ } })
  documents.asked.length = 0
  const key = await makeClientKey('one')
  const now = Math.floor(Date.now() / 1000)
  const assertion = await new SignJWT({ iss: CHATGPT.client_id, sub: CHATGPT.client_id, aud: ISSUER, exp: now + 60, jti: 'one' })
    .setProtectedHeader({ alg: 'RS256', kid: 'one' })
    .sign(key.privateKey)
  const payload = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: 'a',
    client_assertion_type: ASSERTION_TYPE,
    client_assertion: assertion,
  }).toString()
  const response = await app.inject({
    method: 'POST',
    url: '/token',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload,
  })
  t.equal(response.statusCode, 401)
  t.same(documents.asked, [CHATGPT.client_id, CHATGPT.jwks_uri])
  t.equal(visits(), 0)
})

t.test('T2: a registration fetches nothing but the sector document that it is checked by, and a logo is never fetched', async (t) => {
  const documents = await serveDocuments(t)
  documents.answers.set(
    'https://client.example/client.json',
    json({
      ...CLAUDE_CODE,
      client_id: 'https://client.example/client.json',
      logo_uri: 'https://client.example/logo.png',
      policy_uri: 'https://client.example/policy',
    }),
  )
  documents.answers.set('https://client.example/sector', json(['https://client.example/callback']))
  const { app } = await createApp(t, {}, undefined, { safeFetch: documents })
  const registered = await app.inject({
    method: 'POST',
    url: '/register',
    payload: {
      redirect_uris: ['https://client.example/callback'],
      ...{
        logo_uri: 'https://client.example/logo.png',
        client_uri: 'https://client.example/',
        policy_uri: 'https://client.example/policy',
        tos_uri: 'https://client.example/tos',
      },
      ...{
        token_endpoint_auth_method: 'private_key_jwt',
        jwks_uri: 'https://client.example/keys',
        sector_identifier_uri: 'https://client.example/sector',
        request_uris: ['https://client.example/request'],
        backchannel_logout_uri: 'https://client.example/logout',
      },
    },
  })
  t.equal(registered.statusCode, 201)
  t.same(documents.asked.splice(0), ['https://client.example/sector'])
  t.equal(
    (
      await app.inject(
        `/authorize?${query('https://client.example/client.json')}&redirect_uri=${encodeURIComponent('http://localhost/callback')}&code_challenge=${'a'.repeat(43)}`,
      )
    ).statusCode,
    200,
  )
  t.same(documents.asked, ['https://client.example/client.json'])
})

t.test('T2: a request_uri leads the server nowhere but to what the client registered, and to no private address', async (t) => {
  const { port, visits } = await trap(t)
  const looked: string[] = []
  const lookup = async (host: string) => {
    looked.push(host)
    return [{ address: '127.0.0.1', family: 4 }]
  }
  const { app } = await createApp(t, {}, undefined, { safeFetch: { lookup } })
  const own = [
    'https://rebound.example/request',
    `https://rebound.example:${port}/request`,
    `https://127.0.0.1:${port}/request`,
    'https://169.254.169.254/latest/meta-data/',
  ]
  const registered = await app.inject({
    method: 'POST',
    url: '/register',
    payload: { redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none', request_uris: own },
  })
  const { client_id } = registered.json<{ client_id: string }>()
  for (const request_uri of [
    ...own,
    'https://elsewhere.example/request',
    `http://127.0.0.1:${port}/request`,
    `http://localhost:${port}/request`,
    'file:///etc/passwd',
    'https://rebound.example/request/../other',
    'https://rebound.example\\@elsewhere.example/',
  ]) {
    const { body } = await app.inject(`/authorize?${new URLSearchParams({ client_id, request_uri }).toString()}`)
    t.match(
      Object.fromEntries(wayBackOf({ html: body })!.searchParams),
      { error: 'invalid_request_uri', error_description: /could not be fetched$|not one that this client registered$/ },
      request_uri,
    )
  }
  t.same(looked, ['rebound.example'], 'the others are refused before')
  t.equal(visits(), 0)
})

t.test('T2: no setting opens the way to hosts of this machine: only code can', async (t) => {
  const { port, visits } = await trap(t)
  const hosts = JSON.stringify({ 'client.example': { address: '127.0.0.1', port, ca: '' } })
  const names = [
    'SAFE_FETCH',
    'TEST_HOSTS',
    'TESTHOSTS',
    'SAFE_FETCH_TEST_HOSTS',
    'CIMD_TEST_HOSTS',
    'CIMD_ALLOW',
    'HTTPS_PROXY',
    'https_proxy',
    'NODE_ENV',
  ]
  const { app, config } = await createApp(t, Object.fromEntries(names.map((name) => [name, name === 'NODE_ENV' ? 'test' : hosts])))
  t.notOk(Object.values(config).some((value) => typeof value === 'object' && value !== null && 'testHosts' in value))
  const response = await app.inject({
    url: `/authorize?${query('https://localhost/client.json')}`,
    headers: { accept: 'application/json' },
  })
  t.match(response.json(), { error: 'invalid_client' })
  t.equal(visits(), 0)
})
