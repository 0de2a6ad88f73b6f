/** Each client that people connect goes its whole way, with its own body, headers and redirect. */
import t from 'tap'
import { parseClientMetadata } from '#src/domain/client/client-metadata.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { newSecret } from '#src/crypto/random.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { addResource } from '#test/storage/conformance/records.ts'
import { ADMIN, injectFetch, listen } from '#test/support/app.ts'
import { createBrowserFetch } from '#test/support/clients/browser-fetch.ts'
import {
  accept,
  attempt,
  codeForm,
  connect,
  discover,
  goWholeWay,
  postToken,
  refresh,
  register,
  setUp,
  tokensOf,
} from '#test/support/clients/client-flow.ts'
import type { Credentials } from '#test/support/clients/client-flow.ts'
import type { ClientDescription } from '#test/support/clients/clients.ts'
import { chatGpt, claude, claudeCode, codex, copilotCli, cursor, geminiCli, grok, openCode } from '#test/support/clients/clients.ts'
import { gptActions, inspector, MCP_RESOURCE, mcpRemote, vsCode } from '#test/support/clients/clients.ts'
import { createPerson } from '#test/support/people/person.ts'

const ADMIN_EMAIL = 'helen@example.com'

/** What the administrator is asked of all that is advertised: no address and no phone number, as none is known. */
const askedScope = ({ metadata }: { metadata: Record<string, unknown> }) =>
  (metadata['scopes_supported'] as string[]).filter((scope) => !['address', 'phone'].includes(scope)).join(' ')

for (const client of chatGpt) {
  t.test(`ChatGPT at ${client.redirectUri} gets every scope that says something, its resource in aud and a verified address`, async (t) => {
    const { issuer } = await listen(t, { ADMIN_EMAIL })
    t.equal(client.state!.length, 540)
    const { device, tokens, claims, info } = await goWholeWay(t, issuer, client)
    t.notHas(device.credentials, { client_secret: String }, 'a public client gets no secret')
    t.equal(tokens.scope, askedScope(device))
    t.equal(claims.aud, MCP_RESOURCE)
    t.match(info, { email: ADMIN_EMAIL, email_verified: true })
  })
}

t.test('ChatGPT uses its client again without a page, since the person allowed it before', async (t) => {
  const { issuer } = await listen(t)
  const person = createPerson(issuer)
  const device = await setUp(t, issuer, chatGpt[0]!)
  await connect(t, issuer, device, person)
  const { page, away } = await person.open(attempt(device).url)
  t.equal(page, undefined)
  t.ok(away?.searchParams.has('code'))
})

for (const client of gptActions) {
  for (const method of ['client_secret_post', 'client_secret_basic']) {
    t.test(`GPT Actions at ${client.receiver} use the client that an operator made, by ${method} and without PKCE`, async (t) => {
      const { issuer, storage } = await listen(t, { ADMIN_EMAIL })
      const credentials: Credentials = { client_id: 'gpt-actions', client_secret: newSecret(), token_endpoint_auth_method: method }
      const metadata = parseClientMetadata({ ...client.registration, redirect_uris: [...client.registration.redirect_uris] })
      t.ok(metadata.ok)
      if (!metadata.ok) return
      const secretHash = sha256(credentials.client_secret!)
      await storage.clients.insert({ id: 'gpt-actions', secretHash, metadata: metadata.value, origin: 'operator', createdAt: Date.now() })
      const { claims, info, tokens } = await goWholeWay(t, issuer, client, { credentials })
      t.equal(claims.aud, issuer, 'without a resource the token is for the issuer')
      t.equal(tokens.scope, 'openid email')
      t.match(info, { email: ADMIN_EMAIL })
    })
  }
}

for (const client of claude) {
  t.test(`Claude at ${client.redirectUri} registers anew for each connection, and all of them live on`, async (t) => {
    const { issuer } = await listen(t)
    const one = await goWholeWay(t, issuer, client)
    const two = await goWholeWay(t, issuer, client)
    t.not(one.device.credentials.client_id, two.device.credentials.client_id)
    for (const { device, tokens } of [one, two]) t.equal((await refresh(device, tokens.refresh_token)).status, 200)
  })
}

t.test('Claude refreshes from two addresses at once, and both go on', async (t) => {
  const { issuer } = await listen(t, { TRUST_PROXY: '1' })
  const device = await setUp(t, issuer, claude[0]!)
  const { refresh_token: shared } = await connect(t, issuer, device, createPerson(issuer))
  const answers = await Promise.all(['192.0.2.1', '198.51.100.2'].map((from) => refresh(device, shared, { 'x-forwarded-for': from })))
  const both = await Promise.all(answers.map((answer) => tokensOf(t, answer)))
  t.equal(both[0]!.refresh_token, both[1]!.refresh_token)
  t.not(both[0]!.access_token, both[1]!.access_token)
  for (const tokens of both) {
    await accept(issuer, device, tokens.access_token)
    await tokensOf(t, await refresh(device, tokens.refresh_token))
  }
})

t.test('Claude learns by a 401 invalid_client that its client is gone, and registers again', async (t) => {
  const { issuer, storage } = await listen(t)
  const { device, tokens } = await goWholeWay(t, issuer, claude[0]!)
  await storage.clients.delete(device.credentials.client_id)
  const refused = await refresh(device, tokens.refresh_token)
  t.equal(refused.status, 401)
  t.match(refused.headers.get('www-authenticate'), /invalid_client/)
  t.match(await refused.json(), { error: 'invalid_client' })
  await goWholeWay(t, issuer, claude[0]!)
})

for (const client of [chatGpt[0]!, claude[0]!, cursor[1]!]) {
  t.test(`${client.name} goes on with less than it asked for, refreshes it, and gets the rest when it comes back for it`, async (t) => {
    const { issuer, storage, clock } = await listen(t)
    const scopes = ['planets:read', 'planets:move'].map((name) => ({ name, description: name }))
    await addResource(storage, { identifier: MCP_RESOURCE, scopes })
    clock.now += FRESH_MS
    const asking = client.scope === 'advertised' ? client : { ...client, scope: `${client.scope ?? ''} planets:read planets:move`.trim() }
    const device = await setUp(t, issuer, asking)
    const person = createPerson(issuer)
    const connectWith = async (...names: string[]) => {
      const { url, state, verifier } = attempt(device)
      let page = (await person.open(url)).page!
      if (/type="password"/.test(page.html)) page = (await person.submit(page, ADMIN)).page!
      const boxes = names.map((name) => ['scope', `${name} ${MCP_RESOURCE}`] as const)
      const ticked = { ...page, form: { ...page.form!, checked: [['preset', 'choose'] as const, ...boxes] } }
      const { away } = await person.submit(ticked, { decision: 'allow' })
      t.match(Object.fromEntries(away!.searchParams), { state, iss: issuer })
      return tokensOf(t, await postToken(device, codeForm(device, away!, verifier)))
    }
    const less = await connectWith('planets:read')
    t.match(less.scope, /planets:read/)
    t.notMatch(less.scope, /planets:move/, 'the answer says what it got')
    const later = await tokensOf(t, await refresh(device, less.refresh_token))
    t.equal(later.scope, less.scope)
    t.equal((await accept(issuer, device, later.access_token))['scope'], less.scope)
    const more = await connectWith('planets:move')
    t.match(more.scope, /planets:read.*planets:move|planets:move.*planets:read/, 'what it had is kept')
    await tokensOf(t, await refresh(device, later.refresh_token))
  })
}

t.test('sixty people of one hosted client register in one burst from one address', async (t) => {
  const { app, issuer } = await listen(t)
  // Without sockets: on a busy machine so many new connections at once look like a queue, and are shed.
  const send = injectFetch(app)
  const metadata = await discover(issuer, claude[0]!, send)
  const answers = await Promise.all(Array.from({ length: 60 }, () => register(metadata, claude[0]!, send)))
  t.strictSame([...new Set(answers.map(({ status }) => status))], [201])
})

t.test('Claude Code listens on another port each time, and several processes share one refresh token', async (t) => {
  const { issuer } = await listen(t)
  const { device, tokens } = await goWholeWay(t, issuer, claudeCode)
  t.match(tokens.scope, /\boffline_access\b/)
  const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(device, tokens.refresh_token)))
  const all = await Promise.all(answers.map((answer) => tokensOf(t, answer)))
  t.equal(new Set(all.map(({ refresh_token }) => refresh_token)).size, 1)
  // They write the same to their one file, and all go on with it.
  await tokensOf(t, await refresh(device, all.at(-1)!.refresh_token))
})

t.test('Claude Code has to be allowed each time, since anything may listen on a loopback port', async (t) => {
  const { issuer } = await listen(t)
  const person = createPerson(issuer)
  const device = await setUp(t, issuer, { ...claudeCode, authorization: {} })
  await connect(t, issuer, device, person)
  const { page } = await person.open(attempt(device).url)
  t.match(page?.html, /value="allow"/)
})

for (const client of cursor) {
  t.test(`Cursor receives its code at ${client.redirectUri}`, async (t) => {
    const { issuer } = await listen(t)
    await goWholeWay(t, issuer, client)
  })
}

for (const client of vsCode) {
  t.test(`VS Code, registered for https and loopback together, receives its code at ${client.redirectUri}`, async (t) => {
    const { issuer } = await listen(t)
    const { device } = await goWholeWay(t, issuer, client)
    t.match(device.credentials, { application_type: 'native', grant_types: client.registration['grant_types'] })
  })
}

t.test('VS Code has to be allowed at a loopback port even where vscode.dev was allowed, and the other way round', async (t) => {
  const { issuer } = await listen(t)
  const [hosted, , , local] = vsCode as [ClientDescription, ClientDescription, ClientDescription, ClientDescription]
  const opened = async (first: ClientDescription, then: ClientDescription) => {
    const person = createPerson(issuer)
    const device = await setUp(t, issuer, first)
    await connect(t, issuer, device, person)
    return { again: await person.open(attempt(device).url), other: await person.open(attempt({ ...device, description: then }).url) }
  }
  const fromHosted = await opened(hosted, local)
  t.match(fromHosted.again.away?.search, /code=/)
  t.match(fromHosted.other.page?.html, /value="allow"/)
  const fromLocal = await opened(local, hosted)
  t.match(fromLocal.again.page?.html, /value="allow"/)
  t.match(fromLocal.other.page?.html, /value="allow"/)
})

t.test('Gemini CLI registers and goes the whole way without asking for a scope', async (t) => {
  const { issuer } = await listen(t)
  const { device, tokens } = await goWholeWay(t, issuer, geminiCli)
  t.equal(tokens.scope, askedScope(device), 'no scope means all')
})

for (const client of [grok, codex, copilotCli, openCode]) {
  t.test(`${client.name} receives its code at ${client.redirectUri}`, async (t) => {
    const { issuer } = await listen(t)
    await goWholeWay(t, issuer, client)
  })
}

t.test('mcp-remote asks /authorize for JSON first: a client that is gone is an invalid_client, a known one is not', async (t) => {
  const { issuer, storage } = await listen(t)
  const { device } = await goWholeWay(t, issuer, mcpRemote)
  const probe = () => fetch(attempt(device).url, { headers: { accept: 'application/json' }, redirect: 'manual' })
  t.equal((await probe()).status, 200)
  await storage.clients.delete(device.credentials.client_id)
  const refused = await probe()
  t.ok([400, 401].includes(refused.status))
  t.match(refused.headers.get('content-type'), /^application\/json/)
  t.match(await refused.json(), { error: 'invalid_client' })
  t.equal(refused.headers.get('location'), null)
  const browser = await fetch(attempt(device).url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }, redirect: 'manual' })
  t.equal(browser.status, 400)
  t.match(browser.headers.get('content-type'), /^text\/html/)
  await goWholeWay(t, issuer, mcpRemote)
})

for (const client of inspector) {
  t.test(`MCP Inspector at ${client.redirectUri} calls from its page, and no browser stands in its way`, async (t) => {
    const { issuer } = await listen(t)
    const browser = createBrowserFetch(new URL(client.redirectUri).origin)
    const { device, tokens } = await goWholeWay(t, issuer, client, { send: browser.fetch })
    t.equal(tokens.scope, askedScope(device), 'an empty scope means all')
    const asked = ['/.well-known/oauth-authorization-server', '/register', '/token', '/userinfo']
    for (const path of asked) t.ok(browser.preflights.includes(issuer + path), `${path} was asked for by a preflight`)
  })
}

t.test('MCP Inspector can read errors from its page, too', async (t) => {
  const { issuer, storage } = await listen(t)
  const client = inspector[0]!
  const send = createBrowserFetch('https://inspector.example').fetch
  const { device, tokens } = await goWholeWay(t, issuer, client, { send })
  await storage.clients.delete(device.credentials.client_id)
  t.match(await (await refresh(device, tokens.refresh_token)).json(), { error: 'invalid_client' })
  const dead = await send(device.metadata['userinfo_endpoint']!, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  t.equal(dead.status, 401)
  t.match(dead.headers.get('access-control-expose-headers'), /WWW-Authenticate/i, 'the page may read the challenge')
  t.equal((await send(`${issuer}/.well-known/oauth-protected-resource`, { headers: client.headers! })).status, 404)
  const broken = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }
  const malformed = await send(device.metadata['registration_endpoint']!, broken)
  t.match(await malformed.json(), { error: 'invalid_client_metadata' })
})
