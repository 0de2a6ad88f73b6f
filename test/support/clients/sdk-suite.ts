/** What must work with any release of the MCP TypeScript SDK against the example: one suite, and an adapter for each release. */
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { Test } from 'tap'
import { listen } from '../app.ts'
import { startExample } from '../processes/example.ts'
import type { Memory } from './mcp.ts'
import { createPerson } from '../people/person.ts'
import type { Person } from '../people/person.ts'

export interface Information {
  client_id: string
  client_secret?: string | undefined
  token_endpoint_auth_method?: string | undefined
}
export interface Tokens {
  access_token: string
  refresh_token?: string | undefined
  scope?: string | undefined
}

/** One client that uses the SDK, with what it remembers. */
export interface SdkClient {
  readonly memory: Memory<Information, Tokens, unknown>
  /** The SDK's `auth()`; with a callback, its second leg. */
  auth(serverUrl: string, options?: { callback?: URL; fetchFn?: typeof fetch }): Promise<string>
  /** Connects by Streamable HTTP and calls a tool; with a callback, it first finishes the authorization. */
  call(tool: string, serverUrl: string, callback?: URL): Promise<unknown>
}

export interface Sdk {
  open(redirectUrl: string): SdkClient
  /** The scope that the SDK asks for when the MCP server's challenge says `sky:read`. */
  readonly scope: string
}

export interface World {
  readonly issuer: string
  /** The example's address. */
  readonly url: string
}

const REDIRECT = 'http://localhost:3118/oauth/callback'

/** @param more what only one release does */
export async function testSdk(t: Test, sdk: Sdk, more: (world: World) => void): Promise<void> {
  const { issuer, storage, clock } = await listen(t)
  const { url } = await startExample(t, issuer, storage, clock)
  // The second release warns on the console when it recovers.
  t.beforeEach((t) => void t.capture(console, 'warn'))

  t.test('the SDK finds the server by the MCP server, registers, sends the person, gets a token and calls a tool', async (t) => {
    const client = sdk.open(REDIRECT)
    await t.rejects(client.call('whoami', url), 'without a token the person has to log in')
    const { memory } = client
    const registered = { token_endpoint_auth_method: 'client_secret_basic', redirect_uris: [REDIRECT], scope: sdk.scope }
    t.match(memory.information, { client_secret: String, ...registered })
    t.match(Object.fromEntries(memory.authorizationUrl!.searchParams), { resource: url, scope: sdk.scope, code_challenge_method: 'S256' })

    const callback = await createPerson(issuer).authorize(memory.authorizationUrl!)
    t.match(Object.fromEntries(callback.searchParams), { iss: issuer, state: 'state of the SDK / with + and =' })
    const said = await client.call('whoami', url, callback)
    t.equal(memory.tokens!.scope, sdk.scope)
    const claims = decodeJwt(memory.tokens!.access_token)
    t.match(claims, { iss: issuer, aud: url, client_id: memory.information!.client_id, scope: sdk.scope })
    t.match(said, { content: [{ type: 'text', text: claims.sub! }] })
  })

  t.test('the SDK refreshes on its own when the MCP server no longer takes its token', async (t) => {
    const client = await authorized(sdk, createPerson(issuer), url)
    const before = client.memory.tokens!
    client.memory.tokens = { ...before, access_token: 'stale' }
    t.match(await client.call('whoami', url), { content: [{ type: 'text' }] })
    t.not(client.memory.tokens.access_token, 'stale')
    t.not(client.memory.tokens.refresh_token, before.refresh_token, 'refresh tokens rotate')
    t.equal(client.memory.tokens.scope, before.scope)
    t.equal(await client.auth(url), 'AUTHORIZED', 'and once more')
    t.equal(client.memory.registrations, 1)
  })

  t.test('the SDK takes the origin of a MCP server without metadata for the authorization server (2025-03-26)', async (t) => {
    const client = await authorized(sdk, createPerson(issuer), `${issuer}/mcp`)
    t.equal(client.memory.authorizationUrl!.searchParams.get('resource'), null)
    await t.resolves(verify(issuer, client.memory.tokens!, issuer), 'without a resource the token is for the issuer')
    t.equal(await client.auth(`${issuer}/mcp`), 'AUTHORIZED')
  })

  t.test('an SDK that finds no metadata at all uses /register, /authorize and /token of the origin (2025-03-26)', async (t) => {
    const fetchFn: typeof fetch = async (input, init) =>
      /\/\.well-known\//.test(String(input)) ? new Response('{}', { status: 404 }) : fetch(input, init)
    const client = sdk.open(REDIRECT)
    t.equal(await client.auth(`${issuer}/mcp`, { fetchFn }), 'REDIRECT')
    const callback = await createPerson(issuer).authorize(client.memory.authorizationUrl!)
    t.equal(await client.auth(`${issuer}/mcp`, { callback, fetchFn }), 'AUTHORIZED')
    await t.resolves(verify(issuer, client.memory.tokens!, issuer))
  })

  t.test('an SDK whose client was deleted on the server registers again, and the person logs in once more', async (t) => {
    const person = createPerson(issuer)
    const client = await authorized(sdk, person, url)
    const first = client.memory.information!.client_id
    await storage.clients.delete(first)
    t.equal(await client.auth(url), 'REDIRECT', 'the dead refresh token was not the end')
    t.equal(client.memory.registrations, 2)
    t.not(client.memory.information!.client_id, first)
    t.equal(await client.auth(url, { callback: await person.authorize(client.memory.authorizationUrl!) }), 'AUTHORIZED')
  })

  t.test('an SDK whose client is deleted while the person logs in registers again', async (t) => {
    const person = createPerson(issuer)
    const client = sdk.open(REDIRECT)
    await client.auth(url)
    const callback = await person.authorize(client.memory.authorizationUrl!)
    await storage.clients.delete(client.memory.information!.client_id)
    await t.rejects(client.auth(url, { callback }), 'the code is lost')
    t.equal(await client.auth(url), 'REDIRECT')
    t.equal(client.memory.registrations, 2)
    t.equal(await client.auth(url, { callback: await person.authorize(client.memory.authorizationUrl!) }), 'AUTHORIZED')
  })

  t.test('an SDK whose refresh token died keeps its client, and the person logs in once more', async (t) => {
    const person = createPerson(issuer)
    const client = await authorized(sdk, person, url)
    clock.now += 31 * 86_400_000
    t.equal(await client.auth(url), 'REDIRECT')
    t.equal(client.memory.registrations, 1)
    const login = await person.open(client.memory.authorizationUrl!)
    t.match(login.page?.html, /type="password"/, 'the session is over, too')
    t.equal(await client.auth(url, { callback: await person.authorize(client.memory.authorizationUrl!) }), 'AUTHORIZED')
  })

  t.test('an SDK whose code came too late asks twice in vain, then starts over with the same client', async (t) => {
    const person = createPerson(issuer)
    const client = sdk.open(REDIRECT)
    await client.auth(url)
    const callback = await person.authorize(client.memory.authorizationUrl!)
    clock.now += 61_000
    const posts: string[] = []
    const fetchFn: typeof fetch = async (input, init) => {
      if (String(input) === `${issuer}/token`) posts.push(String(init?.body))
      return fetch(input, init)
    }
    await t.rejects(client.auth(url, { callback, fetchFn }), { message: /expired/ })
    t.equal(posts.length, 2)
    t.equal(posts[0], posts[1], 'an invalid_grant makes it post the same code again')
    t.equal(await client.auth(url), 'REDIRECT')
    t.equal(client.memory.registrations, 1)
    t.equal(await client.auth(url, { callback: await person.authorize(client.memory.authorizationUrl!) }), 'AUTHORIZED')
  })

  t.test('two processes that share what the SDK keeps refresh at once, and both call a tool', async (t) => {
    const one = await authorized(sdk, createPerson(issuer), url)
    const two = sdk.open(REDIRECT)
    for (const { memory } of [one, two]) Object.assign(memory, one.memory, { tokens: { ...one.memory.tokens!, access_token: 'stale' } })
    for (const said of await Promise.all([one.call('whoami', url), two.call('whoami', url)])) t.match(said, { content: [{ type: 'text' }] })
    t.equal(one.memory.tokens!.refresh_token, two.memory.tokens!.refresh_token)
    for (const client of [one, two]) t.equal(await client.auth(url), 'AUTHORIZED')
  })

  t.test('an SDK whose grant was revoked is refused by the MCP server, and the person allows it once more', async (t) => {
    const person = createPerson(issuer)
    const client = await authorized(sdk, person, url)
    await storage.grants.revoke(String(decodeJwt(client.memory.tokens!.access_token)['gid']), Date.now())
    await t.rejects(client.call('whoami', url))
    t.match(await client.call('whoami', url, await person.authorize(client.memory.authorizationUrl!)), { content: [{ type: 'text' }] })
    t.equal(client.memory.registrations, 1)
  })

  more({ issuer, url })
}

/** A client that called a tool, was told which scope it needs, and has gone through the login. */
export async function challenged(sdk: Sdk, person: Person, url: string): Promise<SdkClient> {
  const client = sdk.open(REDIRECT)
  await client.call('whoami', url).catch(() => undefined)
  await client.auth(url, { callback: await person.authorize(client.memory.authorizationUrl!) })
  return client
}

/** A client that has gone through the login and has tokens, for all that the MCP server publishes. */
async function authorized(sdk: Sdk, person: Person, serverUrl: string): Promise<SdkClient> {
  const client = sdk.open(REDIRECT)
  await client.auth(serverUrl)
  await client.auth(serverUrl, { callback: await person.authorize(client.memory.authorizationUrl!) })
  return client
}

function verify(issuer: string, tokens: Tokens, audience: string) {
  return jwtVerify(tokens.access_token, createRemoteJWKSet(new URL(`${issuer}/jwks`)), { issuer, audience, typ: 'at+jwt' })
}
