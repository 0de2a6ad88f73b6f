import t from 'tap'
import { ACR_VALUES, PASSWORD_LOGIN, satisfiesAcr } from '#src/domain/authorization/authentication.ts'

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
