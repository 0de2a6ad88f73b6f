// Access rules where another proxy asks: they count at every question, and their denials are kept as those of the gate are.
import t from 'tap'
import type { Test } from 'tap'
import { MULTI_FACTOR } from '#src/domain/authorization/authentication.ts'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import { addMachine, addRule } from '#test/support/access.ts'
import { RESOURCE, createForwardAuth } from '#test/support/gate/forward-auth.ts'

const MODERN = { 'mcp-protocol-version': '2026-07-28', 'mcp-method': 'tools/call' }
const NOBODY = { kind: 'user', userId: 'nobody' } as const

async function createScene(t: Test) {
  const made = await createForwardAuth(t)
  const { storage, change } = made
  await change(
    { scopes: ['use', 'move', 'drop'].map((name) => ({ name, description: name })) },
    {
      validatesHeaders: true,
      tools: [
        { tool: 'move', scope: 'move' },
        { tool: 'drop', scope: 'drop' },
        { tool: '*', scope: 'use' },
      ],
    },
  )
  const { id } = (await storage.resources.findByIdentifier(RESOURCE))!
  /** The oldest first. */
  const events = async (name: string, count: number) => {
    for (let tries = 0; ; tries++) {
      const found = (await storage.auditEvents.list({ since: 0, limit: 100 })).filter((event) => event.name === name).reverse()
      if (found.length >= count || tries === 50) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  return {
    ...made,
    events,
    rule: (...[effect, changes]: [Parameters<typeof addRule>[2], Parameters<typeof addRule>[3]?]) => addRule(made, id, effect, changes),
    token: (...scopes: string[]) =>
      made.token(
        RESOURCE,
        scopes.map((scope) => permissionAt(scope, RESOURCE)),
      ),
    call: (token: string, tool: string) => made.ask(token, { headers: { ...MODERN, 'mcp-name': tool } }),
  }
}

t.test('a tool that a rule denies is refused without a challenge, and its rule is named to the operator alone', async (t) => {
  const { token, call, rule, events } = await createScene(t)
  const access = await token('use', 'move')
  t.equal((await call(access, 'move')).statusCode, 200)
  t.match(await call(access, 'drop'), { statusCode: 403, headers: { 'www-authenticate': /scope="use move drop"/ } }, 'it may ask for that')
  t.same(await events('access.denied', 0), [])
  const { id } = await rule('deny', { scopes: ['move', 'drop'] })
  for (const tool of ['move', 'drop']) {
    const refused = await call(access, tool)
    t.equal(refused.statusCode, 403)
    t.equal(refused.headers['www-authenticate'], undefined, 'it could ask for ever')
    t.notMatch(refused.body, /rule|move|drop/)
  }
  t.equal((await call(access, 'look')).statusCode, 200)
  t.match(await events('access.denied', 2), [
    { actor: 'user admin', clientId: String, details: { denial: new RegExp(`^move at .*: denied by rule ${id}$`) } },
    { details: { denial: /^drop at/ } },
  ])
  t.match(await events('tool.denied', 2), [
    { actor: 'user admin', details: { tool: 'drop', resource: RESOURCE } },
    { details: { tool: 'move', resource: RESOURCE } },
  ])
})

t.test('a resource that is closed to somebody is refused as a whole, a machine under its own name', async (t) => {
  const scene = await createScene(t)
  const { ask, token, rule, events, post } = scene
  const access = await token('use')
  const machine = await addMachine(scene)
  const issued = await post('/token', { grant_type: 'client_credentials', resource: RESOURCE, scope: 'use', ...machine })
  const its = issued.json<{ access_token: string }>().access_token
  for (const each of [access, its]) t.equal((await ask(each, { headers: { 'x-forwarded-method': 'GET' } })).statusCode, 200)
  await rule('allow', { who: NOBODY })
  for (const each of [access, its]) {
    const refused = await ask(each)
    t.strictSame([refused.statusCode, refused.headers['www-authenticate']], [403, undefined])
  }
  t.match(await events('access.denied', 2), [{ actor: 'user admin' }, { actor: 'client', clientId: machine.client_id }])
})

t.test('a token without the scope that every request needs is kept as denied, without a tool', async (t) => {
  const { ask, token, events, rule } = await createScene(t)
  const access = await token('move')
  t.match(await ask(access), { statusCode: 403, headers: { 'www-authenticate': /insufficient_scope.*scope="move use"/ } })
  t.match(await events('tool.denied', 1), [{ details: { resource: RESOURCE, tool: undefined } }])
  await rule('deny', { scopes: ['use'] })
  t.match(await ask(access), { statusCode: 403, headers: { 'www-authenticate': undefined } })
})

t.test('a rule that asks for a stronger login makes a challenge for it', async (t) => {
  const { call, token, rule } = await createScene(t)
  const access = await token('use', 'move')
  await rule('allow', { scopes: ['use'] })
  await rule('allow', { scopes: ['move'], acr: MULTI_FACTOR })
  t.equal((await call(access, 'look')).statusCode, 200)
  const stronger = new RegExp(`insufficient_user_authentication".*acr_values="${MULTI_FACTOR}", scope="move"`)
  t.match(await call(access, 'move'), { statusCode: 401, headers: { 'www-authenticate': stronger } })
  const { ask: askThere, rule: require, token: issue } = await createScene(t)
  const whole = await issue('use')
  await require('allow', { acr: MULTI_FACTOR })
  t.match(await askThere(whole), { statusCode: 401, headers: { 'www-authenticate': new RegExp(`acr_values="${MULTI_FACTOR}"$`) } })
})
