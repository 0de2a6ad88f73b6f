import t from 'tap'
import { ACR_VALUES, PASSKEY_AMR, PASSWORD_LOGIN, acrOf, isMultiFactor, satisfiesAcr } from '#src/domain/authorization/authentication.ts'

t.test('a login satisfies its own acr, and any voluntary acr if no resource is involved', async (t) => {
  const resources = ['https://mcp.example']
  const voluntary = (...values: unknown[]) => ({ values, essential: false })
  t.same(ACR_VALUES, [PASSWORD_LOGIN.acr])
  t.ok(satisfiesAcr(voluntary(PASSWORD_LOGIN.acr), resources))
  t.ok(satisfiesAcr(voluntary('gold', PASSWORD_LOGIN.acr), resources), 'among others')
  t.ok(satisfiesAcr(voluntary('gold'), []))
  const wrong = ['gold', `${PASSWORD_LOGIN.acr}x`, PASSWORD_LOGIN.acr.toUpperCase(), [PASSWORD_LOGIN.acr], null]
  for (const value of wrong) t.notOk(satisfiesAcr(voluntary(value), resources), String(value))
  t.notOk(satisfiesAcr({ values: ['gold'], essential: true }, []), 'what is essential is not')
  t.ok(satisfiesAcr({ values: ['gold', PASSWORD_LOGIN.acr], essential: true }, []))
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
