import t from 'tap'
import { ACR_VALUES, PASSWORD_LOGIN, meetsAcrValues } from '../../src/domain/authentication.ts'

t.test('a login here meets acr_values that name it, and any where no resource depends on them', async (t) => {
  const resources = ['https://mcp.example']
  t.same(ACR_VALUES, [PASSWORD_LOGIN.acr])
  t.ok(meetsAcrValues(PASSWORD_LOGIN.acr, resources))
  t.ok(meetsAcrValues(`gold ${PASSWORD_LOGIN.acr}`, resources), 'among others')
  t.ok(meetsAcrValues(undefined, resources))
  t.ok(meetsAcrValues('gold', []))
  for (const wrong of ['gold', 'gold silver', `${PASSWORD_LOGIN.acr}x`, PASSWORD_LOGIN.acr.toUpperCase()]) t.notOk(meetsAcrValues(wrong, resources), wrong)
})
