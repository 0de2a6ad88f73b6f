/** Grants: tokens that are alive go on, and those that are dead stay so. */
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import type { JSONWebKeySet } from 'jose'
import type { KnownTokens } from '#test/upgrade/facts.ts'
import type { Check } from '#test/upgrade/installation.ts'
import { issuedBy } from '#test/upgrade/requests.ts'

export const checkGrants: Check = async (t, installation) => {
  const { app, facts, helen, client, refresh, userinfo, proofOf, issuer, clock } = installation
  const { grants } = facts
  const refreshOf = ({ client: name, refreshToken }: KnownTokens, headers?: Record<string, string>) =>
    refresh(client(name), refreshToken, headers)

  await t.test('a family of several generations goes on, and an old token of it ends it', async (t) => {
    const { refreshed } = grants
    t.equal(refreshed.used.length, 3)
    t.equal((await userinfo(refreshed.accessToken)).statusCode, 401, 'it was for an hour')
    const issued = issuedBy(await refreshOf(refreshed))
    t.strictSame((await userinfo(issued.access_token)).json(), helen.userinfo)
    t.equal((await refreshOf({ ...refreshed, refreshToken: refreshed.used[0]! })).statusCode, 400)
    t.equal((await refreshOf({ ...refreshed, refreshToken: issued.refresh_token })).statusCode, 400)
    t.equal((await userinfo(issued.access_token)).statusCode, 401)
  })

  await t.test('a token that was used a moment ago still brings another', async (t) => {
    const { withinGrace } = grants
    t.match(issuedBy(await refreshOf({ ...withinGrace, refreshToken: withinGrace.used[0]! })), { refresh_token: /./ })
    t.match(issuedBy(await refreshOf(withinGrace)), { refresh_token: /./ })
    t.equal((await refreshOf({ ...withinGrace, refreshToken: withinGrace.used[0]! })).statusCode, 400, 'until that one is used')
  })

  await t.test('nor does grace help once its successor was used', async (t) => {
    const { superseded } = grants
    t.equal((await refreshOf({ ...superseded, refreshToken: superseded.used[0]! })).statusCode, 400)
    t.equal((await refreshOf(superseded)).statusCode, 400)
  })

  await t.test('an id_token tells the same as the first one', async (t) => {
    const before = decodeJwt(grants.comets.idToken!)
    const after = decodeJwt(issuedBy(await refreshOf(grants.comets)).id_token)
    t.equal(before['nonce'], 'a nonce')
    for (const claim of ['iss', 'sub', 'aud', 'auth_time', 'acr', 'sid']) t.strictSame(after[claim], before[claim], claim)
  })

  await t.test('a grant that is bound to a key counts with that key alone', async (t) => {
    const { bound } = grants
    const dpop = async (path: string, accessToken?: string) => ({ dpop: await proofOf(bound.privateJwk, path, accessToken) })
    const present = async (token: string) => userinfo(token, { authorization: `DPoP ${token}`, ...(await dpop('/userinfo', token)) })
    t.equal((await present(bound.accessToken)).statusCode, 200)
    t.equal((await userinfo(bound.accessToken)).statusCode, 401)
    t.equal((await refreshOf(bound)).statusCode, 400)
    const issued = issuedBy(await refreshOf(bound, await dpop('/token')))
    t.equal(issued.token_type, 'DPoP')
    t.equal((await present(issued.access_token)).statusCode, 200)
  })

  await t.test('earlier and later tokens verify by the published keys', async (t) => {
    const jwks = createLocalJWKSet((await app.inject('/jwks')).json<JSONWebKeySet>())
    const verify = async (token: string) => jwtVerify(token, jwks, { issuer, currentDate: new Date(clock.now) })
    const { comets, signedByRetiredKey, withinGrace, claims } = grants
    t.match((await verify(comets.accessToken)).protectedHeader, { alg: 'RS256' })
    const [retired, current] = [await verify(signedByRetiredKey.accessToken), await verify(withinGrace.accessToken)]
    t.strictSame([retired.protectedHeader.alg, current.protectedHeader.alg], ['ES256', 'ES256'])
    t.not(retired.protectedHeader.kid, current.protectedHeader.kid)
    t.equal((await userinfo(signedByRetiredKey.accessToken)).statusCode, 200)
    t.match((await verify(claims.idToken!)).payload, { locale: 'ko-KR' })
  })

  await t.test('UserInfo says what it said', async (t) => {
    const { claims, pairwise } = grants
    t.strictSame((await userinfo(claims.accessToken)).json(), claims.userinfo)
    t.match(claims.userinfo, { birthdate: '0000-02-29', email: 'helen@example.com' })
    for (const token of [pairwise.accessToken, issuedBy(await refreshOf(pairwise)).access_token])
      t.match((await userinfo(token)).json(), { sub: pairwise.subject }, 'derived from the very first secret')
  })

  await t.test('what has ended stays dead', async (t) => {
    t.equal((await userinfo(grants.accessTokenRevoked.accessToken)).statusCode, 401)
    t.equal((await refreshOf(grants.accessTokenRevoked)).statusCode, 200, 'which was revoked alone')
    t.ok(Object.keys(grants.dead).length > 5)
    for (const [name, tokens] of Object.entries(grants.dead)) {
      t.match((await refreshOf(tokens)).statusCode, name === 'ofDisabledClient' ? 401 : 400, name)
      t.equal((await userinfo(tokens.accessToken)).statusCode, 401, name)
    }
  })
}
