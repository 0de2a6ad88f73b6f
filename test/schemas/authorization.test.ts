import t from 'tap'
import { AuthorizationParameters, DecisionForm, LoginForm } from '#src/schemas/authorization.ts'
import { shapeOf } from '#test/support/shape.ts'

t.test('an authorization request may have each parameter once, resource several times, and unknown ones', async (t) => {
  const passes = await shapeOf(t, AuthorizationParameters)
  t.ok(await passes({}), 'the rules check what is required, after the redirect is verified')
  t.ok(await passes({ response_type: 'code', client_id: 'x', unknown: ['a', 'b'], resource: ['https://a.example', 'https://b.example'] }))
  t.ok(await passes({ resource: 'https://a.example', state: 's'.repeat(4096) }), 'a long state')
  for (const name of Object.keys(AuthorizationParameters.properties)) {
    if (name !== 'resource') t.notOk(await passes({ [name]: ['a', 'b'] }), `${name} twice (T4)`)
    t.notOk(await passes({ [name]: 'x'.repeat(16_385) }), `${name} too long (T18)`)
    t.notOk(await passes({ [name]: 7 }), `${name} no text`)
  }
  t.notOk(await passes({ resource: Array.from({ length: 65 }, () => 'https://a.example') }), 'too many resources (T18)')
  t.notOk(await passes({ state: 's'.repeat(4097) }))
})

t.test('the forms of our pages accept what our pages send, within limits (T18)', async (t) => {
  const login = await shapeOf(t, LoginForm)
  const form = { transaction: 'x', username: 'helen', password: 'p' }
  t.ok(await login(form))
  t.ok(await login({ ...form, transaction: 'x'.repeat(49_152) }))
  for (const name of Object.keys(form)) {
    t.notOk(await login({ ...form, [name]: ['a', 'b'] }), `${name} twice`)
    t.notOk(await login({ ...form, [name]: 'x'.repeat(49_153) }), `${name} too long`)
  }
  t.ok(await login({ transaction: 'x', decision: 'cancel' }))
  t.notOk(await login({ username: 'helen', password: 'p' }), 'no transaction')
  t.notOk(await login({ ...form, password: 'p'.repeat(1025) }), 'no long password to hash')
  const decision = await shapeOf(t, DecisionForm)
  t.ok(await decision({ transaction: 'x', decision: 'allow' }))
  t.notOk(await decision({ transaction: 'x' }))
  t.notOk(await decision({ transaction: 'x', decision: ['deny', 'allow'] }))
})
