import fc from 'fast-check'
import { createHash } from 'node:crypto'
import t from 'tap'
import { isCodeChallenge, verifyCodeVerifier } from '#src/domain/protocol/pkce.ts'
import { holds, shown } from '#test/support/property.ts'

/** RFC 7636 appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

t.test('the example of RFC 7636 verifies', async (t) => {
  t.ok(verifyCodeVerifier({ value: CHALLENGE, method: 'S256' }, VERIFIER))
  t.ok(verifyCodeVerifier({ value: VERIFIER, method: 'plain' }, VERIFIER))
})

t.test('a verifier matches one challenge with one method (T9)', async (t) => {
  t.notOk(verifyCodeVerifier({ value: CHALLENGE, method: 'plain' }, VERIFIER))
  t.notOk(verifyCodeVerifier({ value: CHALLENGE, method: 'S256' }, CHALLENGE), 'who saw the challenge has not seen the verifier')
  t.notOk(verifyCodeVerifier({ value: VERIFIER, method: 'S256' }, VERIFIER))
  t.notOk(verifyCodeVerifier({ value: VERIFIER, method: 'plain' }, `${VERIFIER}x`))
  t.notOk(verifyCodeVerifier({ value: `${VERIFIER}x`, method: 'plain' }, VERIFIER))
})

t.test('a verifier has 43 to 128 unreserved characters, even if its hash would match', async (t) => {
  for (const verifier of [
    '',
    'a',
    'a'.repeat(42),
    'a'.repeat(129),
    `${'a'.repeat(43)} `,
    `${'a'.repeat(43)}\n`,
    `${'ü'.repeat(43)}`,
    `${'a'.repeat(43)}=`,
  ]) {
    t.notOk(
      verifyCodeVerifier({ value: createHash('sha256').update(verifier).digest('base64url'), method: 'S256' }, verifier),
      shown(verifier),
    )
    t.notOk(verifyCodeVerifier({ value: verifier, method: 'plain' }, verifier), shown(verifier))
  }
})

t.test('a challenge must be well formed for its method', async (t) => {
  t.ok(isCodeChallenge(CHALLENGE, 'S256'))
  const malformed = ['', CHALLENGE.slice(1), `${CHALLENGE}A`, `${CHALLENGE.slice(1)}=`, `${CHALLENGE.slice(1)}.`, `${CHALLENGE}\n`]
  for (const challenge of malformed) t.notOk(isCodeChallenge(challenge, 'S256'), challenge)
  for (const challenge of ['a'.repeat(43), '-._~'.repeat(32)]) t.ok(isCodeChallenge(challenge, 'plain'))
  for (const challenge of ['a'.repeat(42), 'a'.repeat(129), `${'a'.repeat(43)}+`]) t.notOk(isCodeChallenge(challenge, 'plain'), challenge)
})

t.test('property: only the right verifier matches a challenge', async (t) => {
  const verifier = fc.string({ unit: fc.constantFrom(...'ABCxyz019-._~'), minLength: 43, maxLength: 128 })
  holds(
    t,
    fc.property(verifier, verifier, fc.constantFrom('S256' as const, 'plain' as const), (own, other, method) => {
      const challenge = { value: method === 'plain' ? own : createHash('sha256').update(own).digest('base64url'), method }
      return verifyCodeVerifier(challenge, own) && verifyCodeVerifier(challenge, other) === (own === other)
    }),
  )
})
