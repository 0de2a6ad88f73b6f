import t from 'tap'
import { obliging, runDoctor } from './run-doctor.ts'
import { createWorld } from './world.ts'

t.test('a developer whose MCP server is right reads that every client works, and nothing is left behind', async (t) => {
  const world = createWorld()
  const { diagnosis, findings, stopped, outcomes } = await runDoctor(world)
  t.strictSame(findings, [], JSON.stringify(diagnosis.findings))
  t.strictSame(stopped, [])
  t.strictSame(outcomes.filter(([, { kind }]) => kind === 'skipped'), [])
  t.match(diagnosis, { kind: 'mcp-server', issuer: world.issuer, checked: true, left: [] })
  t.equal(diagnosis.clients.length, 8)
  t.equal(world.clients.size, 0)
  const resources = world.asked.filter(([route]) => route === 'authorize').map(([, { url }]) => url.searchParams.get('resource'))
  t.strictSame([...new Set(resources)], [world.mcp])
})

t.test('a developer who gives the authorization server reads the same', async (t) => {
  const world = createWorld()
  const { diagnosis, findings } = await runDoctor(world, { url: world.issuer })
  t.strictSame(findings, [])
  t.match(diagnosis, { kind: 'authorization-server', issuer: world.issuer })
})

t.test('a developer who logs in reads that a tool answered', async (t) => {
  const world = createWorld()
  const { findings, outcomes, said, diagnosis } = await runDoctor(world, { browser: obliging(world) })
  t.strictSame(findings, [], JSON.stringify(diagnosis.findings))
  t.match(outcomes.find(([title]) => title.includes('a tool answers')), [String, { kind: 'passed', detail: 'whoami answered' }])
  t.match(said, [/^Log in with your browser: https:\/\/auth\.example\/authorize\?/])
  t.equal(world.clients.size, 0)
  t.ok(world.asked.some(([route]) => route === 'revoke'), 'the tokens are given back')
  t.ok(world.asked.some(([route, { method }]) => route === 'mcp' && method === 'DELETE'), 'the session is ended')
})
