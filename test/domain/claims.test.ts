import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { PASSWORD_LOGIN } from '../../src/domain/authentication.ts'
import { CLAIMS, accessTokenClaims, clientTokenClaims, idTokenClaims, logoutTokenClaims, userInfoClaims } from '../../src/domain/claims.ts'
import { UserInfo } from '../../src/schemas/userinfo.ts'
import { NOW, sampleGrant, sampleUser } from '../support/records.ts'

const ISSUER = 'https://auth.example'
const made = { issuer: ISSUER, subject: 'user_sample', jti: 'token_1', now: NOW + 999, ttl: 3600 }

t.test('an access token says who, for whom, by whom, how long (RFC 9068 section 2.2)', async (t) => {
  t.strictSame(accessTokenClaims(sampleGrant(), 'user_sample', { scopes: ['openid', 'email'], audience: 'https://mcp.example/', resource: undefined }, made), {
    iss: ISSUER,
    sub: 'user_sample',
    aud: 'https://mcp.example/',
    client_id: 'client_sample',
    scope: 'openid email',
    gid: 'grant_sample',
    jti: 'token_1',
    auth_time: NOW / 1000 - 5,
    acr: PASSWORD_LOGIN.acr,
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
  })
})

t.test('what a client gets for itself names no person, no grant and no login (RFC 9068 section 2.2)', async (t) => {
  t.strictSame(clientTokenClaims('client_sample', { scopes: ['tools:read'], audience: undefined, resource: undefined }, made), {
    iss: ISSUER,
    sub: 'client_sample',
    aud: ISSUER,
    client_id: 'client_sample',
    scope: 'tools:read',
    jti: 'token_1',
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
  })
})

t.test('the audience is the resource byte for byte, or the issuer', async (t) => {
  const claimed = (audience: string | undefined) => accessTokenClaims(sampleGrant(), 'user_sample', { scopes: [], audience, resource: undefined }, made).aud
  t.equal(claimed('https://MCP.example:443/a/../b'), 'https://MCP.example:443/a/../b')
  t.equal(claimed(undefined), ISSUER)
})

t.test('an id_token is for the client, with the nonce if there was one (OpenID Connect Core section 2)', async (t) => {
  const expected = { iss: ISSUER, sub: 'user_sample', aud: 'client_sample', auth_time: NOW / 1000 - 5, ...PASSWORD_LOGIN, iat: NOW / 1000, exp: NOW / 1000 + 3600 }
  t.strictSame(idTokenClaims(sampleGrant(), made), expected)
  t.strictSame(idTokenClaims(sampleGrant({ nonce: 'n', sid: 'session_1' }), made), { ...expected, nonce: 'n', sid: 'session_1' })
})

t.test('a logout token is for the client, names person and session, and is over in two minutes (Back-Channel Logout section 2.4)', async (t) => {
  t.strictSame(logoutTokenClaims({ sid: 'session_1', userId: 'user_sample', clientId: 'client_sample' }, made), {
    iss: ISSUER,
    sub: 'user_sample',
    aud: 'client_sample',
    sid: 'session_1',
    jti: 'token_1',
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    iat: NOW / 1000,
    exp: NOW / 1000 + 120,
  })
})

const full = sampleUser({
  email: 'helen@example.com',
  emailVerified: true,
  profile: { name: 'Helen K', givenName: 'Helen', familyName: 'K', picture: 'https://a.example/h.png', locale: 'ko' },
  updatedAt: NOW + 1500,
})
const profile = {
  name: 'Helen K',
  preferred_username: 'helen',
  given_name: 'Helen',
  family_name: 'K',
  picture: 'https://a.example/h.png',
  locale: 'ko',
  updated_at: NOW / 1000 + 1,
}

t.test('UserInfo tells what the scopes open, and leaves out what has no value (OpenID Connect Core section 5.4)', async (t) => {
  t.strictSame(userInfoClaims(full, 'user_sample', ['openid']), { sub: 'user_sample' })
  t.strictSame(userInfoClaims(full, 'user_sample', ['openid', 'profile']), { sub: 'user_sample', ...profile })
  t.ok(Value.Check(UserInfo, userInfoClaims(full, 'user_sample', ['openid', 'profile', 'email'])), 'and passes its shape')
  t.strictSame(userInfoClaims(full, 'user_sample', ['openid', 'email']), { sub: 'user_sample', email: 'helen@example.com', email_verified: true })
  t.strictSame(userInfoClaims(sampleUser(), 'user_sample', ['openid', 'profile', 'email']), { sub: 'user_sample', name: 'helen', preferred_username: 'helen', updated_at: NOW / 1000 })
})

t.test('every claim that is advertised is really issued', async (t) => {
  const issued = { ...idTokenClaims(sampleGrant({ nonce: 'n', sid: 'session_1' }), made), ...userInfoClaims(full, 'user_sample', ['profile', 'email']) }
  t.strictSame(Object.keys(issued).sort(), [...CLAIMS].sort())
})
