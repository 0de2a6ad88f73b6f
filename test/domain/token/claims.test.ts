import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import {
  CLAIMS,
  accessTokenClaims,
  accessTokenHash,
  clientTokenClaims,
  idTokenClaims,
  logoutTokenClaims,
  userInfoClaims,
} from '#src/domain/token/claims.ts'
import { USER_SCOPES } from '#src/domain/user/user-claims.ts'
import { UserInfo } from '#src/schemas/userinfo.ts'
import { FULL_PROFILE, NOW, sampleGrant, sampleUser } from '#test/support/records.ts'

const ISSUER = 'https://auth.example'
const made = { issuer: ISSUER, subject: 'user_sample', jti: 'token_1', atHash: 'half a hash', requested: {}, now: NOW + 999, ttl: 3600 }

t.test('an access token names issuer, subject, client, audience and lifetime (RFC 9068 section 2.2)', async (t) => {
  t.strictSame(
    accessTokenClaims(
      sampleGrant(),
      'user_sample',
      { scopes: ['openid', 'email'], audience: 'https://mcp.example/', resource: undefined },
      made,
    ),
    {
      iss: ISSUER,
      sub: 'user_sample',
      aud: 'https://mcp.example/',
      client_id: 'client_sample',
      scope: 'openid email',
      gid: 'grant_sample',
      jti: 'token_1',
      auth_time: NOW / 1000 - 5,
      ...PASSWORD_LOGIN,
      iat: NOW / 1000,
      exp: NOW / 1000 + 3600,
    },
  )
})

t.test('a token that a client gets for itself names no user, no grant and no login (RFC 9068 section 2.2)', async (t) => {
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
  const claimed = (audience: string | undefined) =>
    accessTokenClaims(sampleGrant(), 'user_sample', { scopes: [], audience, resource: undefined }, made).aud
  t.equal(claimed('https://MCP.example:443/a/../b'), 'https://MCP.example:443/a/../b')
  t.equal(claimed(undefined), ISSUER)
})

t.test('an id_token is for the client, with the nonce if there was one (OpenID Connect Core section 2)', async (t) => {
  const expected = {
    iss: ISSUER,
    sub: 'user_sample',
    aud: 'client_sample',
    auth_time: NOW / 1000 - 5,
    ...PASSWORD_LOGIN,
    at_hash: 'half a hash',
    iat: NOW / 1000,
    exp: NOW / 1000 + 3600,
  }
  t.strictSame(idTokenClaims(sampleGrant(), made), expected)
  t.strictSame(idTokenClaims(sampleGrant({ nonce: 'n', sid: 'session_1' }), made), { ...expected, nonce: 'n', sid: 'session_1' })
  t.strictSame(
    idTokenClaims(sampleGrant(), { ...made, requested: { name: 'Helen' } }),
    { name: 'Helen', ...expected },
    'and claims about the user, if the request named them',
  )
})

t.test('at_hash is half of the hash that belongs to the algorithm of the id_token (OpenID Connect Core section 3.1.3.6)', async (t) => {
  // The example of appendix A.3.
  const token = 'jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y'
  for (const alg of ['RS256', 'ES256', 'PS256'] as const) t.equal(accessTokenHash(token, alg), '77QmUPtjPfzWtF2AnpK9RQ')
  t.match(accessTokenHash(token, 'EdDSA'), /^[\w-]{43}$/, 'of SHA-512 half is 32 bytes')
})

t.test(
  'a logout token is for the client, names user and session, and expires after two minutes (Back-Channel Logout section 2.4)',
  async (t) => {
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
  },
)

t.test('an access token has the algorithm of UserInfo, if the client registered one', async (t) => {
  const claims = accessTokenClaims(sampleGrant(), 'user_sample', { scopes: [], audience: undefined, resource: undefined }, made, 'ES256')
  t.equal(claims.userinfo_alg, 'ES256')
})

t.test('every claim that is advertised is really issued', async (t) => {
  const info = userInfoClaims(sampleUser({ email: 'helen@example.com', profile: FULL_PROFILE }), 'user_sample', USER_SCOPES)
  t.ok(Value.Check(UserInfo, info), 'and passes the shape of UserInfo')
  const issued = { ...idTokenClaims(sampleGrant({ nonce: 'n', sid: 'session_1' }), made), ...info }
  t.strictSame(Object.keys(issued).sort(), [...CLAIMS].sort())
})
