/** The ways in which one finding is met, and what is no finding at all. */
import t from 'tap'
import { type Breakage, breaking, json, page, withHeader, withMembers } from '../verify/fixture-server.ts'
import { type Circumstances, obliging, runDoctor } from './run-doctor.ts'
import { createWorld, type WorldOptions } from './world.ts'

interface Way {
  readonly what: string
  readonly change: Breakage
  readonly world?: WorldOptions
  readonly login?: boolean
  readonly url?: string
  readonly findings: readonly string[]
  readonly says?: RegExp
}

const redirect = (status: number, location: string) => ({ status, headers: { location }, body: '' })
const withParameter = (name: string, value: string | undefined): Breakage =>
  breaking('approve', (answer) => {
    const location = new URL(answer.headers['location']!)
    location.searchParams.delete(name)
    if (value !== undefined) location.searchParams.set(name, value)
    return redirect(302, location.href)
  })
/** Changes what the MCP server answers to a method, once it has taken the token. */
const onMethod = (method: string, result: object | undefined, headers: Record<string, string> = {}): Breakage =>
  breaking('mcp', (answer, asked) => {
    if (asked.headers.authorization === undefined || !asked.body.includes(`"${method}"`)) return answer
    const { id } = JSON.parse(asked.body) as { id: number }
    const came = json(result ? 200 : 401, { jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: 1 } }) })
    return { ...came, headers: { ...came.headers, ...headers } }
  })
const tools = (list: readonly object[] | undefined): Breakage => onMethod('tools/list', { tools: list })
const allOf =
  (...changes: Breakage[]): Breakage =>
  (route, answer, asked, issuer) =>
    changes.reduce<ReturnType<Breakage>>((came, change) => (typeof came === 'string' ? came : change(route, came, asked, issuer)), answer)
const unchallenged = withHeader('mcp', 'www-authenticate', undefined)
const announced = 'authorization_response_iss_parameter_supported'

const ways: readonly Way[] = [
  {
    what: 'an MCP server that redirects to its address with a slash',
    change: breaking('mcp', () => redirect(307, 'https://mcp.example/mcp/')),
    findings: ['mcp-wrong-status'],
    says: /a redirect to https:\/\/mcp\.example\/mcp\/.*behind the redirect/,
  },
  {
    what: 'an address without the path of the MCP endpoint',
    change: breaking('mcp', () => json(404, {})),
    findings: ['mcp-wrong-status'],
    says: /the MCP endpoint itself/,
  },
  {
    what: 'an MCP server whose 401 names no address',
    change: withHeader('mcp', 'www-authenticate', 'Bearer resource_metadata="nowhere"'),
    findings: ['resource-metadata-broken'],
    says: /resource_metadata: \\"nowhere\\" is not an absolute URL/,
  },
  {
    what: 'an MCP server whose 401 names an inner address',
    change: withHeader('mcp', 'www-authenticate', 'Bearer resource_metadata="https://10.0.0.1/metadata"'),
    findings: ['resource-metadata-broken'],
    says: /a private address/,
  },
  {
    what: 'an MCP server that fails where the metadata should be',
    change: allOf(
      unchallenged,
      breaking('resource', () => page(502, 'Bad gateway')),
    ),
    findings: ['resource-metadata-broken'],
    says: /status 502/,
  },
  {
    what: 'an MCP server that drops the connection for its metadata',
    change: breaking('resource', () => 'drop'),
    findings: ['no-answer'],
  },
  {
    what: 'metadata of a server without resource',
    change: withMembers('resource', { resource: undefined }),
    findings: ['resource-other'],
    says: /no resource/,
  },
  {
    what: 'an https MCP server that names an http authorization server',
    change: withMembers('resource', { authorization_servers: ['http://auth.example'] }),
    findings: ['endpoint-plain-http'],
  },
  {
    what: 'an MCP server whose answers no page may read',
    change: withHeader('mcp', 'access-control-allow-origin', undefined),
    findings: ['mcp-browsers'],
    says: /do not allow http:\/\/localhost:6274/,
  },
  {
    what: 'an MCP server that does not expose its challenge',
    change: withHeader('mcp', 'access-control-expose-headers', undefined),
    findings: ['mcp-browsers'],
    says: /Expose-Headers/,
  },
  {
    what: 'an authorization server that drops preflights',
    change: breaking('preflight', (answer, { url }) => (url.pathname === '/token' ? 'drop' : answer)),
    findings: ['preflight-refused'],
    says: /closed the connection/,
  },
  {
    what: 'preflights for one other origin',
    change: breaking('preflight', (answer, { url }) =>
      url.pathname === '/token' ? { ...answer, headers: { 'access-control-allow-origin': 'https://other.example' } } : answer,
    ),
    findings: ['preflight-refused'],
    says: /does not allow http:\/\/localhost:6274/,
  },
  {
    what: 'preflights with an asterisk, which does not cover Authorization',
    change: breaking('preflight', (answer, { url }) =>
      url.host === 'auth.example' ? { ...answer, headers: { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' } } : answer,
    ),
    findings: ['preflight-refused'],
    says: /token does not allow the header authorization"/,
  },
  {
    what: 'preflights without any header',
    change: breaking('preflight', (answer, { url }) =>
      url.host === 'auth.example' ? { ...answer, headers: { 'access-control-allow-origin': 'http://localhost:6274' } } : answer,
    ),
    findings: ['preflight-refused'],
    says: /does not allow the header mcp-protocol-version"/,
  },
  {
    what: 'a registration that needs no redirect URI',
    change: breaking('bad-registration', () => json(201, { client_id: 'careless' })),
    findings: ['registration-error-form'],
    says: /without any redirect URI is registered/,
  },
  {
    what: 'an authorization server that drops a bad registration',
    change: breaking('bad-registration', () => 'drop'),
    findings: ['no-answer'],
  },
  {
    what: 'an authorization server that drops mcp-remote, which asks for JSON',
    change: breaking('authorize', (answer, { headers, url }) =>
      headers.accept === 'application/json' && url.search.includes('21447') ? 'drop' : answer,
    ),
    findings: ['no-answer'],
  },
  { what: 'metadata without scopes', change: withMembers('oauth', { scopes_supported: undefined }), findings: [] },
  { what: 'metadata without methods', change: withMembers('oauth', { token_endpoint_auth_methods_supported: undefined }), findings: [] },
  {
    what: 'a login that ends with an unexplained error',
    change: withParameter('error', 'server_error'),
    login: true,
    findings: ['login-refused'],
    says: /server_error.*without a description/,
  },
  { what: 'an answer without state', change: withParameter('state', undefined), login: true, findings: ['login-state'], says: /no state/ },
  {
    what: 'an answer with another issuer',
    change: withParameter('iss', 'https://other.example'),
    login: true,
    findings: ['login-iss'],
    says: /iss=https:\/\/other\.example/,
  },
  {
    what: 'an answer without an iss that was never announced',
    change: allOf(withParameter('iss', undefined), withMembers('oauth', { [announced]: undefined })),
    login: true,
    findings: ['iss-unannounced'],
  },
  {
    what: 'a registration that is closed to the login, too',
    change: breaking('register', () => json(403, {})),
    login: true,
    findings: ['registration-closed'],
  },
  {
    what: 'a login without an authorization endpoint',
    change: withMembers('oauth', { authorization_endpoint: undefined }),
    login: true,
    findings: ['endpoint-missing'],
  },
  {
    what: 'a token endpoint that fails with a page',
    change: breaking('exchange', () => page(500, 'Oops')),
    login: true,
    findings: ['code-refused'],
    says: /"received":"status 500"/,
  },
  {
    what: 'a token endpoint that answers a code with a page',
    change: breaking('exchange', () => page(200, 'Welcome')),
    login: true,
    findings: ['token-unreadable'],
  },
  { what: 'a token endpoint that drops a code', change: breaking('exchange', () => 'drop'), login: true, findings: ['no-answer'] },
  {
    what: 'a token without aud',
    change: withMembers('exchange', { access_token: 'e30.e30.c2ln' }),
    login: true,
    findings: ['token-audience'],
    says: /aud is absent/,
  },
  { what: 'an opaque token', change: withMembers('exchange', { access_token: 'opaque' }), login: true, findings: [] },
  {
    what: 'a server that gives clients a secret, in the header',
    change: (_, answer) => answer,
    world: { method: 'client_secret_basic' },
    login: true,
    findings: [],
  },
  {
    what: 'a server that gives clients a secret, in the body',
    change: (_, answer) => answer,
    world: { method: 'client_secret_post' },
    login: true,
    findings: [],
  },
  {
    what: 'a server without revocation',
    change: withMembers('oauth', { revocation_endpoint: undefined }),
    login: true,
    findings: [],
  },
  { what: 'an authorization server alone', change: (_, answer) => answer, url: 'https://auth.example', login: true, findings: [] },
  {
    what: 'an MCP server that says why it refuses a token',
    change: onMethod('initialize', undefined, { 'www-authenticate': 'Bearer error="invalid_token"' }),
    login: true,
    findings: ['mcp-refuses-token'],
    says: /status 401, WWW-Authenticate: Bearer error=\\"invalid_token\\", error \{/,
  },
  {
    what: 'an MCP server that drops the connection for its token',
    change: breaking('mcp', (answer, { headers }) => (headers.authorization ? 'drop' : answer)),
    login: true,
    findings: ['no-answer'],
  },
  {
    what: 'an MCP server that takes a token and answers nothing',
    change: breaking('mcp', (answer, { headers }) => (headers.authorization ? json(200, null) : answer)),
    login: true,
    findings: ['mcp-broken'],
  },
  { what: 'an MCP server without sessions', change: withHeader('mcp', 'mcp-session-id', undefined), login: true, findings: [] },
  { what: 'an MCP server whose tools fail', change: onMethod('tools/call', undefined), login: true, findings: ['mcp-refuses-token'] },
]

for (const { what, change, world: options, login, url, findings, says } of ways) {
  t.test(`the doctor judges ${what}`, async (t) => {
    const world = createWorld(change, options)
    const circumstances: Circumstances = { ...(login && { browser: obliging(world) }), ...(url !== undefined && { url }) }
    const { diagnosis, findings: found } = await runDoctor(world, circumstances)
    t.strictSame(found, findings, JSON.stringify(diagnosis.findings))
    if (says) t.match(JSON.stringify(diagnosis.findings), says)
  })
}

for (const [what, list, detail] of [
  ['calls a tool that only reads rather than the first', [{ name: 'write' }, { name: 'read', annotations: { readOnlyHint: true } }], /^read answered$/],
  ['never calls a tool that destroys', [{ name: 'drop', annotations: { destructiveHint: true } }], /^no tool was called: of 1/],
  ['calls no tool that needs arguments', [{ name: 'paint', inputSchema: { required: ['color'] } }], /^no tool was called: of 1/],
  ['calls nothing where there is nothing', undefined, /^no tool was called: of 0/],
] as const) {
  t.test(`the doctor ${what}`, async (t) => {
    const world = createWorld(tools(list))
    const { outcomes } = await runDoctor(world, { browser: obliging(world) })
    t.match(outcomes.find(([title]) => title.includes('a tool answers'))?.[1], { kind: 'passed', detail })
  })
}

t.test('the doctor reads an answer from an event stream that stays open', async (t) => {
  const world = createWorld()
  const streaming: typeof fetch = async (input, init) => {
    const response = await world.fetch(input, init)
    const isAnswer = String(input) === world.mcp && response.status === 200
    if (!isAnswer) return response
    const data = `: hello\r\n\r\nevent: message\r\ndata: not json\r\ndata: ${await response.text()}\r\n\r\n`
    const stream = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from(data)) })
    return new Response(stream, { headers: { 'content-type': 'text/event-stream' } })
  }
  const { findings, outcomes } = await runDoctor({ ...world, fetch: streaming }, { browser: obliging(world) })
  t.strictSame(findings, [])
  t.match(outcomes.find(([title]) => title.includes('a tool answers'))?.[1], { detail: 'whoami answered' })
})

t.test('an authorization server that shares its address with the metadata of an MCP server is still one', async (t) => {
  const issuer = 'https://both.example'
  const world = createWorld((_, answer) => answer, { mcp: `${issuer}/mcp`, issuer })
  const shared: typeof fetch = (input, init) =>
    world.fetch(String(input).replace(/oauth-protected-resource$/, 'oauth-protected-resource/mcp'), init)
  const { diagnosis } = await runDoctor({ ...world, fetch: shared }, { url: issuer })
  t.match(diagnosis, { kind: 'authorization-server', issuer, findings: [] })
})

// THREATS.md T2
for (const route of ['resource', 'oauth', 'jwks', 'authorize', 'login'] as const) {
  t.test(`a public server whose ${route} redirects inside is not followed there`, async (t) => {
    const world = createWorld(breaking(route, () => redirect(302, 'http://169.254.169.254/latest/meta-data')))
    await runDoctor(world)
    t.strictSame(world.asked.filter(([, { url }]) => url.hostname === '169.254.169.254'), [])
  })
}

t.test('a person who presses Ctrl-C ends the examination, and nothing is left behind', async (t) => {
  const world = createWorld()
  const interruption = new AbortController()
  const interrupting: typeof fetch = (input, init) => {
    if (String(input).endsWith('/token')) interruption.abort()
    return world.fetch(input, init)
  }
  const { outcomes } = await runDoctor({ ...world, fetch: interrupting }, { signal: interruption.signal, browser: () => t.fail('asked to log in') })
  t.notOk(outcomes.some(([title]) => title.startsWith('ChatGPT')))
  t.equal(outcomes.at(-1)?.[0], 'The registered client is deleted again')
  t.equal(world.clients.size, 0)
})

t.test('a person who presses Ctrl-C instead of logging in is waited for no longer', async (t) => {
  const world = createWorld()
  const interruption = new AbortController()
  const { findings, diagnosis } = await runDoctor(world, { signal: interruption.signal, browser: () => interruption.abort() })
  t.strictSame(findings, ['login-unfinished'])
  t.match(JSON.stringify(diagnosis.findings), 'the end of the examination')
  t.equal(world.clients.size, 0)
})

t.test('a server that does not let clients go is told which ones stay', async (t) => {
  const world = createWorld(withMembers('register', { registration_client_uri: undefined, registration_access_token: undefined }))
  const { diagnosis, findings } = await runDoctor(world)
  t.strictSame(findings, [])
  t.strictSame([...diagnosis.left].sort(), [...world.clients.keys()].sort())
  t.equal(diagnosis.left.length, 9)
})

t.test('an examination ends after so many requests, and after so much time', async (t) => {
  const loop = breaking('authorize', (_, { url }) => redirect(302, url.href))
  const slow = createWorld(loop)
  let clock = 0
  const { findings, outcomes } = await runDoctor(slow, { now: () => (clock += 20_000) })
  t.equal(findings[0], 'too-slow')
  t.match(JSON.stringify(outcomes), 'ended after 120 s')
  const many = createWorld()
  const { boundSend } = await import('../../src/doctor/bounds.ts')
  const { buildSend } = await import('../../src/verify/http.ts')
  const { send, answered } = boundSend(buildSend(many.fetch, 1000), () => 0)
  t.equal(answered(), false)
  for (let i = 0; i < 150; i++) t.ok((await send({ url: `${many.issuer}/jwks` })).ok)
  t.match(await send({ url: `${many.issuer}/jwks` }), { ok: false, noReply: { finding: 'too-slow', sentence: /150 requests/ } })
  t.equal(many.asked.length, 150)
})

t.test('where nothing answers, nothing is claimed to be checked', async (t) => {
  const world = createWorld(() => 'drop')
  const { diagnosis, findings } = await runDoctor(world)
  t.equal(diagnosis.checked, false)
  t.strictSame(findings, ['no-answer'])
})
