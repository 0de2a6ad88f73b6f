import t from 'tap'
import { checkBinding, refreshTokenKey } from '#src/domain/dpop/dpop-binding.ts'
import { sampleClient } from '#test/support/records.ts'

t.test('a code or refresh token that is bound to a key needs a proof of that key, any other needs none', async (t) => {
  for (const [boundTo, proven] of [
    [undefined, undefined],
    [undefined, 'a'],
    ['a', 'a'],
  ])
    t.ok(checkBinding(boundTo, proven).ok, `${boundTo} ${proven}`)
  t.match(checkBinding('a', undefined), { ok: false, error: { code: 'invalid_grant', description: /a DPoP proof is required/ } })
  t.match(checkBinding('a', 'b'), { ok: false, error: { code: 'invalid_grant', description: /another key/ } })
})

t.test('the refresh token of a public client is bound to its key, and a client that authenticates may change its key', async (t) => {
  t.equal(refreshTokenKey(sampleClient(), 'a'), 'a')
  t.equal(refreshTokenKey(sampleClient(), undefined), undefined)
  t.equal(refreshTokenKey(sampleClient({ secretHash: 'x', metadata: { tokenEndpointAuthMethod: 'client_secret_basic' } }), 'a'), undefined)
  t.equal(refreshTokenKey(sampleClient({ metadata: { tokenEndpointAuthMethod: 'private_key_jwt' } }), 'a'), undefined)
})
