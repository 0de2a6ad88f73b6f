// `protect`, and what `resource` says about the gate: kept as references, and refused with a sentence.
import t from 'tap'
import type { Test } from 'tap'
import { answerOk, startUpstream } from '#test/support/gate/gate.ts'
import { spawnNode } from '#test/support/processes/processes.ts'
import { openTerminal } from './terminal/terminal.ts'
import type { Terminal } from './terminal/terminal.ts'

const URI = 'http://localhost:8000/mcp'
const UPSTREAM = 'http://localhost:3001/mcp'
const find = ({ look }: Terminal, identifier = URI) => look(({ resources }) => resources.findByIdentifier(identifier))

async function refused(t: Test, terminal: Terminal, words: string, reason: RegExp): Promise<void> {
  const { code, errors } = await terminal.pipe(words)
  t.equal(code, 1, words)
  t.match(errors, reason, words)
}

t.test('an operator who protects what can not be protected reads why, and nothing is registered', async (t) => {
  const terminal = openTerminal(t)
  await refused(t, terminal, 'protect ftp://x', /must be an http or https URL/)
  await refused(t, terminal, 'protect http://user:secret@localhost:3001/mcp', /without user name/)
  await refused(t, terminal, 'protect http://localhost:3001/mcp#x', /without fragment/)
  for (const path of [
    '/account',
    '/admin',
    '/login',
    '/.well-known',
    '/forward-auth',
    '/register',
    '/Token/x',
    '/.well-known/x',
    '/assets/x',
  ])
    await refused(t, terminal, `protect ${UPSTREAM} --at ${path}`, /is taken: this server has addresses of its own/)
  for (const path of ['/', 'mcp', '/a//b', '/a/', '/a/../b', '/%61', '/a b'])
    await refused(t, terminal, `protect ${UPSTREAM} --at "${path}"`, /must begin with a slash/)
  await refused(t, terminal, 'protect http://localhost:3001/login/x', /The path \/login\/x is taken/)
  await refused(t, terminal, `protect ${UPSTREAM} ${UPSTREAM}`, /two MCP servers at \/mcp/)
  await refused(t, terminal, `protect ${UPSTREAM} /b=${UPSTREAM} --name x`, /for one MCP server/)
  await refused(t, terminal, `protect ${UPSTREAM} --upstream-header "X-Key: k3y"`, /env:VARIABLE or file:PATH .* is never kept\.$/m)
  await refused(t, terminal, `protect ${UPSTREAM} --tool a=b`, /needs the scope b, which the resource doesn't have/)
  t.same(await terminal.look(({ resources }) => resources.list()), [])
})

t.test('what an operator says with protect is kept, and the address is that of the run', async (t) => {
  const upstream = await startUpstream(t, answerOk)
  const cwd = t.testdir()
  const more = [
    '--name',
    'My tools',
    '--scope',
    'use=Use them',
    '--tool',
    '*=use',
    '--identity',
    'headers',
    '--upstream-header',
    'X-Key: env:KEY',
  ]
  for (const [words, name] of [
    [more, 'My tools'],
    [['--name', 'Renamed'], 'Renamed'],
    [[], 'Renamed'],
  ] as const) {
    const env = { PORT: '18473', KEY: 'k' }
    // Only this start changes a resource that is known, without its gate.
    const counts = words[1] === 'Renamed'
    const running = spawnNode(t, 'src/cli.ts', ['protect', upstream.url, ...words], { cwd, env, counts })
    await running.printed('is the issuer')
    const metadata = await fetch('http://localhost:18473/.well-known/oauth-protected-resource/mcp')
    t.match(await metadata.json(), { resource: 'http://localhost:18473/mcp', resource_name: name, scopes_supported: ['use'] })
    running.child.kill('SIGTERM')
    await running.ended
  }
  const terminal = openTerminal(t, { DATABASE_URL: `sqlite:${cwd}/data/solar-system.db` })
  const kept = {
    identity: 'headers',
    headers: [{ name: 'X-Key', value: 'env:KEY' }],
    tools: [{ tool: '*', scope: 'use' }],
    upstream: undefined,
  }
  t.match((await find(terminal, 'http://localhost:18473/mcp'))!.gate, kept)
  const { output } = await terminal.pipe('resource show http://localhost:18473/mcp')
  t.match(output, /Upstream.*given at the start \(protect\)/)
})

t.test('an operator registers an MCP server with what is behind it, changes that, and ends it', async (t) => {
  const terminal = openTerminal(t)
  const { pipe } = terminal
  const scopes = '--scope "use=Use" --scope "delete=Delete"'
  const rules =
    '--tool "rm=delete" --tool "a=b=use" --upstream-header "X-Key: env:KEY" --upstream-header "Authorization: Bearer file:/run/key"'
  t.match(await pipe(`resource add ${URI} --upstream ${UPSTREAM} ${scopes} ${rules} --identity ASSERTION`), { code: 0 })
  const gate = {
    upstream: UPSTREAM,
    identity: 'assertion',
    headers: [
      { name: 'X-Key', value: 'env:KEY' },
      { name: 'Authorization', value: 'Bearer file:/run/key' },
    ],
    tools: [
      { tool: 'rm', scope: 'delete' },
      { tool: 'a=b', scope: 'use' },
    ],
  }
  t.same((await find(terminal))!.gate, gate)
  const shown = await pipe(`resource show ${URI}`)
  for (const text of [UPSTREAM, 'assertion', 'X-Key: env:KEY', 'rm=delete']) t.match(shown.output, text)
  t.match(JSON.parse((await pipe(`resource show ${URI} --json`)).output), { gate: { upstream: UPSTREAM } })
  await pipe(`resource update ${URI} --upstream http://localhost:3002/ --name Tools`)
  t.match(await find(terminal), { name: 'Tools', gate: { ...gate, upstream: 'http://localhost:3002/' } })
  await pipe(`resource update ${URI} --tool "" --upstream-header ""`)
  t.match((await find(terminal))!.gate, { tools: [], headers: [], identity: 'assertion' })
  await pipe(`resource update ${URI} --upstream ""`)
  t.equal((await find(terminal))!.gate, undefined)
  const events = JSON.parse((await pipe('audit list --json')).output) as { details: Record<string, unknown> }[]
  t.match(events.map(({ details }) => JSON.stringify(details)).join(), /"upstream_headers":.*X-Key: env:KEY/)
})

t.test('rules that can not hold are refused, and the resource is as before', async (t) => {
  const terminal = openTerminal(t)
  const add = (words: string, uri = URI) => `resource add ${uri} --scope use=Use ${words}`
  const cases: [string, RegExp][] = [
    [add('--upstream nonsense'), /--upstream must be an http or https URL/],
    [add('--identity all'), /--identity must be one of none, headers, assertion/],
    [add('--tool rm'), /--tool must be TOOL=SCOPE/],
    [add('--tool =use'), /--tool must be TOOL=SCOPE/],
    [add('--tool rm='), /--tool must be TOOL=SCOPE/],
    [add('--tool rm=use --tool rm=use'), /The tool rm appears twice/],
    [add('--tool rm=other'), /needs the scope other/],
    [add('--upstream-header nonsense'), /must be 'NAME: env:VARIABLE'/],
    [add('--upstream-header "Host: env:X"'), /must not set Host/],
    [add('--upstream-header "X-Key: env:A" --upstream-header "x-key: env:B"'), /The header x-key appears twice/],
    [add(`--upstream ${UPSTREAM}`, 'http://localhost:8000/login'), /is taken/],
    [add(`--upstream ${UPSTREAM}`, 'http://localhost:8000/'), /would hide this server/],
    [add(`--upstream ${UPSTREAM}`, 'http://localhost:8000/mcp?x=1'), /has a query/],
    [add(`--upstream ${UPSTREAM}`, 'https://mcp.example.com/token'), /is taken/],
  ]
  for (const [words, reason] of cases) await refused(t, terminal, words, reason)
  t.same(await terminal.look(({ resources }) => resources.list()), [])
  t.match(await terminal.pipe(add(`--upstream ${UPSTREAM}`, 'https://mcp.example.com/')), { code: 0 })
})

t.test('an issuer with a path keeps what is below it and above it', async (t) => {
  const terminal = openTerminal(t, { ISSUER: 'https://example.com/a/b', ADMIN_PASSWORD: 'a long passphrase of theirs' })
  const add = (path: string) => `resource add https://example.com${path} --upstream ${UPSTREAM}`
  for (const path of ['/a', '/a/b', '/a/b/', '/']) await refused(t, terminal, add(path), /would hide this server/)
  for (const path of ['/a/b/login', '/.well-known/x']) await refused(t, terminal, add(path), /is taken/)
  for (const path of ['/a/b/mcp', '/a/c', '/mcp']) t.match(await terminal.pipe(add(path)), { code: 0 }, path)
})

/** An MCP server with these tools, a page each; it has sessions, or wants a key. */
const toolServer = (pages: string[][], key?: string) =>
  ((request, response) => {
    const { id, method, params } = JSON.parse(request.text) as { id?: number; method: string; params?: { cursor?: string } }
    if (key !== undefined && request.headers['x-key'] !== key) return void response.writeHead(401).end()
    if (method !== 'initialize' && request.headers['mcp-session-id'] !== 's') return void response.writeHead(404).end()
    if (id === undefined) return void response.writeHead(202).end()
    const page = Number(params?.cursor ?? 0)
    const list = { tools: (pages[page] ?? []).map((name) => ({ name })), ...(page + 1 < pages.length && { nextCursor: String(page + 1) }) }
    const result =
      method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 'x', version: '1' } } : list
    response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' })
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  }) as typeof answerOk

t.test('an operator sees which scope covers which tool, and keeps it', async (t) => {
  const { url } = await startUpstream(t, toolServer([['rm', 'ls'], ['cat']], 'k3y'))
  const terminal = openTerminal(t, { KEY: 'k3y' })
  const { pipe } = terminal
  await pipe(`resource add ${URI} --upstream ${url} --scope use=Use --scope delete=Delete --upstream-header "X-Key: env:KEY"`)
  t.match((await pipe(`resource sync ${URI}`)).output, /cat +│ use.*ls +│ use.*rm +│ use/s)
  await pipe(`resource update ${URI} --tool rm=delete --tool old=delete`)
  t.match((await pipe(`resource sync ${URI}`)).output, /cat +│ none: it is refused/)
  await pipe(`resource update ${URI} --tool rm=delete --tool old=delete --tool *=use`)
  t.same(JSON.parse((await pipe(`resource sync ${URI} --json`)).output), [
    { tool: 'cat', scope: 'use' },
    { tool: 'ls', scope: 'use' },
    { tool: 'rm', scope: 'delete' },
  ])
  t.match(await pipe(`resource sync ${URI} --write`), { code: 0, errors: 'Kept: 4 rules. Every other tool is refused.\n' })
  const kept = (await find(terminal))!.gate!.tools.map(({ tool, scope }) => `${tool}=${scope}`)
  t.same(kept, ['old=delete', 'cat=use', 'ls=use', 'rm=delete'])
  await pipe(`resource update ${URI} --tool rm=delete`)
  t.match((await pipe(`resource sync ${URI} --write`)).errors, 'Kept: 1 rules. Every other tool is refused, also 2 of these.')
  await pipe(`resource update ${URI} --scope-tool use=cat --scope-tool delete=cat`)
  const { errors } = await pipe(`resource sync ${URI}`)
  t.match(errors, /^No scope unlocks: ls\. Say which/)
  t.match(errors, /Several scopes unlock: cat\. The gate asks for the first of them\.\n$/)
})

t.test('an operator whose server can not be asked reads why', async (t) => {
  const { url } = await startUpstream(t, toolServer([['a']]))
  const mute = await startUpstream(t, answerOk)
  const terminal = openTerminal(t)
  await terminal.pipe(`resource add ${URI}`)
  await refused(t, terminal, `resource sync ${URI}`, /say it here, too, with --upstream/)
  await refused(t, terminal, `resource sync ${URI} --upstream nonsense`, /--upstream must be/)
  await refused(t, terminal, `resource sync ${URI} --upstream http://localhost:1/`, /can't be asked/)
  await refused(t, terminal, `resource sync ${URI} --upstream ${url} --write`, /has no scope that a tool could need/)
  t.match((await terminal.pipe(`resource sync ${URI} --upstream ${url}`)).output, /a +│ none needed/)
  t.match((await terminal.pipe(`resource sync ${URI} --upstream ${mute.url}`)).output, /Tool/, 'no tools')
  await terminal.pipe(`resource update ${URI} --upstream ${url} --upstream-header "X-Key: env:NOTHING"`)
  await refused(t, terminal, `resource sync ${URI}`, /The header X-Key has no value: env:NOTHING leads to nothing here/)
})

t.test('a server that goes on for ever, or answers something else, is left', async (t) => {
  const endless = await startUpstream(t, toolServer(Array.from({ length: 150 }, (_, index) => [`tool-${index}`])))
  const odd = await startUpstream(t, (_request, response) => void response.writeHead(500).end('{}'))
  const terminal = openTerminal(t)
  await terminal.pipe(`resource add ${URI}`)
  t.equal((JSON.parse((await terminal.pipe(`resource sync ${URI} --upstream ${endless.url} --json`)).output) as unknown[]).length, 100)
  await refused(t, terminal, `resource sync ${URI} --upstream ${odd.url}`, /answered 500 to initialize/)
})
