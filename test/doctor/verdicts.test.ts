/** More ways to get one finding, and changes that lead to none. */
import t from 'tap'
import { breaking, json, page, withHeader, withMembers } from '#test/doctor/fixture-server.ts'
import type { Breakage } from '#test/doctor/fixture-server.ts'
import { allOf, onMethod, redirect, withParameter } from './breakages.ts'
import { obliging, runDoctor } from './run-doctor.ts'
import type { Circumstances } from './run-doctor.ts'
import { createWorld } from './world.ts'
import type { WorldOptions } from './world.ts'

interface Way {
  readonly what: string
  readonly change: Breakage
  readonly world?: WorldOptions
  readonly login?: boolean
  readonly waitMs?: number
  readonly url?: string
  readonly findings: readonly string[]
  readonly says?: RegExp
}

const unchallenged = withHeader('mcp', 'www-authenticate', undefined)
const announced = 'authorization_response_iss_parameter_supported'

const ways: readonly Way[] = [
  {
    what: 'an MCP server that redirects to its address with a slash',
    change: breaking('mcp', () => redirect('https://mcp.example/mcp/', 307)),
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
      url.host === 'auth.example' ? { ...answer, headers: { ...answer.headers, 'access-control-allow-headers': '*' } } : answer,
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
  {
    what: 'an answer without state',
    change: withParameter('state', undefined),
    login: true,
    waitMs: 500,
    findings: ['login-state'],
    says: /no state/,
  },
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
    what: 'a registration that is closed to the login alone',
    change: breaking('register', (answer, { body }) => (body.includes('"Doctor"') ? json(403, {}) : answer)),
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

for (const { what, change, world: options, login, waitMs, url, findings, says } of ways) {
  t.test(`the doctor examines ${what}`, async (t) => {
    const world = createWorld(change, options)
    const circumstances: Circumstances = {
      ...(login && { browser: obliging(world) }),
      ...(waitMs !== undefined && { waitMs }),
      ...(url !== undefined && { url }),
    }
    const { diagnosis, findings: found } = await runDoctor(world, circumstances)
    t.strictSame(found, findings, JSON.stringify(diagnosis.findings))
    if (says) t.match(JSON.stringify(diagnosis.findings), says)
  })
}
