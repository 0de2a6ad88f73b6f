/** The list of all settings. */
import { availableParallelism } from 'node:os'
import { Type } from '@sinclair/typebox'
import type { Static } from '@sinclair/typebox'
import { ok } from '../domain/protocol/result.ts'
import { SECOND_FACTOR_RULES } from '../domain/user/factors.ts'
import { readDatabaseUrl, readHost, readIssuer, readTrustProxy } from './addresses.ts'
import { ADMIN_SETTINGS } from './settings/admin-settings.ts'
import { ADMISSION_SETTINGS } from './settings/admission-settings.ts'
import { durationOrOff } from './durations.ts'
import { ACCOUNT_SETTINGS } from './settings/account-settings.ts'
import { GATE_SETTINGS } from './settings/gate-settings.ts'
import { choice, integer, setting, text } from './kinds.ts'
import { LIFETIMES } from './settings/lifetimes.ts'
import { LIMITS } from './settings/limits.ts'
import { OBSERVABILITY } from './settings/observability.ts'
import { MAIL_SETTINGS } from './settings/mail-settings.ts'
import { PROVIDER_SETTINGS } from './settings/provider-settings.ts'
import { defaultIssuer, embeddedDatabase, isRailway } from './platform.ts'
import { SERVICE } from './settings/service.ts'
import { readStatementIssuers } from './settings/statement-issuers.ts'
import type { StatementIssuer } from './settings/statement-issuers.ts'
import { STRICTNESS } from './settings/strictness.ts'

/**
 * Every setting, in the order in which they are read and documented. To add one, add an entry: the type and the check follow,
 * and `npm run docs` writes .env.example and the tables. A `derive` may use the settings above it.
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
    about: 'The public address of this server, for users and clients. If you change it, every client has to connect again.',
    accepts: 'an https URL without query or fragment; http for localhost only',
    fallback: 'http://localhost:8000',
    derive: (env, { port }) => defaultIssuer(env, port),
    derived: 'with the port of `PORT`; on Railway `https://` and its public domain',
    example: 'https://auth.example.com',
    read: readIssuer,
  }),
  databaseUrl: setting(Type.String(), {
    name: 'DATABASE_URL',
    about: 'Where the data is: in an SQLite file, or in PostgreSQL for several nodes or processes. `sqlite::memory:` keeps nothing.',
    accepts: '`sqlite:PATH`, `sqlite::memory:` or `postgres://USER:PASSWORD@HOST/DATABASE`',
    fallback: embeddedDatabase({}),
    derive: embeddedDatabase,
    derived: 'on Railway in the volume, if there is one',
    example: 'postgres://solar:password@db.example.com/solar',
    secret: true,
    read: readDatabaseUrl,
  }),
  workers: setting(Type.Integer({ minimum: 1, maximum: 256 }), {
    name: 'WORKERS',
    about: 'How many processes share the port and the work; `auto` means one for each core. More than one needs PostgreSQL.',
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
          'Encrypts the signing keys, signs cookies and login pages. With SQLite the server makes one and keeps it beside the database; with ' +
          'PostgreSQL you must set it, to the same value on all nodes. Run `openssl rand -base64 32`, and paste what it prints.',
        // Too short to be accepted, so that nobody uses it as it is.
        example: 'what-the-command-printed',
        secret: true,
        verbatim: true,
      },
    ),
  ),
  secretPrevious: Type.Optional(
    text(
      'SECRET_PREVIOUS',
      'the previous `SECRET`, of at least 32 characters',
      { minLength: 32 },
      {
        about:
          'The secret that `SECRET` replaces, for example what is in the file `data/secret`. At the start, what it encrypted is encrypted with the ' +
          'new one; pages that it signed stay valid.',
        example: 'the-secret-until-now',
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
      about: 'The user name of the administrator, whose account is created or updated at every start.',
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
        'The password of the administrator. Changing it ends their sessions. If others can reach the server, the default is refused, and so are fewer than 8 characters.',
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
        about: 'The e-mail address of the administrator, which clients see as verified.',
        example: 'helen@example.com',
      },
    ),
  ),
  ...PROVIDER_SETTINGS,
  ...SERVICE,
  ...MAIL_SETTINGS,
  trustProxy: setting(Type.Union([Type.Literal(false), Type.Integer({ minimum: 1, maximum: 16 }), Type.Array(Type.String())]), {
    name: 'TRUST_PROXY',
    about: 'Which proxies to trust for `X-Forwarded-For`: how many are in front of the server, or their addresses.',
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
  ...ADMISSION_SETTINGS,
  ...OBSERVABILITY,
  secondFactor: choice('SECOND_FACTOR', [...SECOND_FACTOR_RULES], {
    about:
      'Who needs a second factor to log in: nobody, those who set one up, the administrator as well, or everyone. `off` ignores one-time codes ' +
      'that are set up already. See docs/factors.md.',
    fallback: 'offered',
    example: 'everyone',
  }),
  ...STRICTNESS,
  cimd: choice('CIMD', ['on', 'off'], {
    about:
      "Whether a client's `client_id` may be the https URL of its metadata document, which the server then fetches. Set it to `off` if the " +
      "server can't make outgoing requests; clients then register themselves instead.",
    fallback: 'on',
    example: 'off',
  }),
  softwareStatementIssuers: Type.Optional(
    setting(Type.Unsafe<StatementIssuer[]>(Type.Array(Type.Object({ issuer: Type.String(), keys: Type.Object({}) }))), {
      name: 'SOFTWARE_STATEMENT_ISSUERS',
      about:
        'Issuers of software statements that you trust (RFC 7591 section 2.3), each with its keys. Without any, statements are ignored.',
      accepts: 'a list of `ISSUER=KEYS`, separated by commas; KEYS is the https URL of a JWKS, or a file that holds one',
      example: 'https://vendor.example=https://vendor.example/jwks.json',
      read: readStatementIssuers,
    }),
  ),
  accessTokenAlg: choice('ACCESS_TOKEN_ALG', ['ES256', 'RS256'], {
    about:
      'The algorithm that signs access tokens, unless their resource sets its own. `RS256` is slower; it is for resource servers that need it.',
    fallback: 'ES256',
    example: 'RS256',
  }),
  accessTokenFormat: choice('ACCESS_TOKEN_FORMAT', ['jwt', 'opaque'], {
    about:
      'The format of access tokens, unless their resource sets its own: JWTs that anybody can verify with the published keys, or opaque ones that ' +
      'only `/introspect` can check, and that end the moment they are revoked.',
    fallback: 'jwt',
    example: 'opaque',
  }),
  ...ACCOUNT_SETTINGS,
  ...ADMIN_SETTINGS,
  ...GATE_SETTINGS,
  unregisteredResources: choice('UNREGISTERED_RESOURCES', ['allow', 'refuse'], {
    about:
      'Whether clients may get tokens for a `resource` (an MCP server) that you did not register with `resource add`. Such tokens hold only the ' +
      'built-in scopes.',
    fallback: 'allow',
    example: 'refuse',
  }),
  accessDefault: choice('ACCESS_DEFAULT', ['open', 'closed'], {
    about:
      'Who may use an MCP server for which no [access rule](access.md) allows anybody: with `open` every user, as long as no rule denies it; with `closed` nobody.',
    fallback: 'open',
    example: 'closed',
  }),
  consentChoice: choice('CONSENT_CHOICE', ['on', 'off'], {
    about:
      'Whether users can allow less than an app asks for: with `on` the consent page has a box for each scope of an MCP server that is not required.',
    fallback: 'on',
    example: 'off',
  }),
  keyRotationInterval: durationOrOff('KEY_ROTATION_INTERVAL', ['1d', '3650d'], {
    about: 'How long a signing key is used before the next one takes over. Verifiers that read `/jwks` notice nothing.',
    fallback: '90d',
    example: 'off',
  }),
  dpopNonce: choice('DPOP_NONCE', ['on', 'off'], {
    about:
      'Whether a DPoP proof must hold a nonce from this server (RFC 9449 section 8), so that nobody can make proofs in advance. It sometimes costs clients ' +
      'one more request. Each proof is accepted only once in any case.',
    fallback: 'off',
    example: 'on',
  }),
  ...LIFETIMES,
  ...LIMITS,
})

/** The settings after reading; durations are seconds. */
export type Settings = Static<typeof ConfigSchema>
