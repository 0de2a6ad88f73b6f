import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { boundSend } from '#src/doctor/probe/bounds.ts'
import { buildSend } from '#src/doctor/probe/http.ts'
import { breaking, json, withMembers } from '#test/doctor/fixture-server.ts'
import { redirect } from './breakages.ts'
import { obliging, runDoctor } from './run-doctor.ts'
import { createWorld } from './world.ts'

t.test('a developer whose MCP server is right reads that every client works, and nothing is left behind', async (t) => {
  const world = createWorld()
  const { diagnosis, findings, stopped, outcomes } = await runDoctor(world)
  t.strictSame(findings, [], JSON.stringify(diagnosis.findings))
  t.strictSame(stopped, [])
  t.strictSame(
    outcomes.filter(([, { kind }]) => kind === 'skipped'),
    [],
  )
  t.match(diagnosis, { kind: 'mcp-server', issuer: world.issuer, checked: true, remainingClients: [] })
  t.equal(diagnosis.clients.length, 12)
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
  t.match(
    outcomes.find(([title]) => title.includes('a tool answers')),
    [String, { kind: 'passed', detail: 'whoami answered' }],
  )
  t.match(said, [/^Log in with your browser: https:\/\/auth\.example\/authorize\?/])
  t.equal(world.clients.size, 0)
  t.ok(
    world.asked.some(([route]) => route === 'revoke'),
    'the tokens are given back',
  )
  t.ok(
    world.asked.some(([route, { method }]) => route === 'mcp' && method === 'DELETE'),
    'the session is ended',
  )
})

t.test('an authorization server that shares its address with the metadata of an MCP server is still one', async (t) => {
  const issuer = 'https://both.example'
  const world = createWorld((_, answer) => answer, { mcp: `${issuer}/mcp`, issuer })
  const shared: typeof fetch = (input, init) =>
    world.fetch(String(input).replace(/oauth-protected-resource$/, 'oauth-protected-resource/mcp'), init)
  const { diagnosis } = await runDoctor({ ...world, fetch: shared }, { url: issuer })
  t.match(diagnosis, { kind: 'authorization-server', issuer, findings: [] })
})

t.test('an MCP server that answers 400 is one, even where metadata of the root answer for its path', async (t) => {
  const mcp = 'https://both.example/mcp'
  for (const issuer of ['https://both.example', 'https://both.example/', undefined, ['https://both.example/mcp']]) {
    const world = createWorld(
      (route, answer, asked, own) => {
        if (route === 'mcp') return json(400, { error: 'bad_request' })
        const isInserted = asked.url.pathname === '/.well-known/oauth-authorization-server/mcp'
        return isInserted ? json(200, { issuer, token_endpoint: `${own}/token` }) : answer
      },
      { mcp, issuer: 'https://both.example' },
    )
    const { diagnosis, findings } = await runDoctor(world)
    t.equal(diagnosis.kind, 'mcp-server')
    t.ok(findings.includes('mcp-wrong-status'))
  }
})

// threat-model.md T2
for (const route of ['resource', 'oauth', 'jwks', 'authorize', 'login'] as const) {
  t.test(`a public server whose ${route} redirects to a private address is not followed there`, async (t) => {
    const world = createWorld(breaking(route, () => redirect('http://169.254.169.254/latest/meta-data')))
    await runDoctor(world)
    t.strictSame(
      world.asked.filter(([, { url }]) => url.hostname === '169.254.169.254'),
      [],
    )
  })
}

t.test('a developer who presses Ctrl-C ends the examination, and nothing is left behind', async (t) => {
  const world = createWorld()
  const interruption = new AbortController()
  const interrupting: typeof fetch = (input, init) => {
    if (String(input).endsWith('/token')) interruption.abort()
    return world.fetch(input, init)
  }
  const interrupted = { ...world, fetch: interrupting }
  const { outcomes } = await runDoctor(interrupted, { signal: interruption.signal, browser: () => t.fail('asked to log in') })
  t.notOk(outcomes.some(([title]) => title.startsWith('ChatGPT')))
  t.equal(outcomes.at(-1)?.[0], 'The registered client is deleted again')
  t.equal(world.clients.size, 0)
})

t.test('the doctor stops waiting for a login when the developer presses Ctrl-C', async (t) => {
  const world = createWorld()
  const interruption = new AbortController()
  const { findings, diagnosis } = await runDoctor(world, { signal: interruption.signal, browser: () => interruption.abort() })
  t.strictSame(findings, ['login-unfinished'])
  t.match(JSON.stringify(diagnosis.findings), 'the end of the examination')
  t.equal(world.clients.size, 0)
})

t.test('the doctor waits for a login as long as it should, even if garbage is collected meanwhile', { timeout: 20_000 }, async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const collecting = setInterval(collect, 5)
  t.teardown(() => clearInterval(collecting))
  const { findings } = await runDoctor(createWorld(), { waitMs: 200, browser: () => undefined })
  t.strictSame(findings, ['login-unfinished'])
})

t.test('a developer whose server does not delete clients reads which ones stay', async (t) => {
  const world = createWorld(withMembers('register', { registration_client_uri: undefined, registration_access_token: undefined }))
  const { diagnosis, findings } = await runDoctor(world)
  t.strictSame(findings, [])
  t.strictSame([...diagnosis.remainingClients].sort(), [...world.clients.keys()].sort())
  t.equal(diagnosis.remainingClients.length, 13)
})

t.test('an examination ends after a number of requests, and after a time', async (t) => {
  const loop = breaking('authorize', (_, { url }) => redirect(url.href))
  const slow = createWorld(loop)
  let clock = 0
  const { findings, outcomes } = await runDoctor(slow, { now: () => (clock += 20_000) })
  t.equal(findings[0], 'too-slow')
  t.match(JSON.stringify(outcomes), 'ended after 120 s')
  const many = createWorld()
  const { send, answered } = boundSend(buildSend(many.fetch, 1000), () => 0)
  t.equal(answered(), false)
  for (let i = 0; i < 150; i++) t.ok((await send({ url: `${many.issuer}/jwks` })).ok)
  t.match(await send({ url: `${many.issuer}/jwks` }), { ok: false, noReply: { finding: 'too-slow', sentence: /150 requests/ } })
  t.equal(many.asked.length, 150)
})

t.test('where nothing answers, the doctor does not claim to have checked anything', async (t) => {
  const world = createWorld(() => 'drop')
  const { diagnosis, findings } = await runDoctor(world)
  t.equal(diagnosis.checked, false)
  t.strictSame(findings, ['no-answer'])
})
