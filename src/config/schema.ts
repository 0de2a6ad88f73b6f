import { availableParallelism } from 'node:os'
import { Type, type Static } from '@sinclair/typebox'
import { ok } from '../domain/protocol/result.ts'
import { readDatabaseUrl, readHost, readIssuer, readTrustProxy } from './addresses.ts'
import { duration, durationOrOff, rateLimit } from './durations.ts'
import { choice, choices, flag, integer, setting, text } from './kinds.ts'
import { LIFETIMES } from './lifetimes.ts'
import { defaultIssuer, embeddedDatabase, isRailway } from './platform.ts'
import { readStatementIssuers, type StatementIssuer } from './statement-issuers.ts'

/**
 * Every setting, in the order of reading and of the documents. To add one, add an entry: the type, the check, .env.example and the
 * table follow (`npm run docs` writes the last two). A `derive` may use the settings above it.
 */
export const ConfigSchema = Type.Object({
  port: integer('PORT', [0, 65_535], {
    about: 'The port to listen on; `0` takes any free one.',
    fallback: '8000',
    example: '8080',
  }),
  host: setting(Type.String(), {
    name: 'HOST',
    about: 'The address to listen on; `::` is every network interface, IPv4 and IPv6.',
    accepts: 'a host name or an IP address',
    fallback: 'localhost',
    derive: (env) => (isRailway(env) ? '::' : undefined),
    derived: '`::` in the container image and on Railway',
    example: '0.0.0.0',
    read: readHost,
  }),
  issuer: setting(Type.String({ maxLength: 1024 }), {
    name: 'ISSUER',
    about: 'The address by which people and clients reach this server. When it changes, every client has to connect anew.',
    accepts: 'a https URL without query or fragment; http for localhost only',
    fallback: 'http://localhost:8000',
    derive: (env, { port }) => defaultIssuer(env, port),
    derived: 'with the port of `PORT`; on Railway `https://` and its public domain',
    example: 'https://auth.example.com',
    read: readIssuer,
  }),
  databaseUrl: setting(Type.String(), {
    name: 'DATABASE_URL',
    about: 'Where everything is kept: an embedded SQLite file, or PostgreSQL for several nodes. `sqlite::memory:` keeps nothing.',
    accepts: '`sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`',
    fallback: embeddedDatabase({}),
    derive: embeddedDatabase,
    derived: 'in the volume, if Railway has mounted one',
    example: 'postgres://solar:password@db.example.com/solar',
    secret: true,
    read: readDatabaseUrl,
  }),
  workers: setting(Type.Integer({ minimum: 1, maximum: 256 }), {
    name: 'WORKERS',
    about: 'How many processes share the port and the work; `auto` is one for each core. More than one need PostgreSQL.',
    accepts: 'a whole number from 1 to 256, or `auto`',
    fallback: '1',
    example: 'auto',
    read: (raw) => ok(/^\d+$/.test(raw) ? Number(raw) : raw.toLowerCase() === 'auto' ? availableParallelism() : raw),
  }),
  secret: Type.Optional(
    text(
      'SECRET',
      'at least 32 random characters, such as `openssl rand -base64 32` prints',
      { minLength: 32 },
      {
        about:
          'Encrypts signing keys, signs cookies and login transactions. Made and kept beside an embedded database; mandatory with PostgreSQL, ' +
          'the same on all nodes.',
        // Too short to be taken, so that nobody runs with what is printed here.
        example: '$(openssl rand -base64 32)',
        secret: true,
        verbatim: true,
      },
    ),
  ),
  secretPrevious: Type.Optional(
    text(
      'SECRET_PREVIOUS',
      'the `SECRET` of before, of at least 32 characters',
      { minLength: 32 },
      {
        about: 'The secret that was replaced: what it encrypted is encrypted anew at the start, and pages that it signed are still good.',
        example: '$(cat data/secret)',
        secret: true,
        verbatim: true,
      },
    ),
  ),
  adminUsername: text(
    'ADMIN_USERNAME',
    '1 to 128 characters, none a control character',
    { pattern: '^[^\\x00-\\x1f\\x7f-\\x9f]{1,128}$' },
    {
      about: 'The login of the administrator, who is made or changed at every start.',
      fallback: 'admin',
      example: 'helen',
    },
  ),
  adminPassword: text(
    'ADMIN_PASSWORD',
    'at most 1024 characters, your own unless `ISSUER` and `HOST` are both loopback',
    { maxLength: 1024 },
    {
      about:
        'The password of the administrator. A changed one ends their sessions. The default is refused where anybody but this machine can reach ' +
        'the server.',
      fallback: 'admin123',
      example: 'change-me-to-a-long-passphrase',
      secret: true,
      verbatim: true,
    },
  ),
  adminEmail: Type.Optional(
    text(
      'ADMIN_EMAIL',
      'an e-mail address',
      { maxLength: 254, pattern: '^[^\\s@]+@[^\\s@]+$' },
      {
        about: 'The address that clients see for the administrator, as a verified one.',
        example: 'helen@example.com',
      },
    ),
  ),
  trustProxy: setting(Type.Union([Type.Literal(false), Type.Integer({ minimum: 1, maximum: 16 }), Type.Array(Type.String())]), {
    name: 'TRUST_PROXY',
    about: 'Whose `X-Forwarded-For` is believed: that of so many proxies in a row before the server, or of these addresses.',
    accepts: '`none`, a number of proxies from 1 to 16, or IP addresses and networks separated by commas',
    fallback: 'none',
    derive: (env) => (isRailway(env) ? '1' : undefined),
    derived: '`1` on Railway',
    example: '10.0.0.0/8,fd00::/8',
    read: readTrustProxy,
  }),
  logLevel: choice('LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    about: 'The least serious kind of log line to write.',
    fallback: 'info',
    example: 'debug',
  }),
  codeChallengeMethods: choices('CODE_CHALLENGE_METHODS', ['S256', 'plain'], 'S256', {
    about: 'The PKCE methods that clients may use (RFC 7636 section 4.2); `S256` alone is the strict choice.',
    fallback: 'S256,plain',
    example: 'S256',
  }),
  requirePkce: flag('REQUIRE_PKCE', {
    about: 'Whether clients with a secret have to use PKCE too; those without always have to.',
    fallback: 'false',
    example: 'true',
  }),
  requirePar: flag('REQUIRE_PAR', {
    about: 'Whether every client has to push its authorization requests to `/par` first (RFC 9126). Most MCP clients cannot.',
    fallback: 'false',
    example: 'true',
  }),
  cimd: choice('CIMD', ['on', 'off'], {
    about:
      'Whether a client may name itself by the https URL of its metadata document, which the server then fetches; `off` for servers without a ' +
      'way out. Such clients register themselves instead.',
    fallback: 'on',
    example: 'off',
  }),
  softwareStatementIssuers: Type.Optional(
    setting(Type.Unsafe<StatementIssuer[]>(Type.Array(Type.Object({ issuer: Type.String(), keys: Type.Object({}) }))), {
      name: 'SOFTWARE_STATEMENT_ISSUERS',
      about:
        'Who may vouch for clients by a software statement (RFC 7591 section 2.3), each with the keys that sign it. Without any, statements are ignored.',
      accepts: 'a list of `ISSUER=KEYS`, separated by commas; KEYS is the https URL of a JWKS, or a file that holds one',
      example: 'https://vendor.example=https://vendor.example/jwks.json',
      read: readStatementIssuers,
    }),
  ),
  accessTokenAlg: choice('ACCESS_TOKEN_ALG', ['ES256', 'RS256'], {
    about:
      'The algorithm that signs access tokens, unless their resource says otherwise. `RS256` is for resource servers that know nothing else, and is slower.',
    fallback: 'ES256',
    example: 'RS256',
  }),
  accessTokenFormat: choice('ACCESS_TOKEN_FORMAT', ['jwt', 'opaque'], {
    about:
      'What access tokens are, unless their resource says otherwise: JWTs that anybody can verify by the published keys, or random ones that ' +
      'only `/introspect` knows, and that end the moment they are revoked.',
    fallback: 'jwt',
    example: 'opaque',
  }),
  unregisteredResources: choice('UNREGISTERED_RESOURCES', ['allow', 'refuse'], {
    about:
      'Whether clients may get tokens for a `resource` (an MCP server) that nobody registered by `resource add`. Such tokens hold the built-in scopes ' +
      'only.',
    fallback: 'allow',
    example: 'refuse',
  }),
  keyRotationInterval: durationOrOff('KEY_ROTATION_INTERVAL', ['1d', '3650d'], {
    about: 'How long a signing key signs before the next one does. Verifiers that read `/jwks` need not know.',
    fallback: '90d',
    example: 'off',
  }),
  dpopNonce: choice('DPOP_NONCE', ['on', 'off'], {
    about:
      'Whether a DPoP proof has to hold a nonce of this server (RFC 9449 section 8), so that nobody can make proofs for later. It costs clients a request ' +
      'more now and then; each proof counts only once in any case.',
    fallback: 'off',
    example: 'on',
  }),
  ...LIFETIMES,
  maxClients: setting(Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000_000 }), Type.Literal('off')]), {
    name: 'MAX_CLIENTS',
    about:
      'How many clients there may be. At the cap, new ones take the place of such as nobody ever allowed, then of idle ones; never of one with a ' +
      'live grant, or of one that you made.',
    accepts: 'a whole number from 1 to 1000000000, or `off`',
    fallback: '100000',
    example: '1000000',
    read: (raw) => ok(/^\d+$/.test(raw) ? Number(raw) : raw.toLowerCase()),
  }),
  shareIdenticalClients: flag('SHARE_IDENTICAL_CLIENTS', {
    about:
      'Whether clients without a secret that register exactly the same become one record. Some hosted clients register anew on every connect.',
    fallback: 'false',
    example: 'true',
  }),
  registration: choice('REGISTRATION', ['open', 'token', 'closed'], {
    about:
      'Who may register clients: anybody, who has an initial access token (`initial-access-token create`), or nobody. Clients by their metadata ' +
      'document register nothing: `CIMD` is theirs.',
    fallback: 'open',
    example: 'token',
  }),
  clientSecretOverlap: duration('CLIENT_SECRET_OVERLAP', ['0s', '30d'], {
    about: 'How long the secret before still counts once a client has a new one.',
    fallback: '1d',
    example: '1h',
  }),
  rateLimitLogin: rateLimit('RATE_LIMIT_LOGIN', {
    about: 'Failed logins that an account may have in such a time.',
    fallback: '10/15m',
    example: '5/1h',
  }),
  rateLimitRegister: rateLimit('RATE_LIMIT_REGISTER', {
    about: 'Registrations that may come from one address. Hosted clients share addresses: leave room for bursts.',
    fallback: '120/1m',
    example: '600/1m',
  }),
  rateLimitToken: rateLimit('RATE_LIMIT_TOKEN', {
    about: 'Token requests that may come from one address; as many pushed requests, as many of devices, and as many revocations.',
    fallback: '3000/1m',
    example: 'off',
  }),
})

/** The settings as they are once read: durations are seconds. */
export type Settings = Static<typeof ConfigSchema>
