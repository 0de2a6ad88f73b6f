/** One broken world for each finding: what breaks it, and which clients that stops. Tests and documents must agree with it. */
import type { FindingId } from '#src/doctor/findings.ts'
import { breaking, json, page, withHeader, withMembers } from '#test/doctor/fixture-server.ts'
import type { Asked, Breakage } from '#test/doctor/fixture-server.ts'
import { allOf, onMethod, redirect, withParameter } from './breakages.ts'
import type { Circumstances } from './run-doctor.ts'
import type { WorldOptions } from './world.ts'

export const EVERYONE = [
  'chatgpt',
  'claude',
  'grok',
  'claude-code',
  'codex',
  'copilot-cli',
  'cursor',
  'vscode',
  'gemini-cli',
  'opencode',
  'mcp-remote',
  'inspector',
]
const SDK = ['claude-code', 'cursor', 'gemini-cli', 'opencode', 'mcp-remote', 'inspector']
const BROWSERS = ['inspector']
const HOSTED = ['chatgpt', 'claude', 'grok']
const NOBODY: string[] = []

export interface Case {
  readonly finding: FindingId
  readonly change?: Breakage
  readonly world?: WorldOptions
  readonly circumstances?: Omit<Circumstances, 'browser'>
  readonly stops: readonly string[]
  /** What the user does who is asked to log in; without it, nobody is asked. */
  readonly login?: 'allows' | 'refuses' | 'leaves'
  /** What the report says about it. */
  readonly says?: RegExp
}

/** What `fetch` throws for the metadata of the authorization server. */
const failing = (code: string): WorldOptions => ({
  fails: (route) => (route === 'oauth' ? Object.assign(new Error(code), { code }) : undefined),
})
const cors = 'access-control-allow-origin'
const isFrom = (asked: Asked, words: string) => asked.body.includes(words) || asked.url.search.includes(encodeURIComponent(words))
/** Redirects the user back to the client at once, if the client is known. */
const answersClient = (parameters: string): Breakage =>
  breaking('authorize', (answer, { url }) =>
    answer.status === 400 ? answer : redirect(`${url.searchParams.get('redirect_uri')}?${parameters}`),
  )
const withoutChallenge = withHeader('mcp', 'www-authenticate', undefined)
const documents = { client_id_metadata_document_supported: true }

const TIDY = { identifier: 'https://mcp.example/mcp', uncovered: [], ambiguous: [] }

export const CASES: readonly Case[] = [
  { finding: 'no-answer', change: breaking('oauth', () => 'drop'), stops: EVERYONE, says: /closed the connection/ },
  { finding: 'too-slow', change: breaking('oauth', () => 'silence'), circumstances: { timeoutMs: 50 }, stops: EVERYONE, says: /0\.05 s/ },
  { finding: 'certificate-expired', world: failing('CERT_HAS_EXPIRED'), stops: EVERYONE },
  { finding: 'certificate-wrong-name', world: failing('ERR_TLS_CERT_ALTNAME_INVALID'), stops: EVERYONE },
  { finding: 'certificate-untrusted', world: failing('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), stops: EVERYONE },
  { finding: 'certificate-expires-soon', circumstances: { certificateDays: 13 }, stops: NOBODY, says: /that of mcp\.example on 20/ },
  { finding: 'plain-http', world: { mcp: 'http://mcp.example/mcp', issuer: 'http://auth.example' }, stops: HOSTED },
  {
    finding: 'check-unfinished',
    circumstances: { readExpiry: () => Promise.reject(new Error('out of luck')) },
    stops: EVERYONE,
    says: /out of luck/,
  },
  { finding: 'local-address', world: { mcp: 'http://localhost:1/mcp', issuer: 'http://localhost:2' }, stops: NOBODY },

  { finding: 'mcp-open', change: breaking('mcp', () => json(200, { jsonrpc: '2.0', id: 1, result: {} })), stops: NOBODY },
  { finding: 'mcp-wrong-status', change: breaking('mcp', () => json(403, {})), stops: EVERYONE, says: /nothing else/ },
  {
    finding: 'mcp-browsers',
    change: breaking('preflight', (answer, { url }) => (url.pathname === '/mcp' ? { ...answer, status: 405 } : answer)),
    stops: NOBODY,
    says: /OPTIONS with status 405/,
  },
  { finding: 'challenge-missing', change: withoutChallenge, stops: NOBODY },
  {
    finding: 'resource-metadata-missing',
    change: allOf(
      withoutChallenge,
      breaking('resource', () => json(404, {})),
    ),
    world: { mcp: 'https://both.example/mcp', issuer: 'https://both.example' },
    stops: NOBODY,
  },
  { finding: 'resource-metadata-broken', change: breaking('resource', () => page(200, 'Hello')), stops: EVERYONE, says: /not JSON/ },
  { finding: 'resource-metadata-browsers', change: withHeader('resource', cors, undefined), stops: BROWSERS },
  { finding: 'resource-other', change: withMembers('resource', { resource: 'http://localhost:3001/mcp' }), stops: EVERYONE },
  { finding: 'resource-spelling', change: withMembers('resource', { resource: 'https://mcp.example/mcp/' }), stops: NOBODY },
  { finding: 'scopes-unlisted', change: withMembers('resource', { scopes_supported: ['a', 'c'] }), stops: NOBODY, says: /"c: / },
  {
    finding: 'authorization-servers-missing',
    change: withMembers('resource', { authorization_servers: undefined }),
    stops: EVERYONE,
    says: /"received":"none"/,
  },
  {
    finding: 'authorization-server-private',
    change: withMembers('resource', { authorization_servers: ['http://localhost:8000'] }),
    stops: EVERYONE,
  },

  {
    finding: 'metadata-missing',
    change: (route, answer) => (route === 'oauth' || route === 'oidc' ? json(404, {}) : answer),
    stops: EVERYONE,
  },
  { finding: 'metadata-error', change: breaking('oauth', () => json(502, {})), stops: EVERYONE },
  { finding: 'metadata-unreadable', change: breaking('oauth', () => page(200, 'Hello')), stops: EVERYONE },
  {
    finding: 'metadata-redirected',
    change: breaking('oauth', (answer, { url }) => (url.search === '' ? redirect(`${url.href}?again`) : answer)),
    stops: NOBODY,
  },
  { finding: 'metadata-openid-only', change: breaking('oauth', () => json(404, {})), stops: NOBODY },
  { finding: 'metadata-type', change: withHeader('oauth', 'content-type', 'text/plain'), stops: NOBODY },
  { finding: 'metadata-null', change: withMembers('oauth', { op_policy_uri: null }), stops: SDK },
  { finding: 'metadata-browsers', change: withHeader('oauth', cors, undefined), stops: BROWSERS },
  { finding: 'issuer-slash', change: withMembers('oauth', (issuer) => ({ issuer: `${issuer}/` })), stops: EVERYONE },
  { finding: 'issuer-spelling', change: withMembers('resource', (issuer) => ({ authorization_servers: [`${issuer}/`] })), stops: NOBODY },
  { finding: 'issuer-private', change: withMembers('oauth', { issuer: 'http://localhost:8000' }), stops: EVERYONE },
  { finding: 'issuer-other', change: withMembers('oauth', { issuer: 'https://other.example' }), stops: EVERYONE },
  { finding: 'registration-missing', change: withMembers('oauth', { registration_endpoint: undefined }), stops: EVERYONE },
  {
    finding: 'registration-documents-only',
    change: withMembers('oauth', { registration_endpoint: undefined, ...documents }),
    stops: ['codex', 'copilot-cli', 'cursor', 'vscode', 'gemini-cli', 'opencode', 'mcp-remote', 'inspector'],
  },
  { finding: 'endpoint-missing', change: withMembers('oauth', { token_endpoint: undefined }), stops: EVERYONE },
  { finding: 'endpoint-unusable', change: withMembers('oauth', { authorization_endpoint: 'javascript:alert(1)' }), stops: EVERYONE },
  { finding: 'endpoint-plain-http', change: withMembers('oauth', { token_endpoint: 'http://auth.example/token' }), stops: EVERYONE },
  { finding: 'endpoint-private', change: withMembers('oauth', { token_endpoint: 'https://10.0.0.1/token' }), stops: EVERYONE },
  { finding: 'pkce-missing', change: withMembers('oauth', { code_challenge_methods_supported: ['plain'] }), stops: EVERYONE },
  { finding: 'code-flow-missing', change: withMembers('oauth', { response_types_supported: ['token'] }), stops: EVERYONE },
  {
    finding: 'iss-unannounced',
    change: withMembers('oauth', { authorization_response_iss_parameter_supported: undefined }),
    stops: NOBODY,
  },
  {
    finding: 'iss-elsewhere',
    change: allOf(
      withMembers('oauth', {
        authorization_endpoint: 'https://login.example/authorize',
        authorization_response_iss_parameter_supported: undefined,
      }),
      breaking('nowhere', () => page(200, '<form>')),
    ),
    stops: ['codex'],
    says: /the authorization_endpoint is at https:\/\/login\.example/,
  },
  { finding: 'iss-unreadable', change: withMembers('oauth', { authorization_response_iss_parameter_supported: 'true' }), stops: SDK },
  {
    finding: 'documents-without-none',
    change: withMembers('oauth', documents),
    world: { method: 'client_secret_basic' },
    stops: NOBODY,
  },
  { finding: 'keys-unreadable', change: breaking('jwks', () => json(404, {})), stops: EVERYONE },
  { finding: 'keys-private', change: withMembers('jwks', { keys: [{ kty: 'EC', d: 'PRIVATE' }] }), stops: EVERYONE },

  { finding: 'registration-closed', change: breaking('register', () => json(401, {})), stops: EVERYONE },
  { finding: 'registration-failed', change: breaking('register', () => json(500, {})), stops: EVERYONE },
  { finding: 'registration-limited', change: breaking('register', () => json(429, {})), stops: EVERYONE },
  {
    finding: 'registration-refused',
    change: breaking('register', (answer, asked) => (isFrom(asked, 'cursor://') ? json(400, { error: 'invalid_redirect_uri' }) : answer)),
    stops: ['cursor'],
    says: /invalid_redirect_uri/,
  },
  { finding: 'registration-unreadable', change: withMembers('register', { client_id: undefined }), stops: EVERYONE },
  { finding: 'registration-redirects-lost', change: withMembers('register', { redirect_uris: undefined }), stops: SDK },
  { finding: 'registration-null', change: withMembers('register', { client_uri: null }), stops: SDK },
  { finding: 'registration-cacheable', change: withHeader('register', 'cache-control', undefined), stops: NOBODY },
  { finding: 'registration-status', change: breaking('register', (answer) => ({ ...answer, status: 200 })), stops: NOBODY },
  { finding: 'registration-browsers', change: withHeader('register', cors, undefined), stops: BROWSERS },
  { finding: 'registration-error-form', change: breaking('bad-registration', () => page(500, 'Oops')), stops: NOBODY, says: /status 500/ },
  {
    finding: 'method-unlisted',
    change: withMembers('oauth', { token_endpoint_auth_methods_supported: ['client_secret_basic'] }),
    stops: NOBODY,
  },
  { finding: 'deletion-failed', change: breaking('client', () => json(500, {})), stops: NOBODY },
  { finding: 'deletion-refused', change: breaking('client', () => json(403, {})), stops: NOBODY },
  { finding: 'deletion-status', change: breaking('client', () => json(200, {})), stops: NOBODY },

  { finding: 'authorization-refused', change: answersClient('error=invalid_scope'), stops: EVERYONE, says: /invalid_scope/ },
  {
    finding: 'app-not-admitted',
    // A page for people, and JSON for programs.
    change: breaking('authorize', (answer, asked) => {
      if (!isFrom(asked, '127.0.0.1:52101')) return answer
      const isProgram = asked.headers.accept === 'application/json'
      return isProgram ? json(400, { error: 'access_denied', error_description: 'wait for approval' }) : page(400, 'Wait')
    }),
    stops: ['vscode'],
    says: /wait for approval/,
  },
  {
    finding: 'app-not-admitted',
    // As mcp-remote asks first.
    change: breaking('authorize', (answer, asked) => (isFrom(asked, 'localhost:21447') ? json(403, { error: 'access_denied' }) : answer)),
    stops: ['mcp-remote'],
  },
  {
    finding: 'app-not-admitted',
    change: answersClient('error=access_denied&error_description=not+yet'),
    stops: EVERYONE,
    says: /not yet/,
  },
  { finding: 'authorization-resource-refused', change: answersClient('error=invalid_target'), stops: EVERYONE },
  { finding: 'authorization-failed', change: breaking('authorize', () => page(500, 'Oops')), stops: EVERYONE },
  {
    finding: 'authorization-error-page',
    // A server that refuses any port but the registered one.
    change: breaking('authorize', (answer, asked) => (isFrom(asked, '127.0.0.1:52101') ? page(400, 'Unknown address') : answer)),
    stops: ['vscode'],
  },
  {
    finding: 'authorization-error-page',
    change: breaking('authorize', (answer, asked) =>
      asked.headers.accept === 'application/json' && isFrom(asked, ':21447') ? json(400, { error: 'invalid_request' }) : answer,
    ),
    stops: ['mcp-remote'],
  },
  {
    finding: 'authorization-error-page',
    // Programs hear nothing.
    change: breaking('authorize', (answer, asked) => {
      if (!isFrom(asked, '127.0.0.1:52101')) return answer
      return asked.headers.accept === 'application/json' ? 'drop' : page(400, 'Unknown address')
    }),
    stops: ['vscode'],
  },
  { finding: 'authorization-open', change: answersClient('code=abc'), stops: EVERYONE },
  { finding: 'authorization-loop', change: breaking('authorize', (_, { url }) => redirect(url.href)), stops: EVERYONE },
  { finding: 'authorization-elsewhere', change: breaking('authorize', () => redirect('http://internal:8080/login')), stops: EVERYONE },
  { finding: 'login-not-a-page', change: breaking('login', () => json(200, {})), stops: EVERYONE },
  { finding: 'login-empty', change: breaking('login', () => page(200, 'Sorry')), stops: EVERYONE },
  { finding: 'login-unseen', change: breaking('authorize', () => redirect('https://login.example/')), stops: NOBODY },
  {
    finding: 'login-unseen',
    change: breaking('login', () => page(200, '<script src="/login.js"></script>')),
    stops: NOBODY,
    says: /has no form/,
  },
  {
    finding: 'unknown-client-redirected',
    change: breaking('authorize', (answer, { url }) =>
      answer.status === 400 ? redirect(`${url.searchParams.get('redirect_uri')}?error=unauthorized_client`) : answer,
    ),
    stops: NOBODY,
  },

  { finding: 'token-failed', change: breaking('token', () => json(500, {})), stops: EVERYONE },
  { finding: 'client-forgotten', change: breaking('token', () => json(401, { error: 'invalid_client' })), stops: EVERYONE },
  {
    finding: 'unknown-client-answer',
    change: breaking('token', (answer) => (answer.status === 401 ? { ...answer, status: 400 } : answer)),
    stops: NOBODY,
  },
  {
    finding: 'dead-code-answer',
    change: breaking('token', (answer) => (answer.status === 400 ? json(400, { error: 'invalid_request' }) : answer)),
    stops: NOBODY,
  },
  {
    finding: 'secret-missing',
    change: withMembers('register', { client_secret: undefined }),
    world: { method: 'client_secret_basic' },
    stops: EVERYONE,
  },
  { finding: 'token-browsers', change: withHeader('token', cors, undefined), stops: BROWSERS },
  {
    finding: 'preflight-refused',
    change: breaking('preflight', (answer, { url }) => (url.pathname === '/register' ? { ...answer, status: 404 } : answer)),
    stops: BROWSERS,
    says: /register answers OPTIONS with status 404/,
  },

  { finding: 'login-unfinished', login: 'leaves', circumstances: { waitMs: 20 }, stops: EVERYONE, says: /nothing within 0\.02 s/ },
  { finding: 'login-refused', login: 'refuses', stops: EVERYONE, says: /access_denied/ },
  { finding: 'login-state', login: 'allows', change: withParameter('state', 'x'), circumstances: { waitMs: 500 }, stops: EVERYONE },
  { finding: 'login-iss', login: 'allows', change: withParameter('iss', undefined), stops: EVERYONE, says: /no iss/ },
  { finding: 'code-refused', login: 'allows', change: breaking('exchange', () => json(400, { error: 'invalid_grant' })), stops: EVERYONE },
  { finding: 'token-unreadable', login: 'allows', change: withMembers('exchange', { token_type: undefined }), stops: EVERYONE },
  { finding: 'token-null', login: 'allows', change: withMembers('exchange', { id_token: null }), stops: SDK },
  {
    finding: 'token-audience',
    login: 'allows',
    change: withMembers('exchange', { access_token: `e30.${Buffer.from('{"aud":"https://auth.example"}').toString('base64url')}.c2ln` }),
    stops: NOBODY,
  },
  { finding: 'refresh-missing', login: 'allows', change: withMembers('exchange', { refresh_token: undefined }), stops: NOBODY },
  { finding: 'refresh-refused', login: 'allows', change: breaking('refresh', () => json(400, { error: 'invalid_grant' })), stops: NOBODY },
  {
    finding: 'mcp-refuses-token',
    login: 'allows',
    change: onMethod('initialize', undefined),
    stops: EVERYONE,
  },
  {
    finding: 'mcp-unreached',
    login: 'allows',
    change: breaking('mcp', (answer, { headers }) => (headers.authorization ? json(503, { error: { message: 'away' } }) : answer)),
    stops: EVERYONE,
  },
  {
    finding: 'mcp-broken',
    login: 'allows',
    change: breaking('mcp', (answer, { body }) => (body.includes('"tools/list"') ? page(500, 'Oops') : answer)),
    stops: EVERYONE,
  },
  {
    finding: 'tool-failed',
    login: 'allows',
    change: onMethod('tools/call', { isError: true, content: [{ text: 'no' }] }),
    stops: NOBODY,
    says: /whoami/,
  },
  {
    finding: 'tool-uncovered',
    circumstances: { installed: [{ ...TIDY, uncovered: ['wipe', 'paint'] }, TIDY] },
    stops: NOBODY,
    says: /"https:\/\/mcp\.example\/mcp: wipe, paint"/,
  },
  {
    finding: 'tool-twice',
    circumstances: { installed: [TIDY, { ...TIDY, ambiguous: Array.from({ length: 12 }, (_, index) => `tool-${index}`) }] },
    stops: NOBODY,
    says: /"https:\/\/mcp\.example\/mcp: tool-0, .*tool-9, 2 more"/,
  },
  {
    finding: 'stream-held-back',
    login: 'allows',
    circumstances: { timeoutMs: 300 },
    change: breaking('mcp', (answer, { method }) => (method === 'GET' ? 'silence' : answer)),
    stops: NOBODY,
    says: /not even the head/,
  },
]
