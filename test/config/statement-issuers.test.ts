import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { readStatementIssuers } from '#src/config/settings/statement-issuers.ts'

const EC = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'BB', kid: 'one' }

t.test('an operator trusts issuers by the address of their keys, or by a file', async (t) => {
  const file = join(t.testdir({ 'keys.json': JSON.stringify({ keys: [EC] }) }), 'keys.json')
  t.same(readStatementIssuers(`https://vendor.example=https://vendor.example/keys?a=b, other=${file}`), {
    ok: true,
    value: [
      { issuer: 'https://vendor.example', keys: { jwksUri: 'https://vendor.example/keys?a=b' } },
      { issuer: 'other', keys: { jwks: { keys: [EC] } } },
    ],
  })
  const loaded = loadConfig({ SOFTWARE_STATEMENT_ISSUERS: 'https://vendor.example=https://vendor.example/keys' })
  t.match(loaded, { ok: true, value: { softwareStatementIssuers: [{ issuer: 'https://vendor.example' }] } })
  t.match(loadConfig({}), { ok: true, value: { softwareStatementIssuers: undefined } })
})

t.test('an operator reads what is wrong with a list of issuers', async (t) => {
  const folder = t.testdir({ 'keys.json': '{"keys":[{"kty":"oct","k":"AA"}]}', 'text.json': 'keys' })
  const table: [string, RegExp][] = [
    ['https://vendor.example', /must be a list of `ISSUER=KEYS`/],
    ['=keys.json', /must be a list of `ISSUER=KEYS`/],
    ['a=', /must be a list of `ISSUER=KEYS`/],
    ['a=https://a.example/k,a=https://b.example/k', /must name a only once/],
    ['a=http://a.example/k', /must name a plain https URL or a file, not http:\/\/a\.example\/k/],
    [`a=${join(folder, 'none.json')}`, /must name a file that can be read, not .*none\.json \(ENOENT\)/],
    [`a=${join(folder, 'text.json')}`, /must name a file with a JWKS: in .*text\.json the key set is not JSON/],
    [`a=${join(folder, 'keys.json')}`, /must name a file with a JWKS: in .*keys\.json the key set must hold public keys only/],
  ]
  for (const [value, reason] of table) {
    const loaded = loadConfig({ SOFTWARE_STATEMENT_ISSUERS: value })
    t.match(loaded.ok ? [] : loaded.error, [reason], value)
  }
})
