import t from 'tap'
import { LogoutForm, LogoutParameters } from '#src/schemas/logout.ts'
import { shapeOf } from '#test/support/shape.ts'

t.test('a logout may have each parameter once, and unknown ones', async (t) => {
  for (const schema of [LogoutParameters, LogoutForm]) {
    const passes = await shapeOf(t, schema)
    t.ok(await passes({}))
    t.ok(await passes({ state: 's'.repeat(4096), unknown: ['a', 'b'] }))
    for (const name of Object.keys(schema.properties)) {
      t.ok(await passes({ [name]: 'x' }), name)
      t.notOk(await passes({ [name]: ['a', 'b'] }), `${name} twice (T4)`)
      t.notOk(await passes({ [name]: 'x'.repeat(8193) }), `${name} too long (T18)`)
      t.notOk(await passes({ [name]: 'a\u0000b' }), `${name} with a NUL`)
    }
  }
})
