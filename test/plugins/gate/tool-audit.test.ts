// Calls of tools at the gate are kept as far as an operator wants: who, by which client, which tool, how it ended; never arguments.
import t from 'tap'
import type { Test } from 'tap'
import { createPrometheus } from '#src/metrics/prometheus.ts'
import { MOST_PENDING } from '#src/plugins/gate/tool-audit.ts'
import type { TestClient } from '#test/support/api.ts'
import { CALL, createGateScene } from '#test/support/gate/gate.ts'
import type { GateScene } from '#test/support/gate/gate.ts'
import { handOut } from '#test/support/initial-access.ts'

const RULES = {
  tools: [
    { tool: 'delete', scope: 'files:delete' },
    { tool: '*', scope: 'files:read' },
  ],
}
const SCOPES = [
  { name: 'files:read', description: 'Read' },
  { name: 'files:delete', description: 'Delete' },
]

async function scene(t: Test, AUDIT_TOOLS?: string, rules: object | null = RULES): Promise<GateScene> {
  const made = await createGateScene(t, undefined, { env: AUDIT_TOOLS === undefined ? {} : { AUDIT_TOOLS } })
  await made.change({ scopes: SCOPES })
  if (rules !== null) await made.gate(rules)
  return made
}

/** The oldest first, once as many are there. */
async function events({ storage }: GateScene, count: number) {
  for (let tries = 0; ; tries++) {
    const found = (await storage.auditEvents.list({ since: 0, limit: 100 })).filter(({ name }) => name.startsWith('tool.')).reverse()
    if (found.length >= count || tries === 50) return found
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const send = async ({ send }: GateScene, token: string, body: unknown, headers = {}) => {
  const response = await send(token, { body, headers })
  await response.arrayBuffer()
  return response.status
}

t.test('an operator sees which refused calls somebody tried, once with a count, and which tokens allow nothing', async (t) => {
  const made = await scene(t)
  const client = await made.register({ token_endpoint_auth_method: 'none' })
  const reader = await made.token({ client, scopes: ['files:read'] })
  t.equal(await send(made, reader, { ...CALL('delete'), params: { name: 'delete', arguments: { path: '/secret' } } }), 403)
  t.equal(await send(made, reader, CALL('delete')), 403)
  t.equal(await send(made, reader, CALL('read')), 200)
  t.equal(await send(made, await made.token({ client, scopes: ['files:delete'] }), CALL('read')), 403)
  const found = await events(made, 2)
  t.match(found, [
    {
      name: 'tool.denied',
      actor: 'user admin',
      clientId: client.client_id,
      details: { user: 'admin', tool: 'delete', resource: made.address },
      times: 2,
    },
    { name: 'tool.denied', actor: 'user admin', details: { tool: undefined, resource: made.address } },
  ])
  t.equal(found.length, 2)
  t.notMatch(JSON.stringify(found), 'secret')
})

t.test('an operator who wants all calls sees them with their outcome, also where no rule is about tools', async (t) => {
  for (const rules of [RULES, null]) {
    const made = await scene(t, 'all', rules)
    const token = await made.token({ scopes: ['files:read'] })
    t.equal(await send(made, token, [CALL('one', 1), CALL('two', 2), { jsonrpc: '2.0', id: 3, method: 'tools/list' }]), 200)
    t.equal(await send(made, token, { jsonrpc: '2.0', id: 1, method: 'tools/list' }), 200)
    t.equal(await send(made, token, { ...CALL('large'), params: { name: 'large', arguments: { text: 'x'.repeat(100_000) } } }), 200)
    if (rules === null) t.equal(await send(made, token, '"no message"'), 200, 'what is no message passes as ever')
    const found = await events(made, 3)
    t.strictSame(
      found.map(({ name, actor, details: { tool, outcome } }) => [name, actor, tool, outcome]),
      [
        ['tool.called', 'user admin', 'one', '200'],
        ['tool.called', 'user admin', 'two', '200'],
        ['tool.called', 'user admin', 'large', '200'],
      ],
    )
    for (const { details } of found) t.match(details, { ms: Number, resource: made.address })
    t.notMatch(JSON.stringify(found), 'xxxx')
  }
})

t.test('calls of machines, and calls that nobody answers or waits for, are kept as such', async (t) => {
  let isSilent = false
  const made = await createGateScene(
    t,
    ({ socket }, response) => void (isSilent ? response.on('close', () => undefined) : (socket.destroy(), response)),
    { env: { AUDIT_TOOLS: 'all' } },
  )
  const headers = await handOut(made, { name: 'machines', policy: { grantTypes: ['client_credentials'] } })
  const payload = { client_name: 'A machine', grant_types: ['client_credentials'] }
  const machine = (await made.app.inject({ method: 'POST', url: '/register', headers, payload })).json<TestClient>()
  const response = await made.post('/token', {
    grant_type: 'client_credentials',
    resource: made.address,
    client_id: machine.client_id,
    client_secret: machine.client_secret!,
  })
  const { access_token } = response.json<{ access_token: string }>()
  t.equal(await send(made, access_token, CALL('broken')), 502)
  isSilent = true
  const leaving = new AbortController()
  const left = made.send(access_token, { body: CALL('slow'), signal: leaving.signal }).catch(() => undefined)
  while (made.upstream.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5))
  leaving.abort()
  await left
  const found = await events(made, 2)
  t.match(found, [
    { name: 'tool.called', actor: 'client', clientId: machine.client_id, details: { tool: 'broken', outcome: '502' } },
    { name: 'tool.called', actor: 'client', details: { tool: 'slow', outcome: 'gone' } },
  ])
})

t.test('an operator who wants none has none', async (t) => {
  const made = await scene(t, 'off')
  const token = await made.token({ scopes: ['files:read'] })
  t.equal(await send(made, token, CALL('delete')), 403)
  t.equal(await send(made, token, CALL('read')), 200)
  t.strictSame(await events(made, 0), [])
})

t.test('a database that is too slow for all calls loses some of their events, which is counted, and delays none', async (t) => {
  const { meter, text } = createPrometheus('1')
  const made = await createGateScene(t, undefined, { env: { AUDIT_TOOLS: 'all' }, meter })
  const token = await made.token()
  const { auditEvents } = made.storage
  const held: (() => void)[] = []
  auditEvents.insert = () => new Promise((resolve) => held.push(resolve))
  const many = Array.from({ length: MOST_PENDING + 5 }, (_, id) => CALL('read', id))
  t.equal(await send(made, token, many), 200)
  while (held.length < MOST_PENDING) await new Promise((resolve) => setTimeout(resolve, 5))
  t.match(await text(), 'solar_events_total{event="tool.lost"} 5')
  for (const release of held) release()
  auditEvents.insert = () => Promise.reject(new Error('away'))
  t.equal(await send(made, token, CALL('read')), 200)
})
