/** MCP servers, and what they learn about tokens. */
import { basic } from '#test/support/api.ts'
import type { KnownClient, KnownResource } from '#test/upgrade/facts.ts'
import type { Check } from '#test/upgrade/installation.ts'
import { issuedBy } from '#test/upgrade/requests.ts'
import { COMMAND_BEHIND } from '#test/upgrade/story/resources.ts'
import { runCommand } from '#test/upgrade/story/timeline.ts'

export const checkResources: Check = async (t, { databaseUrl, facts, client, post, send, refresh, userinfo }) => {
  const { grants, resources } = facts
  const { comets, ownOpaque, ownJwt, ownBeforeDisabled, ownSinceEnabled } = grants
  const [opaque, other] = [grants.opaque[0]!, grants.opaque[1]!]
  const introspect = async (token: string, { id, secret }: Pick<KnownResource, 'id' | 'secret'>) =>
    (await post('/introspect', { token }, basic(id, secret))).json<{ active: boolean }>()
  const isActive = async (token: string, by: KnownClient) => (await send(by, '/introspect', { token })).json<{ active: boolean }>().active

  await t.test('a resource learns about its tokens, and not about others', async (t) => {
    t.notMatch(opaque.accessToken, '.')
    t.match(await introspect(opaque.accessToken, resources.moons), { active: true, username: 'helen', scope: /moons:read/ })
    t.match(await introspect(comets.accessToken, resources.comets), { active: true, username: 'helen', scope: /comets:read/ })
    t.strictSame(await introspect(opaque.accessToken, resources.planets), { active: false })
    t.equal((await post('/introspect', { token: 'any' }, basic(resources.moons.id, 'another'))).statusCode, 401)
  })

  await t.test('a token that somebody made for a script still counts', async (t) => {
    const { personalToken } = grants
    if (personalToken === undefined) return // earlier versions had none
    t.match(await introspect(personalToken, resources.moons), { active: true, username: 'helen', scope: 'moons:read' })
    t.strictSame(await introspect(personalToken, resources.planets), { active: false })
  })

  await t.test('a command behind a resource runs as its operator said', async (t) => {
    const all = await runCommand('resource list --json', '', { ...facts.settings, DATABASE_URL: databaseUrl })
    const found = (JSON.parse(all) as { resource: string; gate?: object }[]).find(({ resource }) => resource === COMMAND_BEHIND)
    if (found === undefined) return // earlier versions had none
    const env = [
      { name: 'KEY', value: 'env:KEY' },
      { name: 'OTHER', value: 'file:/run/key' },
    ]
    t.match(found.gate, { upstream: ['npx', '-y', 'some-server'], process: { per: 'session', env, directory: '/srv' } })
  })

  await t.test('what clients got for themselves counts, but for what came before they were disabled', async (t) => {
    for (const { client: name, accessToken } of [ownOpaque, ownJwt, ...ownSinceEnabled]) t.ok(await isActive(accessToken, client(name)))
    for (const { client: name, accessToken } of ownBeforeDisabled) t.notOk(await isActive(accessToken, client(name)))
  })

  await t.test('an opaque token is revoked alone', async (t) => {
    const again = issuedBy(await refresh(client(opaque.client), opaque.refreshToken))
    await send(client(opaque.client), '/revoke', { token: opaque.accessToken })
    t.equal((await userinfo(opaque.accessToken)).statusCode, 401)
    t.equal((await userinfo(again.access_token)).statusCode, 200)
    await send(client(ownOpaque.client), '/revoke', { token: ownOpaque.accessToken })
    t.notOk(await isActive(ownOpaque.accessToken, client(ownOpaque.client)))
  })

  await t.test('a resource that goes takes its opaque tokens along', async (t) => {
    const { client: name, accessToken } = ownSinceEnabled[0]!
    t.ok(await isActive(accessToken, client(name)))
    t.equal((await userinfo(other.accessToken)).statusCode, 200)
    await runCommand(`resource delete ${resources.moons.identifier} --yes`, '', { ...facts.settings, DATABASE_URL: databaseUrl })
    t.notOk(await isActive(accessToken, client(name)))
    t.equal((await userinfo(other.accessToken)).statusCode, 401)
  })
}
