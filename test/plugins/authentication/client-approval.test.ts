// CLIENTS: an app that may not come gets no code and no token, whichever way it takes. Both engines.
import t from 'tap'
import type { Test } from 'tap'
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import { approveClient, refuseClient } from '#src/operations/clients/client-approval.ts'
import type { Client } from '#src/domain/client/client.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { setScene, valueOf } from '#test/operations/scene.ts'
import { addClient } from '#test/storage/conformance/records.ts'
import { apiOf, credentials } from '#test/support/api.ts'
import type { Api, TestClient } from '#test/support/api.ts'
import { ADMIN, createApp, injectFetch } from '#test/support/app.ts'
import { textOf } from '#test/support/authorization.ts'
import { CHATGPT, CLAUDE_CODE, serveDocuments } from '#test/support/clients/client-documents.ts'
import { createPerson } from '#test/support/people/person.ts'
import { CHALLENGE, VERIFIER } from '#test/support/conversation.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'

const CALLBACK = 'https://client.example/callback'
const LOOPBACK = 'http://127.0.0.1:33418/'
const VENDOR = 'https://vscode.dev/redirect'
const GRANTS = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE_GRANT]

interface Answer {
  readonly error?: string
  readonly error_description?: string
  readonly access_token?: string
  readonly refresh_token?: string
  readonly device_code?: string
  readonly user_code?: string
}

/** What a client can do, each with what comes of it. */
function waysOf(api: Api, { issuer } = api.config) {
  const post = async (path: string, form: Record<string, string>, client: TestClient) =>
    (await api.post(path, { ...form, ...credentials(client) })).json<Answer>()
  const query = (client: Pick<TestClient, 'client_id'>, changes: Record<string, string> = {}) => ({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'openid offline_access',
    state: 'the state',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  })
  const url = (client: Pick<TestClient, 'client_id'>, changes: Record<string, string> = {}) =>
    `${issuer}/authorize?${new URLSearchParams(query(client, changes)).toString()}`
  const ask = (client: Pick<TestClient, 'client_id'>, changes: Record<string, string> = {}, accept = 'text/html') =>
    api.app.inject({ url: url(client, changes).slice(issuer.length), headers: { accept } })
  return {
    url,
    ask,
    push: (client: TestClient, changes: Record<string, string> = {}) => post('/par', query(client, changes), client),
    device: (client: TestClient) => post('/device_authorization', { scope: 'openid' }, client),
    poll: (client: TestClient, device_code = '') => post('/token', { grant_type: DEVICE_CODE_GRANT, device_code }, client),
    own: (client: TestClient) => post('/token', { grant_type: 'client_credentials' }, client),
    refresh: (client: TestClient, refresh_token = '') => post('/token', { grant_type: 'refresh_token', refresh_token }, client),
    redeem: (client: TestClient, code = '', redirect_uri = CALLBACK, more: Record<string, string> = {}) =>
      post('/token', { grant_type: 'authorization_code', code, redirect_uri, ...more }, client),
    person: () => createPerson(issuer, injectFetch(api.app)),
  }
}

const register = (api: Api, redirectUris: readonly string[] = [CALLBACK], more: object = {}) =>
  api.register({ redirect_uris: redirectUris, grant_types: GRANTS, token_endpoint_auth_method: 'client_secret_post', ...more })
/** One that gets tokens for itself, which an operator's initial access token lets an app register. */
async function registerMachine({ storage, config }: Api): Promise<TestClient> {
  const metadata = {
    tokenEndpointAuthMethod: 'client_secret_post',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    scopes: [],
    display: {},
  } as const
  const approval = config.clients === 'approve' ? 'waiting' : undefined
  const { id } = await addClient(storage, { secretHash: sha256('s'), metadata, approval })
  return { client_id: id, client_secret: 's' }
}
const recordOf = async ({ storage }: Api, { client_id }: Pick<TestClient, 'client_id'>): Promise<Client> =>
  (await storage.clients.find(client_id))!

/** Whether it is asked for anything else than a page that turns it away. */
async function expectNothing(t: Test, api: Api, client: TestClient, words: RegExp): Promise<void> {
  const ways = waysOf(api)
  const page = await ways.ask(client)
  t.equal(page.statusCode, 400)
  t.match(textOf(page.body), words)
  t.notMatch(page.body, /type="password"/)
  const silent = await ways.ask(client, { prompt: 'none' })
  t.equal(silent.statusCode, 303)
  const to = new URL(silent.headers.location!)
  t.strictSame([to.origin + to.pathname, to.searchParams.get('error'), to.searchParams.get('code')], [CALLBACK, 'access_denied', null])
  t.match((await ways.ask(client, {}, 'application/json')).json(), { error: 'access_denied', error_description: client.client_id })
  t.match(await ways.push(client), { error: 'unauthorized_client' })
  t.match(await ways.device(client), { error: 'unauthorized_client', device_code: undefined })
  for (const answer of [
    await ways.own(client),
    await ways.poll(client, 'any'),
    await ways.redeem(client, 'any'),
    await ways.refresh(client, 'any'),
  ])
    t.match(answer, { error: 'unauthorized_client', access_token: undefined, refresh_token: undefined })
}

/** Each test gets an app of its own, on one engine. */
async function suite(t: Test, open: (t: Test, env: Record<string, string>) => Promise<Api>): Promise<void> {
  await t.test('an app that waits gets nothing on any way, until an operator approves it, nor once it is refused', async (t) => {
    const api = await open(t, { CLIENTS: 'approve' })
    const ways = waysOf(api)
    const client = await register(api)
    t.equal((await recordOf(api, client)).approval, 'waiting')
    await expectNothing(t, api, client, /This app waits for approval/)
    const korean = await ways.ask(client, { ui_locales: 'ko' })
    t.match(textOf(korean.body), /앱이 승인을 기다리고 있습니다/)
    const [event] = await api.storage.auditEvents.list({ since: 0, limit: 1 })
    t.match(event, { name: 'access.denied', actor: 'anonymous', clientId: client.client_id, details: { denial: 'app waiting' } })

    const { context } = setScene(api.storage)
    valueOf(await approveClient(context, await recordOf(api, client)))
    const { device_code } = await ways.device(client)
    t.match(await ways.poll(client, device_code), { error: 'authorization_pending' })
    t.match(await ways.push(client), { request_uri: /./ })
    const sentTo = await ways.person().authorize(ways.url(client), ADMIN)
    const tokens = await ways.redeem(client, sentTo.searchParams.get('code')!, CALLBACK, { code_verifier: VERIFIER })
    t.match(tokens, { access_token: /./, refresh_token: /./ })
    const { refresh_token } = await ways.refresh(client, tokens.refresh_token)
    t.match(refresh_token, /./)

    const code = await api.code(client)
    valueOf(await refuseClient(context, await recordOf(api, client)))
    await expectNothing(t, api, client, /This app can't be used here/)
    const held = [await ways.redeem(client, code), await ways.refresh(client, refresh_token), await ways.poll(client, device_code)]
    for (const answer of held) t.match(answer, { error: 'unauthorized_client', access_token: undefined })
    valueOf(await approveClient(context, await recordOf(api, client)))
    t.match(await ways.refresh(client, refresh_token), { error: 'invalid_grant' }, 'its grants have ended')
    t.match(await ways.redeem(client, code), { error: 'invalid_grant' })
  })

  await t.test('an app that acts for itself waits, too, and its token ends when it is refused', async (t) => {
    const api = await open(t, { CLIENTS: 'approve' })
    const ways = waysOf(api)
    const { context } = setScene(api.storage)
    const machine = await registerMachine(api)
    t.match(await ways.own(machine), { error: 'unauthorized_client', access_token: undefined })
    valueOf(await approveClient(context, await recordOf(api, machine)))
    const { access_token: token = '' } = await ways.own(machine)
    const asked = await register(api, [VENDOR])
    const introspect = async () => (await api.post('/introspect', { token, ...credentials(asked) })).json<{ active: boolean }>().active
    const own = async () => (await api.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })).json<Answer>().error
    t.equal(await own(), 'insufficient_scope')
    valueOf(await refuseClient(context, await recordOf(api, machine)))
    t.equal(await own(), 'invalid_token')
    t.equal(await introspect(), false)
    t.match(await ways.own(machine), { error: 'unauthorized_client' })
  })

  await t.test('a device that was asked for before gets nothing once its app may not come', async (t) => {
    const api = await open(t, { CLIENTS: 'approve' })
    const ways = waysOf(api)
    const { context } = setScene(api.storage)
    const client = await register(api)
    valueOf(await approveClient(context, await recordOf(api, client)))
    const { user_code = '', device_code } = await ways.device(client)
    const person = ways.person()
    const login = (await person.open(`${api.config.issuer}/device`)).page!
    const form = (await person.submit(login, ADMIN)).page!
    valueOf(await refuseClient(context, await recordOf(api, client)))
    const turnedAway = (await person.submit(form, { user_code })).page!
    t.equal(turnedAway.status, 400)
    t.match(textOf(turnedAway.html), /This app can't be used here/)
    valueOf(await approveClient(context, await recordOf(api, client)))
    t.match(await ways.poll(client, device_code), { error: 'authorization_pending' }, 'nobody has allowed it')
  })

  await t.test('consent that a page asked for before counts for nothing once the app may not come', async (t) => {
    const api = await open(t, {})
    const ways = waysOf(api)
    const { context } = setScene(api.storage)
    const client = await register(api)
    const person = ways.person()
    const consent = (await person.submit((await person.open(ways.url(client))).page!, ADMIN)).page!
    t.match(consent.html, /value="allow"/)
    valueOf(await refuseClient(context, await recordOf(api, client)))
    const { page, away } = await person.submit(consent, { decision: 'allow' })
    t.equal(away, undefined)
    t.match(textOf(page!.html), /The people who run this server have decided against this app/)
    t.strictSame(await api.storage.grants.countLive(client.client_id, api.clock.now), 0)
  })

  await t.test('an approved app that changes its registration waits again, and a new secret changes nothing', async (t) => {
    const api = await open(t, { CLIENTS: 'approve' })
    const ways = waysOf(api)
    const made = (await register(api)) as TestClient & { registration_access_token: string; client_secret_expires_at: number }
    const { context } = setScene(api.storage)
    valueOf(await approveClient(context, await recordOf(api, made)))
    const change = async (token: string, members: object) => {
      const answer = await api.app.inject({
        method: 'PUT',
        url: `/register/${made.client_id}`,
        headers: { authorization: `Bearer ${token}` },
        payload: {
          client_id: made.client_id,
          redirect_uris: [CALLBACK],
          grant_types: GRANTS,
          token_endpoint_auth_method: 'client_secret_post',
          ...members,
        },
      })
      if (answer.statusCode !== 200) throw new Error(answer.body)
      return answer.json<typeof made>()
    }
    const same = await change(made.registration_access_token, {})
    const push = () => ways.push(made)
    t.match([await push(), (await recordOf(api, made)).approval], [{ request_uri: /./ }, 'approved'])
    await change(same.registration_access_token, { redirect_uris: ['https://evil.example/callback'] })
    t.match([await push(), (await recordOf(api, made)).approval], [{ error: 'unauthorized_client' }, 'waiting'])
  })

  await t.test('apps that register the same are decided on together, and register no way around it', async (t) => {
    const api = await open(t, { CLIENTS: 'approve', SHARE_IDENTICAL_CLIENTS: 'true' })
    const ways = waysOf(api)
    const again = () => register(api, [CALLBACK], { token_endpoint_auth_method: 'none', grant_types: ['authorization_code'] })
    const first = await again()
    const { context } = setScene(api.storage)
    valueOf(await approveClient(context, await recordOf(api, first)))
    t.strictSame(await again(), first)
    t.equal((await ways.ask(await again())).statusCode, 200)
    valueOf(await refuseClient(context, await recordOf(api, first)))
    t.strictSame(await again(), first)
    t.equal((await ways.ask(await again())).statusCode, 400)
  })

  await t.test('with known, an app comes by the address of a vendor, and not by another one of its own', async (t) => {
    const api = await open(t, { CLIENTS: 'known', KNOWN_CLIENTS: 'cursor://anysphere.cursor-mcp/oauth/callback' })
    const ways = waysOf(api)
    const CURSOR = 'cursor://anysphere.cursor-mcp/oauth/callback'
    const client = await register(api, [VENDOR, LOOPBACK, CURSOR])
    for (const redirect_uri of [VENDOR, CURSOR]) {
      t.equal((await ways.ask(client, { redirect_uri })).statusCode, 200, redirect_uri)
      t.match(await ways.push(client, { redirect_uri }), { request_uri: /./ })
      const { refresh_token } = await ways.redeem(client, await api.code(client, { redirectUri: redirect_uri }), redirect_uri)
      t.match(await ways.refresh(client, refresh_token), { access_token: /./ })
    }
    const page = await ways.ask(client, { redirect_uri: LOOPBACK.replace('33418', '52101') })
    t.equal(page.statusCode, 400)
    t.match(textOf(page.body), /lets in only apps that the people who run it know/)
    const silent = await ways.ask(client, { redirect_uri: LOOPBACK, prompt: 'none' })
    t.match(silent.headers.location, /^http:\/\/127\.0\.0\.1:33418\/\?error=access_denied/)
    t.match(await ways.push(client, { redirect_uri: LOOPBACK }), { error: 'access_denied' })
    // From before the operator admitted fewer apps.
    t.match(await ways.redeem(client, await api.code(client, { redirectUri: LOOPBACK }), LOOPBACK), { error: 'unauthorized_client' })
    t.match(await ways.device(client), { error: 'unauthorized_client' })
    await expectNothing(t, api, await register(api), /lets in only apps that the people who run it know/)
    t.equal((await recordOf(api, client)).approval, undefined, 'nobody waits')
  })

  await t.test('a refresh token that went to an address on this computer ends when only known apps may come', async (t) => {
    const api = await open(t, { CLIENTS: 'open' })
    const client = await register(api, [VENDOR, LOOPBACK])
    const held: [string, string | undefined][] = []
    for (const uri of [VENDOR, LOOPBACK])
      held.push([uri, (await waysOf(api).redeem(client, await api.code(client, { redirectUri: uri }), uri)).refresh_token])
    const known = await openOn(t, api.config.databaseUrl, { CLIENTS: 'known' })
    for (const [uri, token] of held)
      t.match(await waysOf(known).refresh(client, token), uri === VENDOR ? { access_token: /./ } : { error: 'unauthorized_client' }, uri)
  })

  await t.test('when approvals begin, apps that people use go on, and others wait from the first time that somebody comes', async (t) => {
    const api = await open(t, { CLIENTS: 'open' })
    const [used, unused, editor] = [
      await register(api),
      await register(api, ['https://other.example/callback']),
      await register(api, [VENDOR, LOOPBACK]),
    ]
    const { refresh_token } = await waysOf(api).redeem(used, await api.code(used))
    const approve = await openOn(t, api.config.databaseUrl, { CLIENTS: 'approve' })
    const { storage } = approve
    const ways = waysOf(approve)
    t.match(await ways.refresh(used, refresh_token), { access_token: /./ })
    t.equal((await ways.ask(used)).statusCode, 200)
    t.strictSame([(await recordOf(api, used)).approval, (await recordOf(api, unused)).approval], ['approved', undefined])
    t.equal((await ways.ask(unused, { redirect_uri: 'https://other.example/callback' })).statusCode, 400)
    t.equal((await recordOf(api, unused)).approval, 'waiting')
    t.equal((await ways.ask(editor, { redirect_uri: VENDOR })).statusCode, 200)
    t.equal((await recordOf(api, editor)).approval, undefined, 'an address of a vendor waits for nobody')
    t.equal((await ways.ask(editor, { redirect_uri: LOOPBACK })).statusCode, 400)
    t.equal((await recordOf(api, editor)).approval, 'waiting')
    t.equal((await ways.ask(editor, { redirect_uri: VENDOR })).statusCode, 200)
    t.equal(await storage.clients.countWaiting(), 2)
    t.equal(await storage.clients.count(), 3, 'they count as any other')
  })
}

await t.test('SQLite', (t) => suite(t, async (t, env) => openOn(t, `sqlite:${t.testdir()}/solar.db`, env)))

await withPostgres(t, async (t, server) => {
  await suite(t, async (t, env) => openOn(t, await server.createDatabase(), env))

  await t.test('a decision counts at once on three nodes', async (t) => {
    const DATABASE_URL = await server.createDatabase()
    const nodes: Api[] = []
    for (let node = 0; node < 3; node++) nodes.push(apiOf(await createApp(t, { DATABASE_URL, CLIENTS: 'approve' })))
    const [first] = nodes as [Api, Api, Api]
    const { context } = setScene(first.storage)
    const [client, machine] = [await register(first), await registerMachine(first)]
    const everywhere = async (expected: object) => {
      for (const node of nodes) t.match(await waysOf(node).own(machine), expected)
    }
    await everywhere({ error: 'unauthorized_client' })
    for (const each of [client, machine]) valueOf(await approveClient(context, await recordOf(first, each)))
    await everywhere({ access_token: /./ })
    let { refresh_token } = await waysOf(first).redeem(client, await first.code(client))
    for (const node of nodes) ({ refresh_token } = await waysOf(node).refresh(client, refresh_token))
    t.match(refresh_token, /./)
    for (const each of [client, machine]) valueOf(await refuseClient(context, await recordOf(first, each)))
    await everywhere({ error: 'unauthorized_client' })
    for (const node of nodes) t.match(await waysOf(node).refresh(client, refresh_token), { error: 'unauthorized_client' })
    for (const node of nodes) t.equal((await waysOf(node).ask(client)).statusCode, 400)
  })
})

/** An app on a database, which several may share. */
async function openOn(t: Test, DATABASE_URL: string, env: Record<string, string>): Promise<Api> {
  return apiOf(await createApp(t, { ...env, DATABASE_URL }))
}

await t.test('a document of a vendor comes by its https addresses, and others wait or are listed', async (t) => {
  const documents = await serveDocuments(t)
  const open = async (env: Record<string, string>) => apiOf(await createApp(t, env, undefined, { safeFetch: documents }))
  const at = async (api: Api, { client_id, redirect_uris }: typeof CHATGPT | typeof CLAUDE_CODE) =>
    (await waysOf(api).ask({ client_id }, { redirect_uri: redirect_uris[0]! }, 'application/json')).statusCode
  const known = await open({ CLIENTS: 'known' })
  t.strictSame([await at(known, CHATGPT), await at(known, CLAUDE_CODE)], [200, 400])
  const listed = await open({ CLIENTS: 'known', KNOWN_CLIENTS: CLAUDE_CODE.client_id })
  t.equal(await at(listed, CLAUDE_CODE), 200)
  const approve = await open({ CLIENTS: 'approve' })
  t.strictSame([await at(approve, CHATGPT), await at(approve, CLAUDE_CODE)], [200, 400])
  const { context } = setScene(approve.storage)
  const ways = waysOf(approve)
  const waits = { client_id: CLAUDE_CODE.client_id }
  for (const answer of [
    await ways.push(waits),
    await ways.device(waits),
    await ways.redeem(waits, 'any'),
    await ways.refresh(waits, 'any'),
  ])
    t.match(answer, { error: 'unauthorized_client', access_token: undefined, device_code: undefined })
  const silent = await ways.ask(waits, { redirect_uri: CLAUDE_CODE.redirect_uris[0]!, prompt: 'none' })
  t.match(silent.headers.location, /^http:\/\/localhost\/callback\?error=access_denied/)
  const record = await recordOf(approve, CLAUDE_CODE)
  t.equal(record.approval, 'waiting')
  const wait = t.capture(approve.storage.clients, 'wait', approve.storage.clients.wait)
  t.equal(await at(approve, CLAUDE_CODE), 400)
  t.strictSame(wait(), [], 'a client that waits already is not written again')
  valueOf(await approveClient(context, record))
  t.equal(await at(approve, CLAUDE_CODE), 200)
  documents.publish({ ...CLAUDE_CODE, client_name: 'Claude Code 2' })
  approve.clock.now += 3_600_000
  t.equal(await at(approve, CLAUDE_CODE), 200, 'an approval is for the address of a document')
})
