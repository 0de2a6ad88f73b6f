import { availableParallelism } from 'node:os'
import t from 'tap'
import type { Test } from 'tap'
import { loadConfig } from '#src/config/config.ts'
import type { Config } from '#src/config/config.ts'

const ownPassword = 'a password of their own'
const secret = 'k3y'.repeat(11)
const minute = 60
const hour = 60 * minute
const day = 24 * hour

const defaults: Config = {
  port: 8000,
  host: 'localhost',
  issuer: 'http://localhost:8000',
  databaseUrl: 'sqlite:./data/solar-system.db',
  workers: 1,
  adminUsername: 'admin',
  adminPassword: 'admin123',
  admin: 'on',
  signUp: 'closed',
  oidcName: 'oidc',
  passwordLogin: 'on',
  trustProxy: false,
  logLevel: 'info',
  providerGrace: day,
  auditTools: 'denied',
  learnTools: 'on',
  providedJwtTtl: 600,
  secondFactor: 'offered',
  clients: 'open',
  securityProfile: 'none',
  codeChallengeMethods: ['S256', 'plain'],
  requirePkce: false,
  requirePar: false,
  cimd: 'on',
  accessTokenAlg: 'ES256',
  accessTokenFormat: 'jwt',
  accountDeletion: 'on',
  forwardAuth: 'off',
  commands: 50,
  commandsPerUser: 10,
  personalTokens: 'off',
  personalTokenMaxTtl: 365 * day,
  gateBodyLimit: 4 * 1024 * 1024,
  upstreamTimeout: minute,
  streamIdle: hour,
  streamGrace: 5 * minute,
  streamsPerUser: 100,
  streamsPerClient: 2000,
  streams: 10_000,
  accessDefault: 'open',
  consentChoice: 'on',
  unregisteredResources: 'allow',
  dpopNonce: 'off',
  keyRotationInterval: 90 * day,
  codeTtl: minute,
  accessTokenTtl: hour,
  refreshTokenIdleTtl: 30 * day,
  refreshTokenTtl: 365 * day,
  refreshGraceTtl: minute,
  sessionIdleTtl: 12 * hour,
  sessionTtl: 14 * day,
  unusedClientTtl: 30 * day,
  idleClientTtl: 365 * day,
  maxClients: 100_000,
  shareIdenticalClients: false,
  registration: 'open',
  clientSecretOverlap: day,
  auditTtl: 90 * day,
  rateLimitLogin: { max: 10, windowSeconds: 15 * minute },
  rateLimitRegister: { max: 120, windowSeconds: minute },
  rateLimitToken: { max: 3000, windowSeconds: minute },
  warnings: [],
}

type Env = Record<string, string | undefined>

function accepted(t: Test, env: Env): Config {
  const loaded = loadConfig(env)
  if (loaded.ok) return loaded.value
  t.fail('refused', { problems: loaded.error })
  return defaults
}

function problems(t: Test, env: Env): string[] {
  const loaded = loadConfig(env)
  t.equal(loaded.ok, false, `refuses ${JSON.stringify(env)}`)
  return loaded.ok ? [] : loaded.error
}

t.test('the server runs with defaults in an empty environment', async (t) => {
  t.same(accepted(t, {}), defaults)
})

t.test('empty, blank and unknown variables count as not set', async (t) => {
  t.same(accepted(t, { PORT: '', ISSUER: ' ', SECRET: '   ', ADMIN_PASSWORD: '', LOG_LEVEL: undefined, PORTE: 'x' }), defaults)
})

t.test('every variable changes its own setting', async (t) => {
  const rows: Array<[Env, Partial<Config>]> = [
    [{ PORT: '9000' }, { port: 9000, issuer: 'http://localhost:9000' }],
    [{ PORT: '80' }, { port: 80, issuer: 'http://localhost' }],
    [{ PORT: ' 0 ' }, { port: 0, issuer: 'http://localhost:0' }],
    [{ HOST: '127.0.0.1' }, { host: '127.0.0.1' }],
    [{ HOST: '::1' }, { host: '::1' }],
    [
      { HOST: '0.0.0.0', ADMIN_PASSWORD: ownPassword },
      { host: '0.0.0.0', adminPassword: ownPassword },
    ],
    [{ HOST: 'node-1.example.com', ADMIN_PASSWORD: ownPassword }, { host: 'node-1.example.com' }],
    [{ ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: ownPassword }, { issuer: 'https://auth.example.com' }],
    [{ ISSUER: 'https://auth.example.com/', ADMIN_PASSWORD: ownPassword }, { issuer: 'https://auth.example.com' }],
    [{ ISSUER: 'https://example.com/auth/v1/', ADMIN_PASSWORD: ownPassword }, { issuer: 'https://example.com/auth/v1' }],
    [{ ISSUER: 'http://127.0.0.1:8000' }, { issuer: 'http://127.0.0.1:8000' }],
    [{ ISSUER: 'http://[::1]:8000' }, { issuer: 'http://[::1]:8000' }],
    [{ ISSUER: 'http://auth.localhost:8000' }, { issuer: 'http://auth.localhost:8000' }],
    [{ DATABASE_URL: 'sqlite:/var/lib/solar.db' }, { databaseUrl: 'sqlite:/var/lib/solar.db' }],
    [
      { DATABASE_URL: 'postgres://u:p@db/solar', SECRET: secret },
      { databaseUrl: 'postgres://u:p@db/solar', secret },
    ],
    [{ DATABASE_URL: 'postgres://db/solar', SECRET: secret, WORKERS: '3' }, { workers: 3 }],
    [{ DATABASE_URL: 'postgres://db/solar', SECRET: secret, WORKERS: 'Auto' }, { workers: availableParallelism() }],
    [{ DATABASE_URL: 'postgresql:///solar?host=/run/pg', SECRET: secret }, { databaseUrl: 'postgresql:///solar?host=/run/pg' }],
    [
      { ADMIN_USERNAME: 'helen', ADMIN_EMAIL: 'helen@example.com' },
      { adminUsername: 'helen', adminEmail: 'helen@example.com' },
    ],
    [{ ADMIN_PASSWORD: ' spaced ' }, { adminPassword: ' spaced ' }],
    [{ TRUST_PROXY: 'None' }, { trustProxy: false }],
    [{ TRUST_PROXY: '0' }, { trustProxy: false }],
    [{ TRUST_PROXY: '2' }, { trustProxy: 2 }],
    [{ TRUST_PROXY: '10.0.0.0/8, fd00::/8,192.0.2.1' }, { trustProxy: ['10.0.0.0/8', 'fd00::/8', '192.0.2.1'] }],
    [{ LOG_LEVEL: 'DEBUG' }, { logLevel: 'debug' }],
    [{ CODE_CHALLENGE_METHODS: 's256' }, { codeChallengeMethods: ['S256'] }],
    [{ CODE_CHALLENGE_METHODS: 'plain, S256' }, { codeChallengeMethods: ['plain', 'S256'] }],
    [{ REQUIRE_PKCE: 'TRUE' }, { requirePkce: true }],
    [{ ACCESS_TOKEN_ALG: 'RS256' }, { accessTokenAlg: 'RS256' }],
    [{ KEY_ROTATION_INTERVAL: '30d' }, { keyRotationInterval: 30 * day }],
    [{ KEY_ROTATION_INTERVAL: 'OFF' }, { keyRotationInterval: 'off' }],
    [{ SECRET_PREVIOUS: 's'.repeat(32) }, { secretPrevious: 's'.repeat(32) }],
    [{ ACCESS_TOKEN_FORMAT: 'opaque' }, { accessTokenFormat: 'opaque' }],
    [{ ACCOUNT_DELETION: 'off' }, { accountDeletion: 'off' }],
    [
      { PERSONAL_TOKENS: 'ON', PERSONAL_TOKEN_MAX_TTL: '30d' },
      { personalTokens: 'on', personalTokenMaxTtl: 30 * day },
    ],
    [{ UNREGISTERED_RESOURCES: 'refuse' }, { unregisteredResources: 'refuse' }],
    [{ DPOP_NONCE: 'on' }, { dpopNonce: 'on' }],
    [
      { PROTECT: 'http://localhost:3001/mcp, /b=http://b:8080' },
      { protect: [{ upstream: 'http://localhost:3001/mcp' }, { path: '/b', upstream: 'http://b:8080/' }] },
    ],
    [
      { SMTP_URL: 'smtp://h%40x:p%2Fw@smtp.example.com', MAIL_FROM: '"Acme, Inc." <login@example.com>', SIGN_UP: 'Invited' },
      {
        smtpUrl: { host: 'smtp.example.com', port: 587, tls: 'required', login: { user: 'h@x', password: 'p/w' } },
        mailFrom: { name: 'Acme, Inc.', address: 'login@example.com' },
        signUp: 'invited',
      },
    ],
    [{ GATE_BODY_LIMIT: '2048' }, { gateBodyLimit: 2048 }],
    [{ GATE_BODY_LIMIT: '16kb' }, { gateBodyLimit: 16_384 }],
    [{ GATE_BODY_LIMIT: '16 MB' }, { gateBodyLimit: 16 * 1024 * 1024 }],
    [
      { STREAM_GRACE: '0s', STREAM_IDLE: '10m' },
      { streamGrace: 0, streamIdle: 600 },
    ],
    [{ CODE_TTL: '90' }, { codeTtl: 90 }],
    [{ ACCESS_TOKEN_TTL: '15m' }, { accessTokenTtl: 15 * minute }],
    [
      { REFRESH_TOKEN_IDLE_TTL: '20d', REFRESH_TOKEN_TTL: '90d' },
      { refreshTokenIdleTtl: 20 * day, refreshTokenTtl: 90 * day },
    ],
    [{ REFRESH_GRACE: '0' }, { refreshGraceTtl: 0 }],
    [
      { SESSION_IDLE_TTL: '1h', SESSION_TTL: '2d' },
      { sessionIdleTtl: hour, sessionTtl: 2 * day },
    ],
    [
      { UNUSED_CLIENT_TTL: '7d', IDLE_CLIENT_TTL: '60d' },
      { unusedClientTtl: 7 * day, idleClientTtl: 60 * day },
    ],
    [
      { MAX_CLIENTS: '1000000', SHARE_IDENTICAL_CLIENTS: 'true' },
      { maxClients: 1_000_000, shareIdenticalClients: true },
    ],
    [{ MAX_CLIENTS: 'OFF' }, { maxClients: 'off' }],
    [{ RATE_LIMIT_LOGIN: '5/1h' }, { rateLimitLogin: { max: 5, windowSeconds: hour } }],
    [
      { RATE_LIMIT_REGISTER: 'OFF', RATE_LIMIT_TOKEN: '9/30' },
      { rateLimitRegister: 'off', rateLimitToken: { max: 9, windowSeconds: 30 } },
    ],
  ]
  for (const [env, expected] of rows) t.match(accepted(t, env), expected, JSON.stringify(env))
})

t.test('mails are encrypted as the URL says, and to another machine in any case unless it says otherwise', async (t) => {
  for (const [url, smtpUrl] of [
    ['smtp://smtp.example.com', { host: 'smtp.example.com', port: 587, tls: 'required' }],
    ['smtps://smtp.example.com/', { host: 'smtp.example.com', port: 465, tls: 'implicit' }],
    ['smtp://smtp.example.com:25?tls=optional', { host: 'smtp.example.com', port: 25, tls: 'optional' }],
    ['smtp://[::1]:2525', { host: '::1', port: 2525, tls: 'optional' }],
    ['smtp://localhost', { host: 'localhost', port: 587, tls: 'optional' }],
  ] as const)
    t.strictSame(accepted(t, { SMTP_URL: url, MAIL_FROM: 'login@example.com' }).smtpUrl, smtpUrl)
  for (const url of [
    ...['smtp.example.com', 'http://smtp.example.com', 'smtp:', 'smtp:smtp.example.com', 'smtp://h/x', 'smtp://h/#x', 'smtp://h?x=y'],
    ...['smtp://h?tls=off', 'smtps://h?tls=optional', 'smtp://user@h', 'smtp://:password@h', 'smtp://user:100%@h'],
  ])
    t.match(problems(t, { SMTP_URL: url, MAIL_FROM: 'login@example.com' }), [/^SMTP_URL \(its value isn't shown\) must /], url)
})

t.test('mails need a server and a sender, and so does beginning an account at the login page', async (t) => {
  t.match(problems(t, { SMTP_URL: 'smtp://localhost' }), [/^SMTP_URL is set, but MAIL_FROM isn't, and mails need both/])
  t.match(problems(t, { MAIL_FROM: 'login@example.com' }), [/^MAIL_FROM is set, but SMTP_URL isn't/])
  t.match(problems(t, { SIGN_UP: 'invited' }), [/^SIGN_UP is invited, but there are no mails/])
  t.match(problems(t, { SIGN_UP: 'open' }), [/`closed`, `invited`/])
  for (const from of ['nowhere', 'a@b, c@d', 'Acme <a@b', '<a@b>, <c@d>', `${'x'.repeat(61)} <a@b>`])
    t.match(problems(t, { SMTP_URL: 'smtp://localhost', MAIL_FROM: from }), [/MAIL_FROM is .*an e-mail address/s], from)
})

t.test('a shorter total lifetime shortens the default idle time', async (t) => {
  t.match(accepted(t, { REFRESH_TOKEN_TTL: '7d', SESSION_TTL: '1h' }), { refreshTokenIdleTtl: 7 * day, sessionIdleTtl: hour })
})

t.test('a wrong value is refused by name, with the value and what it must be', async (t) => {
  const rows: [name: string, value: string, reason: RegExp][] = [
    ['PROTECT', 'ftp://x', /name MCP servers, each of which must be an http or https URL/],
    ['GATE_BODY_LIMIT', '4GB', /a number of bytes/],
    ['GATE_BODY_LIMIT', '1', /a number of bytes/],
    ['PORT', 'abc', /"abc", but must be a whole number from 0 to 65535. For example: PORT=8080$/],
    ['PORT', '65536', /whole number/],
    ['PORT', '-1', /whole number/],
    ['PORT', '80.5', /whole number/],
    ['HOST', 'http://localhost', /host name or an IP address, without scheme, port or brackets/],
    ['HOST', 'localhost:8000', /without scheme, port/],
    ['HOST', '[::1]', /brackets/],
    ['ISSUER', 'auth.example.com', /absolute URL/],
    ['ISSUER', 'ftp://auth.example.com', /begin with https/],
    ['ISSUER', 'http://auth.example.com', /begin with https.*private network is no exception.*TLS/],
    ['ISSUER', 'http://192.168.1.10:8000', /begin with https.*private network is no exception/],
    ['ISSUER', 'http://127.0.0.1.example.com', /begin with https/],
    ['ISSUER', 'https://auth.example.com/?', /no query/],
    ['ISSUER', 'https://auth.example.com?a=b', /no query/],
    ['ISSUER', 'https://auth.example.com/#', /no fragment/],
    ['ISSUER', 'https://user@auth.example.com', /neither user name nor password/],
    ['ISSUER', 'https://Auth.example.com', /normal form, https:\/\/auth\.example\.com\./],
    ['ISSUER', 'https://auth.example.com:443', /normal form, https:\/\/auth\.example\.com\./],
    ['ISSUER', 'https:auth.example.com', /normal form/],
    ['ISSUER', 'https://auth.example.com/a/../b/', /normal form, https:\/\/auth\.example\.com\/b\./],
    ['ISSUER', 'https://bücher.example', /normal form, https:\/\/xn--bcher-kva\.example/],
    ['ISSUER', 'https://auth.example.com//', /without empty segments/],
    ['ISSUER', 'https://auth.example.com/:a', /letters, digits/],
    ['ISSUER', 'https://auth.example.com/%41', /letters, digits/],
    ['ISSUER', `https://auth.example.com/${'a'.repeat(1024)}`, /aaa\.\.\.", but must be an https URL/],
    ['ADMIN_USERNAME', 'a\u0007b', /"a\\u0007b", but must be 1 to 128 characters/],
    ['ADMIN_EMAIL', 'helen', /e-mail/],
    ['TRUST_PROXY', 'true', /`none`, a number of proxies/],
    ['TRUST_PROXY', '17', /1 to 16/],
    ['TRUST_PROXY', '10.0.0.0/33', /IP addresses/],
    ['TRUST_PROXY', 'fd00::/129', /IP addresses/],
    ['TRUST_PROXY', '10.0.0.1,', /IP addresses/],
    ['TRUST_PROXY', '10.0.0.0/8,0.0.0.0/0', /not trust every address/],
    ['LOG_LEVEL', 'loud', /one of `fatal`, `error`/],
    ['CODE_CHALLENGE_METHODS', 'plain', /with `S256` in it/],
    ['CODE_CHALLENGE_METHODS', 'S256,S512', /`S256`, `plain`/],
    ['CODE_CHALLENGE_METHODS', 'S256,S256', /`S256`, `plain`/],
    ['REQUIRE_PKCE', 'yes', /`true` or `false`/],
    ['ACCESS_TOKEN_ALG', 'none', /`ES256`, `RS256`/],
    ['KEY_ROTATION_INTERVAL', '1h', /from 1d to 3650d, or `off`/],
    ['KEY_ROTATION_INTERVAL', 'never', /or `off`/],
    ['CODE_TTL', '11m', /from 10s to 10m/],
    ['CODE_TTL', '9s', /from 10s to 10m/],
    ['ACCESS_TOKEN_TTL', '1w', /duration/],
    ['ACCESS_TOKEN_TTL', '1.5h', /duration/],
    ['ACCESS_TOKEN_TTL', '25h', /from 30s to 1d/],
    ['REFRESH_TOKEN_TTL', '3651d', /3650d/],
    ['REFRESH_GRACE', '11m', /from 0s to 10m/],
    ['MAX_CLIENTS', '0', /a whole number from 1 to 1000000000, or `off`/],
    ['MAX_CLIENTS', 'none', /a whole number from 1 to 1000000000, or `off`/],
    ['RATE_LIMIT_LOGIN', '0/1m', /number per duration/],
    ['RATE_LIMIT_LOGIN', '10', /number per duration/],
    ['RATE_LIMIT_REGISTER', '10/2d', /number per duration/],
    ['RATE_LIMIT_TOKEN', 'none', /or `off`/],
  ]
  for (const [name, value, reason] of rows) {
    // A password of their own, so that only the variable of the row is wrong.
    const found = problems(t, { ADMIN_PASSWORD: ownPassword, [name]: value })
    t.equal(found.length, 1, `${name}=${value} is one problem`)
    t.match(found[0], reason)
    t.match(found[0], `${name} is "`)
  }
})

t.test('the administrator keeps the default password only while nobody else can reach the server', async (t) => {
  t.equal(accepted(t, { HOST: '::1', ISSUER: 'http://localhost:8000' }).adminPassword, 'admin123')
  const exposures: Env[] = [
    { HOST: '0.0.0.0' },
    { HOST: '::' },
    { ISSUER: 'https://auth.example.com' },
    { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'admin123' },
    { ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'change-me-to-a-long-passphrase' },
  ]
  for (const env of exposures) t.match(problems(t, env), [/^ADMIN_PASSWORD is still one that everybody knows.*(ISSUER|HOST) is/])
  t.equal(problems(t, { HOST: '::', ISSUER: 'nonsense' }).length, 2, 'a bad issuer hides no bad password')
})

t.test('the password of an administrator whom others can reach is long enough, or there is a warning', async (t) => {
  const ISSUER = 'https://auth.example.com'
  const length = /^ADMIN_PASSWORD has fewer than 8 characters, and others can reach the server \(ISSUER is https:\/\/auth\.example\.com\)/
  for (const password of ['a', 'seven77', '👪'.repeat(7), 'é'.normalize('NFD').repeat(7)])
    t.match(problems(t, { ISSUER, ADMIN_PASSWORD: password }), [length])
  const short = accepted(t, { ISSUER, ADMIN_PASSWORD: 'eight888' })
  t.match(short.warnings, [/^ADMIN_PASSWORD has fewer than 12 characters, and others can reach the server/])
  t.strictSame(accepted(t, { ISSUER, ADMIN_PASSWORD: 'twelve chars' }).warnings, [])
  t.strictSame(accepted(t, { ADMIN_PASSWORD: 'a' }).warnings, [], 'on this machine any will do')
})

t.test('PostgreSQL needs a secret, and several workers need PostgreSQL', async (t) => {
  t.match(problems(t, { WORKERS: '2' }), [/^WORKERS is 2, but an SQLite database has one process that writes: leave it at 1/])
  t.equal(problems(t, { WORKERS: '2', DATABASE_URL: 'mysql://db/solar' }).length, 1, 'that of the address alone')
  t.match(problems(t, { WORKERS: 'many' }), [/^WORKERS is "many", but must be a whole number from 1 to 256, or `auto`/])
  t.match(problems(t, { DATABASE_URL: 'postgres://db/solar' }), [/^SECRET must be set when DATABASE_URL is PostgreSQL/])
  t.match(problems(t, { DATABASE_URL: 'postgres://db/solar', SECRET: 'short' }), [/^SECRET \(its value isn't shown\) must be at least 32/])
})

t.test('what several settings together forbid is said in one sentence each', async (t) => {
  for (const [env, problem] of [
    [{ AUDIT_WEBHOOK: 'https://siem.example.com/events' }, /^AUDIT_WEBHOOK_SECRET must be set with AUDIT_WEBHOOK/],
    [{ METRICS_LISTEN: '127.0.0.1:8000', PORT: '8000' }, /^METRICS_LISTEN has the port of PORT, 8000/],
    [
      { PROTECT_COMMAND: 'node server.js', WORKERS: '2', DATABASE_URL: 'postgres://localhost/x', SECRET: 'x'.repeat(43) },
      /^PROTECT_COMMAND is set, but WORKERS is 2/,
    ],
    [{ ADMIN_ADDRESSES: 'everywhere' }, /^ADMIN_ADDRESSES/],
    [{ KNOWN_CLIENTS: 'http://evil.example/callback' }, /^KNOWN_CLIENTS .* each of which must/],
    [{ KNOWN_CLIENTS: 'https://a.example/x,https://a.example/x' }, /must name https:\/\/a\.example\/x only once/],
  ] as const) {
    const loaded = loadConfig(env)
    t.match(loaded.ok ? [] : loaded.error, [problem], JSON.stringify(env))
  }
})

t.test('an idle time is not longer than the whole', async (t) => {
  t.same(problems(t, { REFRESH_TOKEN_IDLE_TTL: '400d', SESSION_IDLE_TTL: '36h', SESSION_TTL: '1d' }), [
    'REFRESH_TOKEN_IDLE_TTL is 400d, but must not be longer than REFRESH_TOKEN_TTL, which is 365d: change one of them.',
    'SESSION_IDLE_TTL is 36h, but must not be longer than SESSION_TTL, which is 1d: change one of them.',
  ])
  t.equal(problems(t, { SESSION_TTL: 'long', SESSION_IDLE_TTL: '300d' }).length, 1, 'one that could not be read is not compared')
})

t.test('all problems are reported at once, and none causes another', async (t) => {
  const found = problems(t, { PORT: 'x', TRUST_PROXY: 'all', CODE_TTL: '1d', DATABASE_URL: 'x', SESSION_TTL: '0' })
  t.same(
    found.map((problem) => problem.split(' ')[0]),
    ['PORT', 'DATABASE_URL', 'TRUST_PROXY', 'CODE_TTL', 'SESSION_TTL'],
  )
})

t.test('no secret shows up in a problem', async (t) => {
  const found = problems(t, {
    SECRET: 'hunter2-secret',
    ADMIN_PASSWORD: 'hunter2'.repeat(200),
    DATABASE_URL: 'postgres://solar:hunter2#@db/solar',
    ISSUER: 'https://user:hunter2@auth.example.com',
    HOST: 'user:hunter2@host',
  })
  t.equal(found.length, 5)
  t.notMatch(found.join('\n'), /hunter2/)
  t.match(found.join('\n'), 'ISSUER is "***@auth.example.com"')
})

t.test('a server that holds everybody to FAPI 2.0 holds itself to it', async (t) => {
  const profile = { SECURITY_PROFILE: 'FAPI2' }
  t.match(accepted(t, profile), { securityProfile: 'fapi2', codeTtl: minute })
  t.same(problems(t, { ...profile, CODE_TTL: '2m' }), ['CODE_TTL is 2m, but must be at most 1m, because SECURITY_PROFILE is fapi2.'])
  t.same(problems(t, { ...profile, ACCESS_TOKEN_ALG: 'RS256' }), [
    'ACCESS_TOKEN_ALG is RS256, but must be ES256, because SECURITY_PROFILE is fapi2.',
  ])
  t.same(problems(t, { ...profile, PERSONAL_TOKENS: 'on' }), ['PERSONAL_TOKENS is on, but must be off, because SECURITY_PROFILE is fapi2.'])
  t.match(
    problems(t, { ...profile, CODE_TTL: 'x', ACCESS_TOKEN_ALG: 'x' }),
    [/^ACCESS_TOKEN_ALG/, /^CODE_TTL/],
    'nothing more of what is wrong already',
  )
  t.match(accepted(t, { CODE_TTL: '2m', ACCESS_TOKEN_ALG: 'RS256' }), { securityProfile: 'none' })
  t.match(problems(t, { SECURITY_PROFILE: 'fapi1' }), [/^SECURITY_PROFILE is "fapi1", but must be one of `none`, `fapi2`/])
})

t.test('an MCP server is protected at a path of its own', async (t) => {
  for (const [PROTECT, reason] of [
    ['http://localhost:3001/login', /^PROTECT: The path \/login is taken/],
    ['/a b=http://localhost:3001/', /^PROTECT: The path "\/a b" must begin with a slash/],
    ['http://a.example/mcp,http://b.example/mcp', /^PROTECT has two MCP servers at \/mcp/],
    ['http://a.example,/mcp=http://b.example', /^PROTECT has two MCP servers at \/mcp/],
  ] as const) {
    const found = problems(t, { PROTECT })
    t.equal(found.length, 1)
    t.match(found[0], reason)
  }
})
