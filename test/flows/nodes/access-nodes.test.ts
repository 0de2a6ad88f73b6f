// Three nodes on one database: what an operator changes beside one of them counts on the others within 5 seconds.
import t from 'tap'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { addRule, deleteRule } from '#src/operations/access/rules.ts'
import { setScene, valueOf } from '#test/operations/scene.ts'
import { addResource } from '#test/storage/conformance/records.ts'
import { apiOf, credentials } from '#test/support/api.ts'
import type { Api } from '#test/support/api.ts'
import { createApp } from '#test/support/app.ts'
import { withPostgres } from '#test/support/processes/postgres.ts'

await withPostgres(t, async (t, server) => {
  const DATABASE_URL = await server.createDatabase()
  const nodes: Api[] = []
  for (let node = 0; node < 3; node++) nodes.push(apiOf(await createApp(t, { DATABASE_URL })))
  const [first, second, third] = nodes as [Api, Api, Api]
  const { context } = setScene(first.storage)
  const pass = (ms: number) => nodes.forEach(({ clock }) => (clock.now += ms))

  const scopes = ['read', 'write'].map((name) => ({ name, description: name }))
  const { identifier } = await addResource(first.storage, { identifier: 'https://planets.example/mcp', scopes })
  pass(FRESH_MS)
  const client = await first.register()
  const permissions = ['read', 'write'].map((scope) => permissionAt(scope, identifier))
  const tokens = await first.tokens(client, { scopes: ['offline_access', ...permissions], resources: [identifier] })
  let refreshToken = tokens.refresh_token!
  const refresh = async (node: Api) => {
    const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...credentials(client) }
    const answer = (await node.post('/token', form)).json<{ refresh_token?: string; scope?: string; error?: string }>()
    refreshToken = answer.refresh_token ?? refreshToken
    return answer.scope ?? answer.error
  }
  const introspect = async (node: Api) =>
    (await node.post('/introspect', { token: tokens.access_token, ...credentials(client) })).json<{ scope?: string }>().scope

  t.strictSame([await refresh(second), await refresh(third)], ['offline_access read write', 'offline_access read write'])
  const { rule } = valueOf(await addRule(context, 'deny', identifier, { everybody: true, scopes: ['write'] }))
  pass(FRESH_MS)
  for (const node of nodes) t.strictSame([await refresh(node), await introspect(node)], ['offline_access read', 'offline_access read'])
  const closing = valueOf(await addRule(context, 'deny', identifier, { everybody: true }))
  pass(FRESH_MS)
  for (const node of nodes) t.strictSame([await refresh(node), await introspect(node)], ['invalid_grant', undefined])
  for (const { id } of [rule, closing.rule]) valueOf(await deleteRule(context, id))
  pass(FRESH_MS)
  for (const node of nodes)
    t.strictSame([await refresh(node), await introspect(node)], ['offline_access read write', 'offline_access read write'])
})
