// Signing keys change, and nobody notices: a resource server that keeps /jwks just as long as it may finds the key of every token, at every moment.
import { createRemoteJWKSet, customFetch, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import t from 'tap'
import { FOLLOW_MS, JWKS_MAX_AGE, LEAD_MS, LONGEST_TOKEN_MS } from '#src/domain/key/key-schedule.ts'
import { createVerifier } from '#src/resource-server/verifier.ts'
import { apiOf } from '#test/support/api.ts'
import type { Api } from '#test/support/api.ts'
import { ISSUER, createApp, injectFetch } from '#test/support/app.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'

const RESOURCE = 'https://mcp.example/'
const INTERVAL_MS = 30 * 86_400_000

/** Asks the nodes in turn, and nobody before the cache header lets it; jose asks twice for an unknown key only after half a minute of real time. */
function createKeeper(nodes: readonly Api[], now: () => number) {
  let turn = 0
  let kept: { find: JWTVerifyGetKey; until: number } | undefined
  return async (token: string): Promise<void> => {
    if (kept === undefined || now() >= kept.until) {
      const { app } = nodes[turn++ % nodes.length]!
      kept = {
        find: createRemoteJWKSet(new URL(`${ISSUER}/jwks`), { [customFetch]: injectFetch(app) }),
        until: now() + JWKS_MAX_AGE * 1000,
      }
    }
    await jwtVerify(token, kept.find, { issuer: ISSUER, currentDate: new Date(now()) })
  }
}

await withPostgres(t, async (t, server) => {
  async function startNodes(): Promise<readonly [Api, Api]> {
    const env = { DATABASE_URL: await server.createDatabase(), KEY_ROTATION_INTERVAL: '30d', ACCESS_TOKEN_TTL: '1d' }
    const nodes = await Promise.all([createApp(t, env), createApp(t, env)])
    return [apiOf(nodes[0]), apiOf(nodes[1])]
  }

  t.test('two nodes rotate, and every token verifies from its first moment to its last', async (t) => {
    const nodes = await startNodes()
    const client = await nodes[0].register()
    const start = nodes[0].clock.now
    const moveTo = (now: number) => nodes.forEach(({ clock }) => (clock.now = now))
    const now = () => nodes[0].clock.now
    const verifiers = [createKeeper(nodes, now), createKeeper([nodes[1]], now)]
    const library = createVerifier({ issuer: ISSUER, resource: RESOURCE, fetch: injectFetch(nodes[1].app), now })
    const kids = new Set<string>()
    let last: { token: string; kid: string; at: number } | undefined
    let steps = 0

    const step = 97_000 // no divisor of any bound
    for (let at = start + INTERVAL_MS - LEAD_MS - 5 * step; at < start + INTERVAL_MS + 4 * step; at += step) {
      moveTo(at)
      if (steps++ % 2 === 0) await nodes[0].app.keyset.rotateDue(at)
      for (const node of nodes) {
        const { access_token, id_token = '' } = await node.tokens(client, { scopes: ['openid'], resources: [RESOURCE] })
        t.ok((await library.verifyAccessToken(access_token)).ok)
        for (const verify of verifiers) for (const token of [access_token, id_token]) await verify(token)
        const kid = decodeProtectedHeader(access_token).kid!
        if (kids.size === 0 || last?.kid === kid) last = { token: access_token, kid, at }
        kids.add(kid)
      }
    }
    t.equal(kids.size, 2, 'both keys have signed')
    t.ok(steps > 40)

    const end = last!.at + LONGEST_TOKEN_MS
    moveTo(end - 1000)
    await nodes[1].app.keyset.rotateDue(end - 1000)
    for (const verify of verifiers) await verify(last!.token)
    t.ok((await library.verifyAccessToken(last!.token)).ok)
    t.equal((await nodes[1].app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${last!.token}` } })).statusCode, 200)

    moveTo(end + 2 * step)
    await nodes[1].app.keyset.rotateDue(now())
    moveTo(end + 2 * step + FOLLOW_MS)
    for (const { app } of nodes) t.notOk((await app.inject('/jwks')).body.includes(last!.kid), 'then it is gone')
    const kept = (await nodes[0].storage.keys.list()).find(({ kid }) => kid === last!.kid)!
    t.equal(kept.encryptedPrivateJwk, undefined)
  })

  t.test('a key that is revoked at one node is nobody’s at the other within the bound, and another one signs', async (t) => {
    const nodes = await startNodes()
    const [here, there] = nodes
    const client = await here.register()
    const { access_token } = await there.tokens(client)
    const kid = decodeProtectedHeader(access_token).kid!
    const info = ({ app }: Api, token: string) => app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token}` } })
    for (const node of nodes) t.equal((await info(node, access_token)).statusCode, 200)
    await here.storage.keys.revoke(kid, here.clock.now)
    for (const node of nodes) node.clock.now += FOLLOW_MS
    const [one, other] = await Promise.all(nodes.map((node) => node.tokens(client)))
    for (const node of nodes) {
      t.equal((await info(node, access_token)).statusCode, 401)
      t.notOk((await node.app.inject('/jwks')).body.includes(kid))
    }
    t.equal(decodeProtectedHeader(one!.access_token).kid, decodeProtectedHeader(other!.access_token).kid, 'made once')
    const verify = createKeeper([there], () => there.clock.now)
    await verify(one!.access_token)
    await t.rejects(verify(access_token), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  })
})
