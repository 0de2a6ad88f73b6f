import t from 'tap'
import { parsePasskeyName, rpIdOf } from '#src/domain/user/passkeys.ts'

t.test('passkeys belong to the host of the issuer, and there are none where that is an address', async (t) => {
  t.equal(rpIdOf('https://auth.example.com:8443/tenant'), 'auth.example.com')
  t.equal(rpIdOf('http://localhost:8000'), 'localhost')
  for (const issuer of ['http://127.0.0.1:8000', 'https://192.0.2.1', 'http://[::1]:8000']) t.equal(rpIdOf(issuer), undefined, issuer)
})

t.test('a passkey has a name of one line, and a long one is cut between letters', async (t) => {
  t.equal(parsePasskeyName(' My\nphone '), 'My phone')
  t.equal(parsePasskeyName('🪐'.repeat(100)), '🪐'.repeat(64))
  t.equal(parsePasskeyName(' \u0000'), undefined)
})
