import fc from 'fast-check'
import t from 'tap'
import { BUILT_IN_SCOPES, formatScope, grantableScopes, isSubset, parseRequestedScope, parseScope } from '#src/domain/protocol/scope.ts'
import { holds } from '#test/support/property.ts'

t.test('a scope string is parsed into tokens, without those that violate the grammar', async (t) => {
  const table: [string | undefined, string[]][] = [
    [undefined, []],
    ['', []],
    ['   ', []],
    ['openid  email openid', ['openid', 'email']],
    ['a"b c\\d e\tf ü g', ['g']],
    ['https://mcp.example/read mcp:tools!', ['https://mcp.example/read', 'mcp:tools!']],
  ]
  for (const [raw, scopes] of table) t.strictSame(parseScope(raw), scopes, String(raw))
})

t.test('a scope that breaks the grammar is refused, because nothing would mean everything (RFC 6749 section 3.3)', async (t) => {
  const fine: [string | undefined, string[]][] = [
    [undefined, []],
    ['', []],
    ['  ', []],
    [' openid  email ', ['openid', 'email']],
    ['OPENID', ['OPENID']],
  ]
  for (const [raw, scopes] of fine) t.strictSame(parseRequestedScope(raw), { ok: true, value: scopes }, String(raw))
  for (const raw of ['openid\tprofile', 'é', '"openid"', 'openid\u00a0profile', 'openid\nprofile', 'a\\b', '\u0000', 'openid é', '\u3000'])
    t.match(parseRequestedScope(raw), { ok: false, error: { code: 'invalid_scope', status: 400 } }, JSON.stringify(raw))
})

t.test('a request gets the scopes that it asks for, that its client registered, and that the server supports', async (t) => {
  const all = [...BUILT_IN_SCOPES]
  const table: [string[], string[], string[], string][] = [
    [[], [], all, 'neither asked nor registered anything: everything'],
    [[], ['email', 'openid'], ['openid', 'email'], 'asked nothing: what it registered'],
    [['openid', 'mcp:tools'], [], ['openid'], 'unknown ones are dropped'],
    [['email', 'openid'], [], ['email', 'openid'], 'the order of the request stays'],
    [['email', 'openid'], ['openid'], ['openid'], 'not registered, not granted'],
    [['openid', 'offline_access'], ['openid'], ['openid', 'offline_access'], 'offline_access is always allowed'],
    [['mcp:tools'], [], [], 'nothing of what it asks is known'],
  ]
  for (const [requested, registered, granted, why] of table) t.strictSame(grantableScopes(requested, registered, all), granted, why)
})

t.test('subsets', async (t) => {
  t.ok(isSubset([], []))
  t.ok(isSubset(['a'], ['b', 'a']))
  t.notOk(isSubset(['a', 'c'], ['b', 'a']))
})

t.test('property: parsing a scope string again changes nothing, and only supported scopes are granted', async (t) => {
  holds(
    t,
    fc.property(
      fc.string({ unit: 'binary' }),
      (raw) => formatScope(parseScope(formatScope(parseScope(raw)))) === formatScope(parseScope(raw)),
    ),
  )
  const scopes = fc.uniqueArray(fc.constantFrom(...BUILT_IN_SCOPES, 'mcp:tools', 'x'))
  holds(
    t,
    fc.property(scopes, scopes, (requested, registered) =>
      isSubset(grantableScopes(requested, registered, BUILT_IN_SCOPES), BUILT_IN_SCOPES),
    ),
  )
})
