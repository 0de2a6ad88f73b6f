import t from 'tap'
import {
  ACR_VALUES,
  CODE_AMR,
  MULTI_FACTOR,
  PASSKEY_AMR,
  PASSWORD_LOGIN,
  PHISHING_RESISTANT,
  acrOf,
  bothAmr,
  isMultiFactor,
  isReachable,
  missingFactor,
  reachedAcr,
  statedAcr,
  withResources,
} from '#src/domain/authorization/authentication.ts'
import type { Missing } from '#src/domain/authorization/authentication.ts'

const [ONE, TWO, THREE] = [PASSWORD_LOGIN.acr, MULTI_FACTOR, PHISHING_RESISTANT]

t.test('an acr is essential if the request says so or names a resource, and can be had if it is on the ladder', async (t) => {
  t.equal(withResources(undefined, ['https://mcp.example']), undefined)
  t.same(withResources({ values: [TWO], essential: false }, ['https://mcp.example']), { values: [TWO], essential: true })
  t.same(withResources({ values: [TWO], essential: true }, []), { values: [TWO], essential: true })
  t.same(withResources({ values: [TWO], essential: false }, []), { values: [TWO], essential: false })
  for (const value of ACR_VALUES) t.ok(isReachable({ values: ['gold', value], essential: true }), value)
  t.ok(isReachable({ values: ['gold'], essential: false }))
  for (const value of ['gold', `${ONE}x`, ONE.toUpperCase(), [ONE], null])
    t.notOk(isReachable({ values: [value], essential: true }), String(value))
})

t.test('tokens state the highest acr that was asked for and reached, or else the one that was reached', async (t) => {
  for (const [acr, values, stated] of [
    [THREE, undefined, THREE],
    [THREE, [ONE], ONE],
    [THREE, [ONE, TWO], TWO],
    [THREE, ['gold'], THREE],
    [TWO, [THREE], TWO],
    [TWO, [THREE, ONE], ONE],
    [ONE, [TWO, THREE], ONE],
  ] as const)
    t.equal(statedAcr(acr, values && { values, essential: true }), stated, `${acr} ${values?.join(' ')}`)
})

t.test('to access rules a login is worth what its methods reach, whatever a token states', async (t) => {
  t.equal(reachedAcr({ amr: ['pwd', 'pop', 'user', 'mfa'], acr: ONE }), THREE)
  t.equal(reachedAcr({ amr: ['pwd'], acr: ONE }), ONE)
  t.equal(reachedAcr({ acr: TWO }), TWO, 'an earlier token has no methods')
  t.equal(reachedAcr({}), undefined, 'a client for itself has not logged in')
})

t.test('what a login lacks follows from the methods of the person and from what the request wants, in each cell', async (t) => {
  const YES_NO = [true, false] as const
  const WANTED = [undefined, [ONE], [TWO], [THREE], [THREE, TWO], [THREE, ONE], ['gold'], ['gold', TWO], []] as const
  const reached = new Map<Missing | undefined, number>()
  for (const acr of ACR_VALUES)
    for (const hasCodes of YES_NO)
      for (const hasPasskeys of YES_NO)
        for (const isRequired of YES_NO)
          for (const maySetUp of YES_NO)
            for (const values of WANTED)
              for (const essential of YES_NO) {
                const has = ACR_VALUES.indexOf(acr)
                const best = Math.max(has, hasCodes ? 1 : 0, hasPasskeys ? 2 : 0)
                const wanted = (values ?? []).flatMap((value) => (ACR_VALUES.includes(value) ? [ACR_VALUES.indexOf(value)] : []))
                const least = Math.min(...wanted.filter((rung) => rung <= best))
                let expected: Missing | undefined
                if (has === 0 && isRequired && best === 0) expected = maySetUp ? 'set-up' : 'locked'
                else if (least === 2 && has < 2) expected = 'passkey'
                else if (has === 0 && (isRequired || least === 1)) expected = 'second-factor'
                else if (values !== undefined && essential && least === Infinity) expected = 'unmet'
                const found = missingFactor(acr, { hasCodes, hasPasskeys, isRequired, maySetUp }, values && { values, essential })
                t.equal(found, expected, JSON.stringify({ acr, hasCodes, hasPasskeys, isRequired, maySetUp, values, essential }))
                reached.set(found, (reached.get(found) ?? 0) + 1)
              }
  t.equal(
    [...reached.values()].reduce((sum, count) => sum + count),
    3 * 2 * 2 * 2 * 2 * 9 * 2,
  )
  t.strictSame([...reached.keys()].map(String).sort(), ['locked', 'passkey', 'second-factor', 'set-up', 'undefined', 'unmet'])
})

t.test('two methods together are each method once', async (t) => {
  t.same(bothAmr(['pwd'], CODE_AMR), ['pwd', 'otp', 'mfa'])
  t.same(bothAmr(bothAmr(['pwd'], CODE_AMR), PASSKEY_AMR), ['pwd', 'otp', 'mfa', 'pop', 'user'])
})

t.test('methods reach a rung of the ladder together: one factor, two, and two that can’t be phished', async (t) => {
  const multiFactor = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'
  for (const [amr, acr, isMulti] of [
    [['pwd'], PASSWORD_LOGIN.acr, false],
    [[], PASSWORD_LOGIN.acr, false],
    [['pop', 'user'], PASSWORD_LOGIN.acr, false],
    [['pwd', 'otp', 'mfa'], multiFactor, true],
    [PASSKEY_AMR, 'phr', true],
    [['pwd', ...PASSKEY_AMR], 'phr', true],
  ] as const) {
    t.equal(acrOf(amr), acr, amr.join(' '))
    t.equal(isMultiFactor({ acr }), isMulti, acr)
  }
  t.notOk(isMultiFactor({ acr: 'urn:example:gold' }), 'what is not on the ladder is no second factor')
})
