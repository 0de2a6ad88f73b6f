import t from 'tap'
import { keyOfAccessToken, schemeOf } from '#src/domain/dpop/dpop-token.ts'

t.test('an access token comes with the scheme that it was issued for', async (t) => {
  t.strictSame([schemeOf(undefined), schemeOf('a')], ['Bearer', 'DPoP'])
  t.strictSame(keyOfAccessToken('Bearer', undefined), { ok: true, value: undefined })
  t.strictSame(keyOfAccessToken('DPoP', { jkt: 'a' }), { ok: true, value: 'a' })
  t.match(keyOfAccessToken('Bearer', { jkt: 'a' }), { ok: false, error: /bound to a key, and is not a bearer token/ })
  t.match(keyOfAccessToken('DPoP', undefined), { ok: false, error: /bound to no key/ })
  for (const cnf of [null, 'a', {}, { jkt: 7 }, { 'x5t#S256': 'a' }, { jkt: 'a', 'x5t#S256': 'b' }]) {
    for (const scheme of ['Bearer', 'DPoP'] as const)
      t.match(keyOfAccessToken(scheme, cnf), { ok: false, error: /in a way that is not known here/ }, JSON.stringify(cnf))
  }
})
