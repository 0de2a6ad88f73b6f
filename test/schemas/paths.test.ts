import t from 'tap'
import { PATHS, WELL_KNOWN } from '../../src/schemas/paths.ts'

t.test('the paths that clients were told stay what they are', async (t) => {
  t.match(PATHS, { authorize: '/authorize', token: '/token', register: '/register', userinfo: '/userinfo', revoke: '/revoke', introspect: '/introspect', jwks: '/jwks', logout: '/logout', home: '/' })
  t.strictSame(WELL_KNOWN, { oauth: '/.well-known/oauth-authorization-server', openid: '/.well-known/openid-configuration' })
  const all = [...Object.values(PATHS), ...Object.values(WELL_KNOWN)]
  t.equal(new Set(all).size, all.length)
})
