import t from 'tap'
import { breaking, json, page, startFixture, withHeader, withMembers } from '#test/doctor/fixture-server.ts'
import type { Breakage } from '#test/doctor/fixture-server.ts'
import { runVerify } from '#test/doctor/run-verify.ts'

const tolerated: { what: string; change: Breakage; notes: string[]; skips: string[]; says: RegExp }[] = [
  {
    what: 'a registration with 200',
    change: breaking('register', (answer) => ({ ...answer, status: 200 })),
    notes: ['A client can register'],
    skips: [],
    says: /RFC 7591 section 3.2.1 requires 201/,
  },
  {
    what: 'an unannounced iss',
    change: withMembers('oauth', { authorization_response_iss_parameter_supported: undefined }),
    notes: ['iss in authorization responses is announced'],
    skips: [],
    says: /RFC 9207/,
  },
  {
    what: 'an iss announced as false',
    change: withMembers('oauth', { authorization_response_iss_parameter_supported: false }),
    notes: ['iss in authorization responses is announced'],
    skips: [],
    says: /RFC 9207/,
  },
  {
    what: 'metadata without keys',
    change: withMembers('oauth', { jwks_uri: undefined }),
    notes: [],
    skips: ['The signing keys can be read'],
    says: /names no jwks_uri/,
  },
  {
    what: 'a reflected origin',
    change: withHeader('oauth', 'access-control-allow-origin', 'http://localhost:6274'),
    notes: [],
    skips: [],
    says: /0 failed/,
  },
  { what: 'two keys', change: withMembers('jwks', { keys: [{ kty: 'EC' }, { kty: 'RSA' }] }), notes: [], skips: [], says: /\(2 keys\)/ },
  {
    what: 'a login by script',
    change: breaking('login', () => page(200, '<script src="/app.js"></script>')),
    notes: ['An authorization leads to a login page'],
    skips: [],
    says: /has no form/,
  },
  {
    what: 'a login elsewhere',
    change: breaking('authorize', () => ({ status: 302, headers: { location: 'https://login.example/x' }, body: '' })),
    notes: ['An authorization leads to a login page'],
    skips: [],
    says: /sent to https:\/\/login\.example to log in/,
  },
  {
    what: 'a private_key_jwt client',
    change: withMembers('register', { token_endpoint_auth_method: 'private_key_jwt' }),
    notes: [],
    skips: ['The token endpoint refuses a made-up code'],
    says: /private_key_jwt, which is not tried here/,
  },
  {
    what: 'a server without RFC 7592',
    change: withMembers('register', { registration_client_uri: undefined, registration_access_token: undefined }),
    notes: [],
    skips: ['The registered client is deleted again'],
    says: /does not offer RFC 7592; the client [\w-]+ stays/,
  },
  {
    what: 'a deletion with 200',
    change: breaking('client', () => json(200, {})),
    notes: ['The registered client is deleted again'],
    skips: [],
    says: /requires 204/,
  },
  {
    what: 'a forbidden deletion',
    change: breaking('client', () => json(403, {})),
    notes: ['The registered client is deleted again'],
    skips: [],
    says: /status 403/,
  },
  {
    what: 'an unsupported deletion',
    change: breaking('client', () => json(405, {})),
    notes: ['The registered client is deleted again'],
    skips: [],
    says: /status 405/,
  },
]

for (const { what, change, notes, skips, says } of tolerated) {
  t.test(`verify tolerates ${what}`, async (t) => {
    const { issuer } = await startFixture(t, change)
    const report = await runVerify(issuer)
    t.equal(report.ok, true, report.text)
    t.strictSame(report.titles.note, notes)
    t.strictSame(report.titles.skipped, skips)
    t.match(report.text, says)
  })
}
