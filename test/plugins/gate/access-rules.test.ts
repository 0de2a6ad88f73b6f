// Access rules at the gate: they count at every request, and a client is challenged only for what it could get.
import t from 'tap'
import { addMachine, makeRule } from '#test/support/access.ts'
import { CALL, createGateScene } from '#test/support/gate/gate.ts'
import type { AccessRule } from '#src/domain/access/access-rule.ts'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'

const SCOPES = ['use', 'move', 'drop'].map((name) => ({ name, description: name }))
const TOOLS = [
  { tool: 'move', scope: 'move' },
  { tool: 'drop', scope: 'drop' },
  { tool: '*', scope: 'use' },
]

async function createScene(...[t, ...options]: Parameters<typeof createGateScene>) {
  const scene = await createGateScene(t, ...options)
  const { storage, clock, address } = scene
  await scene.change({ scopes: SCOPES })
  await scene.gate({ tools: TOOLS })
  const { id } = (await storage.resources.findByIdentifier(address))!
  const rule = async (effect: AccessRule['effect'], changes: Partial<AccessRule> = {}) => {
    const made = makeRule(id, effect, changes)
    await storage.accessRules.insert(made)
    clock.now += FRESH_MS
    return made
  }
  const denials = async () => (await storage.auditEvents.list({ since: 0, limit: 100 })).filter(({ name }) => name === 'access.denied')
  return { ...scene, rule, denials }
}

t.test('a tool that a rule denies is refused without a challenge, and its rule is named to the operator alone', async (t) => {
  const { token, send, rule, denials } = await createScene(t)
  const access = await token({ scopes: ['use', 'move'] })
  t.equal((await send(access, { body: CALL('move') })).status, 200)
  const lacking = await send(access, { body: CALL('drop') })
  t.equal(lacking.status, 403)
  t.match(lacking.headers.get('www-authenticate'), /error="insufficient_scope".*scope="use move drop"/, 'which it may ask for')
  const { id } = await rule('deny', { scopes: ['move', 'drop'] })
  for (const tool of ['move', 'drop']) {
    const refused = await send(access, { body: CALL(tool, 7) })
    t.equal(refused.status, 403)
    t.equal(refused.headers.get('www-authenticate'), null, 'it could ask for ever')
    t.strictSame(await refused.json(), { jsonrpc: '2.0', id: 7, error: { code: -32_000, message: 'this account may not do that here' } })
  }
  t.equal((await send(access, { body: CALL('look') })).status, 200)
  t.match(await denials(), [
    { actor: 'user admin', clientId: String, details: { denial: new RegExp(`^drop at .*: denied by rule ${id}$`) } },
    { details: { denial: /^move at/ } },
  ])
})

t.test('a resource that is closed to somebody is refused as a whole', async (t) => {
  const { token, send, rule, upstream } = await createScene(t)
  const access = await token({ scopes: ['use', 'move'] })
  await rule('allow', { who: { kind: 'user', userId: 'nobody' } })
  const refused = await send(access)
  t.strictSame([refused.status, refused.headers.get('www-authenticate')], [403, null])
  t.equal(upstream.requests.length, 0)
})

t.test('the scope that every request needs is denied by a rule', async (t) => {
  const { token, send, rule } = await createScene(t)
  const access = await token({ scopes: ['use', 'move'] })
  await rule('deny', { scopes: ['use'] })
  const refused = await send(access)
  t.strictSame([refused.status, refused.headers.get('www-authenticate')], [403, null])
})

t.test('a stream ends once the rules take away what it began with', async (t) => {
  for (const lasting of [false, true]) {
    const scene = await createScene(t, (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
    })
    const { token, send, rule, clock } = scene
    const access = await token({ scopes: ['use', 'move'] })
    const response = await send(access, { body: CALL('move') })
    const reader = response.body!.getReader()
    await rule('deny', { scopes: ['move'] })
    // An answer may go on for a while after its token expired, but not without a right.
    clock.now += lasting ? 3_600_000 + 60_000 : 60_000
    let ended = false
    while (!ended) ended = (await reader.read()).done
    t.ok(ended)
  }
})

t.test('a machine that acts for itself is denied under its own name', async (t) => {
  const scene = await createScene(t)
  const { send, rule, denials, address, post } = scene
  const machine = await addMachine(scene)
  const form = { grant_type: 'client_credentials', resource: address, ...machine }
  const { access_token } = (await post('/token', form)).json<{ access_token: string }>()
  t.equal((await send(access_token)).status, 200)
  await rule('allow', { who: { kind: 'user', userId: 'nobody' } })
  t.equal((await send(access_token)).status, 403)
  t.match(await denials(), [{ actor: 'client', clientId: machine.client_id }])
})
