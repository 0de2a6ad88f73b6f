// Three server processes over one PostgreSQL behind a round-robin: they start together, one is killed in the middle, nothing is lost.
import { setTimeout as wait } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import t from 'tap'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { openStorage } from '#src/storage/open.ts'
import { makeRule } from '#test/support/access.ts'
import { addResource } from '#test/storage/conformance/records.ts'
import { ADMIN, SECRET } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'
import { createInstallation, startServer } from '#test/support/processes/server-process.ts'

const REDIRECT_URI = 'https://client.example/callback'
/** Where people and clients believe the server to be: the balancer's address. */
const ISSUER = 'http://localhost:8000'

await withPostgres(t, async (t, server) => {
  const DATABASE_URL = await server.createDatabase()
  const installations = await Promise.all(
    [1, 2, 3].map(() => createInstallation(t, { DATABASE_URL, ISSUER, SECRET, RATE_LIMIT_REGISTER: 'off', RATE_LIMIT_TOKEN: 'off' })),
  )
  const nodes = await Promise.all(installations.map((installation) => startServer(t, installation)))
  t.equal(nodes.length, 3, 'three nodes start together on an empty database')

  let turn = 0
  /** Each request goes to the next node; one that can't be reached at all is passed over, as balancers do. */
  async function roundRobin(input: string | URL | Request, init?: RequestInit, tries = 0): Promise<Response> {
    const url = new URL(input)
    url.host = new URL(installations[turn++ % installations.length]!.issuer).host
    try {
      return await fetch(url, init)
    } catch (error) {
      const { code } = (error as { cause: { code?: string } }).cause
      if (code !== 'ECONNREFUSED' || tries > 3) throw error
      return roundRobin(input, init, tries + 1)
    }
  }
  const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: (url: string, init: object) => roundRobin(url, init) }
  const issuer = new URL(ISSUER)
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }))
  const register = async () => {
    const response = await oauth.dynamicClientRegistrationRequest(
      as,
      { redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: 'none' },
      options,
    )
    return oauth.processDynamicClientRegistrationResponse(response)
  }

  /** Registers, logs in, consents and exchanges the code; `meanwhile` happens before the exchange. */
  async function connect(meanwhile = async () => {}, more: Record<string, string> = {}) {
    const client = await register()
    const verifier = oauth.generateRandomCodeVerifier()
    const url = new URL(as.authorization_endpoint!)
    const code_challenge = await oauth.calculatePKCECodeChallenge(verifier)
    const query = {
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      scope: 'offline_access',
      code_challenge,
      code_challenge_method: 'S256',
      ...more,
    }
    url.search = new URLSearchParams(query).toString()
    const parameters = oauth.validateAuthResponse(
      as,
      client,
      await createPerson(ISSUER, roundRobin).authorize(url, ADMIN),
      oauth.expectNoState,
    )
    await meanwhile()
    const response = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT_URI, verifier, options)
    return { client, tokens: await oauth.processAuthorizationCodeResponse(as, client, response) }
  }
  async function refresh(client: oauth.Client, token: string) {
    return oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, oauth.None(), token, options))
  }

  await t.test('a rule that is added beside the nodes counts on each of them within 5 seconds', async (t) => {
    const storage = await openStorage(DATABASE_URL)
    t.teardown(() => storage.close())
    const { id, identifier } = await addResource(storage, { identifier: 'https://planets.example/mcp', scopes: [] })
    const { client, tokens } = await connect(undefined, { resource: identifier })
    let token = tokens.refresh_token!
    let lastAllowed = 0
    async function refreshAt({ issuer: node }: { issuer: string }): Promise<string | undefined> {
      const begun = performance.now()
      const form = { grant_type: 'refresh_token', refresh_token: token, client_id: client.client_id }
      const response = await fetch(`${node}/token`, { method: 'POST', body: new URLSearchParams(form) })
      const { error, refresh_token: next = token } = (await response.json()) as { error?: string; refresh_token?: string }
      token = next
      if (error === undefined) lastAllowed = Math.max(lastAllowed, begun)
      return error
    }
    for (const node of installations) t.equal(await refreshAt(node), undefined)
    await storage.accessRules.insert(makeRule(id, 'deny'))
    const begun = performance.now()
    for (const node of installations) {
      let error = await refreshAt(node)
      while (error === undefined && performance.now() - begun < 3 * FRESH_MS) {
        await wait(100)
        error = await refreshAt(node)
      }
      t.equal(error, 'invalid_grant')
    }
    t.ok(lastAllowed - begun < FRESH_MS, 'nothing that was asked later than that was allowed')
    await storage.accessRules.delete((await storage.accessRules.list())[0]!.id)
  })

  const early = await connect()
  const late = await connect(async () => {
    t.equal((await nodes[0]!.end('SIGKILL')).signal, 'SIGKILL', 'a node is killed between consent and code')
  })
  for (const { client, tokens } of [early, late]) {
    let token = tokens.refresh_token!
    for (let round = 0; round < 4; round++) token = (await refresh(client, token)).refresh_token!
    t.ok(token, 'tokens rotate on the nodes that are left')
  }

  const told: oauth.Client[] = []
  let ending: Promise<unknown> | undefined
  const crowd = Array.from({ length: 60 }, async () => {
    told.push(await register())
    if (told.length === 15) ending = nodes[1]!.end('SIGKILL')
  })
  await Promise.allSettled(crowd)
  await ending
  t.ok(told.length >= 15, `${told.length} of 60 were told that they are registered while a second node was killed`)
  for (const client of told) {
    const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), 'unknown', options)
    if (response.status !== 400) t.equal(response.status, 400, 'a client that was told so is known')
  }
  t.strictSame(await nodes[2]!.end('SIGTERM'), { code: 0, signal: null }, 'told to stop, the last one stops in order')
})
