import t from 'tap'
import { applyStatement, checkStatementClaims } from '#src/domain/client/software-statement.ts'
import { NOW } from '#test/support/records.ts'

const SERVER = ['https://auth.example', 'https://auth.example/register']
const SECONDS = NOW / 1000
const check = (claims: Record<string, unknown>) => checkStatementClaims(claims, SERVER, NOW)

t.test('a statement without time and audience is always valid', async (t) => {
  t.match(check({ iss: 'https://vendor.example' }), { ok: true })
})

t.test('a statement is valid from nbf to exp, with an allowance for clock differences', async (t) => {
  for (const claims of [{ exp: SECONDS + 1 }, { exp: SECONDS - 29 }, { nbf: SECONDS, iat: SECONDS + 30 }, { iat: 0 }])
    t.match(check(claims), { ok: true }, JSON.stringify(claims))
  for (const exp of [SECONDS - 30, 0, 'tomorrow', null, {}]) t.match(check({ exp }), { ok: false, error: 'has expired' }, String(exp))
  for (const name of ['nbf', 'iat'])
    for (const instant of [SECONDS + 31, 'now', null])
      t.match(check({ [name]: instant }), { ok: false, error: `is not valid yet (${name})` })
})

//= https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3
//# If the principal processing the claim does not identify itself with a value in the "aud" claim when this claim is present, then the JWT MUST be rejected.
t.test('a statement for other servers is refused', async (t) => {
  for (const aud of [SERVER[0], SERVER[1], ['https://other.example', SERVER[0]]]) t.match(check({ aud }), { ok: true })
  for (const aud of ['https://other.example', [], null, 7, [['https://auth.example']], 'https://auth.example/'])
    t.match(check({ aud }), { ok: false, error: 'is meant for another server (aud)' }, JSON.stringify(aud))
})

//= https://www.rfc-editor.org/rfc/rfc7591#section-3.1.1
//# If the server supports software statements, client metadata values conveyed in the software statement MUST take precedence over those conveyed using plain JSON elements.
t.test('claims of the issuer replace members of the client, in every language and for both forms of keys', async (t) => {
  const own = { client_name: 'Evil', 'client_name#ko': '악', scope: 'openid', jwks: { keys: [] }, 'tos_uri#ko': 'https://a.example/' }
  const claims = { iss: 'x', client_name: 'Good', jwks_uri: 'https://vendor.example/keys', tos_uri: null, software_statement: 'a.b.c' }
  t.strictSame(applyStatement(own, claims), {
    ok: true,
    value: { scope: 'openid', 'tos_uri#ko': 'https://a.example/', iss: 'x', client_name: 'Good', jwks_uri: 'https://vendor.example/keys' },
  })
  t.match(applyStatement({ client_name: 'Evil' }, { 'client_name#ko': '선' }), {
    ok: true,
    value: { client_name: undefined, 'client_name#ko': '선' },
  })
  t.match(applyStatement({ jwks_uri: 'https://evil.example/' }, { jwks: { keys: [] } }), { ok: true, value: { jwks_uri: undefined } })
})

t.test('a claim of the wrong type is refused by its name, and one that targets prototypes changes nothing', async (t) => {
  for (const [name, value] of Object.entries({
    redirect_uris: 'https://a.example/',
    client_name: 7,
    contacts: ['x'.repeat(257)],
    default_max_age: -1,
  })) {
    t.match(applyStatement({}, { [name]: value }), { ok: false, error: `has a claim ${name} of the wrong type or size` })
  }
  const applied = applyStatement({}, JSON.parse('{"__proto__": {"client_name": "x"}}') as Record<string, unknown>)
  t.ok(applied.ok && applied.value.client_name === undefined)
})
