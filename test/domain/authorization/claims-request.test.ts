import t from 'tap'
import { claimScopes, parseClaimsRequest, restrictClaims } from '#src/domain/authorization/claims-request.ts'
import type { ClaimsRequest } from '#src/domain/authorization/claims-request.ts'

function parsed(request: unknown): ClaimsRequest {
  const result = parseClaimsRequest(JSON.stringify(request))
  if (!result.ok) throw result.error
  return result.value
}

t.test('a request names claims about the user, for the id_token and for UserInfo', async (t) => {
  const { claims, subjects, acr } = parsed({
    id_token: { email: null, locale: { values: ['ko', 'en'] }, auth_time: { essential: true } },
    userinfo: {
      nickname: { essential: true },
      'given_name#ja': null,
      'http://example.info/claims/groups': null,
      email_verified: { value: true },
    },
    other: {},
  })
  t.strictSame(claims, { idToken: { locale: ['ko', 'en'], email: null }, userinfo: { nickname: null, email_verified: [true] } })
  t.strictSame([subjects, acr], [undefined, undefined])
  t.strictSame(parseClaimsRequest(undefined), { ok: true, value: {} })
  t.strictSame(parsed({ userinfo: null }).claims, { idToken: {}, userinfo: {} })
})

t.test('members of the object prototype are not claims', async (t) => {
  const request = '{"userinfo": {"__proto__": {"email": null}, "constructor": null, "toString": {"value": 1}}}'
  t.strictSame(parseClaimsRequest(request), {
    ok: true,
    value: { claims: { idToken: {}, userinfo: {} }, subjects: undefined, acr: undefined },
  })
})

t.test('a value that asks nothing of a claim counts as null', async (t) => {
  t.strictSame(
    parsed({ userinfo: { email: true, name: ['x'], nickname: { value: undefined }, locale: { values: 'ko', value: 'en' } } }).claims
      ?.userinfo,
    {
      name: null,
      nickname: null,
      locale: ['en'],
      email: null,
    },
  )
})

t.test('what is not a JSON object of objects is refused', async (t) => {
  for (const raw of ['', 'x', '[]', 'null', '"x"', '1', '{"userinfo": []}', '{"id_token": "email"}', '{"userinfo": {}, "id_token": 1}']) {
    t.match(parseClaimsRequest(raw), { ok: false, error: { code: 'invalid_request', description: /^claims must be a JSON object/ } }, raw)
  }
})

t.test('a requested subject must match for both id_token and UserInfo', async (t) => {
  t.strictSame(parsed({ id_token: { sub: { value: 'helen' } } }).subjects, ['helen'])
  t.strictSame(parsed({ userinfo: { sub: { values: ['helen', 'ada'] } }, id_token: { sub: { value: 'ada' } } }).subjects, ['ada'])
  t.strictSame(parsed({ userinfo: { sub: { value: 'helen' } }, id_token: { sub: { value: 'ada' } } }).subjects, [])
  t.equal(parsed({ id_token: { sub: null }, userinfo: { sub: { essential: true } } }).subjects, undefined)
})

t.test('acr is requested for the id_token, essential or not', async (t) => {
  t.strictSame(parsed({ id_token: { acr: { essential: true, values: ['gold', 'silver'] } } }).acr, {
    values: ['gold', 'silver'],
    essential: true,
  })
  t.strictSame(parsed({ id_token: { acr: { value: 'gold' } } }).acr, { values: ['gold'], essential: false })
  t.equal(parsed({ id_token: { acr: { essential: true } }, userinfo: { acr: { essential: true, value: 'gold' } } }).acr, undefined)
})

t.test('claims are kept or dropped by the scopes that they belong to', async (t) => {
  const { claims } = parsed({ id_token: { email: null, name: null }, userinfo: { phone_number: { value: '+1' } } })
  t.strictSame(claimScopes(claims).sort(), ['email', 'phone', 'profile'])
  t.strictSame(
    restrictClaims(claims, (scope) => scope !== 'profile'),
    { idToken: { email: null }, userinfo: { phone_number: ['+1'] } },
  )
  t.equal(
    restrictClaims(claims, () => false),
    undefined,
  )
  t.equal(
    restrictClaims(undefined, () => true),
    undefined,
  )
  t.strictSame(claimScopes(undefined), [])
})
