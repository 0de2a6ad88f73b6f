import t from 'tap'
import { PASSWORD_LOGIN, acrOf } from '#src/domain/authorization/authentication.ts'
import { FRESH_FOR_MS, isFresh } from '#src/domain/user/session.ts'
import { NOW } from '#test/support/records.ts'

t.test('a login is fresh for ten minutes, and people who have a second factor must have shown it', async (t) => {
  const twice = acrOf(['pwd', 'otp', 'mfa'])
  for (const [acr, age, hasSecondFactor, fresh] of [
    [PASSWORD_LOGIN.acr, 0, false, true],
    [PASSWORD_LOGIN.acr, FRESH_FOR_MS, false, true],
    [PASSWORD_LOGIN.acr, FRESH_FOR_MS + 1, false, false],
    [PASSWORD_LOGIN.acr, 0, true, false],
    [twice, FRESH_FOR_MS, true, true],
    [twice, FRESH_FOR_MS + 1, true, false],
    [twice, 0, false, true],
  ] as const)
    t.equal(isFresh({ acr, authTime: NOW - age }, NOW, hasSecondFactor), fresh, `${acr} ${age} ${hasSecondFactor}`)
})
