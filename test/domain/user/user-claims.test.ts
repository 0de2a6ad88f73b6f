import t from 'tap'
import { USER_CLAIM_NAMES, USER_SCOPES, userClaims, scopeOfClaim } from '#src/domain/user/user-claims.ts'
import { FULL_PROFILE, NOW, sampleUser } from '#test/support/records.ts'

const full = sampleUser({ email: 'helen@example.com', emailVerified: true, profile: FULL_PROFILE, updatedAt: NOW + 1500 })
const byScope = {
  profile: {
    ...{
      name: 'Helen K',
      preferred_username: 'helen',
      given_name: 'Helen',
      family_name: 'K',
      middle_name: 'M',
      nickname: 'Nell',
      profile: 'https://a.example/',
    },
    ...{
      picture: 'https://a.example/h.png',
      website: 'http://helen.example',
      gender: 'female',
      birthdate: '0000-02-29',
      zoneinfo: 'Asia/Seoul',
      locale: 'ko-KR',
      updated_at: NOW / 1000 + 1,
    },
  },
  email: { email: 'helen@example.com', email_verified: true },
  address: {
    address: {
      formatted: '1 Main Street, Seoul',
      street_address: '1 Main Street',
      locality: 'Seoul',
      region: 'Seoul',
      postal_code: '04524',
      country: 'KR',
    },
  },
  phone: { phone_number: '+8221234567', phone_number_verified: true },
}

t.test('each scope reveals only its own claims (OpenID Connect Core section 5.4)', async (t) => {
  t.strictSame(USER_SCOPES, Object.keys(byScope))
  for (const [scope, claims] of Object.entries(byScope)) {
    t.strictSame(userClaims(full, ['openid', scope]), claims)
    for (const name of Object.keys(claims)) t.equal(scopeOfClaim(name), scope)
  }
  t.strictSame(userClaims(full, ['openid', 'offline_access']), {})
  t.strictSame(Object.keys(Object.assign({}, ...Object.values(byScope))), USER_CLAIM_NAMES)
  t.equal(scopeOfClaim('acr'), undefined)
})

t.test('unknown claims about a user are left out', async (t) => {
  t.strictSame(userClaims(sampleUser(), USER_SCOPES), { name: 'helen', preferred_username: 'helen', updated_at: NOW / 1000 })
  const some = sampleUser({ profile: { phoneNumber: '+1', address: { country: 'KR' } } })
  t.strictSame(userClaims(some, ['phone', 'address']), { address: { country: 'KR' }, phone_number: '+1', phone_number_verified: false })
})

t.test('a claim that is requested by name needs no scope, but an accepted value', async (t) => {
  t.strictSame(userClaims(full, [], { nickname: null, email: null }), { nickname: 'Nell', email: 'helen@example.com' })
  t.strictSame(userClaims(full, [], { locale: ['en', 'ko-KR'], email_verified: [true] }), { locale: 'ko-KR', email_verified: true })
  t.strictSame(userClaims(full, [], { locale: ['en'], email_verified: ['true'], nickname: [] }), {})
  t.strictSame(userClaims(full, [], { address: [{ ...byScope.address.address }] }), byScope.address, 'values are compared whole')
  t.strictSame(userClaims(full, ['email'], { email: ['other@example.com'] }), byScope.email, 'a claim of the scope needs no value')
})
