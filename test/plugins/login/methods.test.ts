// The table of the ways to log in: what each is worth, and where it counts.
import t from 'tap'
import { MULTI_FACTOR, PASSWORD_LOGIN, PHISHING_RESISTANT, acrOf } from '#src/domain/authorization/authentication.ts'
import { METHODS, canSetUp, countingHere } from '#src/plugins/login/methods/methods.ts'

const HOST = 'auth.example.com'

t.test('each way to log in states how somebody logged in, and reaches one rung', async (t) => {
  t.strictSame(
    METHODS.map(({ name, factor, amr }) => [name, factor, amr, acrOf(amr)]),
    [
      ['password', 'first', ['pwd'], PASSWORD_LOGIN.acr],
      ['passkey', 'either', ['pop', 'user', 'mfa'], PHISHING_RESISTANT],
      ['provider', 'first', [], PASSWORD_LOGIN.acr],
      ['one-time-code', 'second', ['otp', 'mfa'], MULTI_FACTOR],
      ['recovery-code', 'second', ['otp', 'mfa'], MULTI_FACTOR],
    ],
  )
})

t.test('the settings say which ones count, and whether a second factor can be set up', async (t) => {
  for (const [settings, counting, settable] of [
    [
      { passwordLogin: 'on', secondFactor: 'offered', rpId: HOST },
      ['password', 'passkey', 'provider', 'one-time-code', 'recovery-code'],
      true,
    ],
    [
      { passwordLogin: 'admin', secondFactor: 'everyone', rpId: undefined },
      ['password', 'provider', 'one-time-code', 'recovery-code'],
      true,
    ],
    [{ passwordLogin: 'off', secondFactor: 'off', rpId: HOST }, ['passkey', 'provider', 'recovery-code'], true],
    [{ passwordLogin: 'off', secondFactor: 'off', rpId: undefined }, ['provider', 'recovery-code'], false],
  ] as const) {
    t.strictSame([...countingHere(settings)], counting, JSON.stringify(settings))
    t.equal(canSetUp(settings), settable)
  }
})
