import t from 'tap'
import { PATHS, WELL_KNOWN } from '#src/schemas/paths.ts'

t.test('the paths that clients know never change', async (t) => {
  for (const name of ['authorize', 'token', 'register', 'userinfo', 'revoke', 'introspect', 'jwks', 'logout'] as const)
    t.equal(PATHS[name], `/${name}`)
  t.equal(PATHS.home, '/')
  t.strictSame(WELL_KNOWN, { oauth: '/.well-known/oauth-authorization-server', openid: '/.well-known/openid-configuration' })
  const all = [...Object.values(PATHS), ...Object.values(WELL_KNOWN)]
  t.equal(new Set(all).size, all.length)
})
