import t from 'tap'
import { TokenParameter, TokenRequest } from '#src/schemas/token.ts'
import { shapeOf } from '#test/support/shape.ts'

for (const [name, schema] of Object.entries({ TokenRequest, TokenParameter })) {
  t.test(`a ${name} holds each parameter once, within bounds (RFC 6749 section 3.2, T4, T18)`, async (t) => {
    const passes = await shapeOf(t, schema)
    t.ok(await passes({ unknown: ['a', 'b'] }))
    for (const parameter of Object.keys(schema.properties)) {
      t.ok(await passes({ [parameter]: '' }), parameter)
      if (parameter !== 'resource' && parameter !== 'audience') t.notOk(await passes({ [parameter]: ['a', 'b'] }), `${parameter} twice`)
      t.notOk(await passes({ [parameter]: 'x'.repeat(8193) }), `${parameter} too long`)
      t.notOk(await passes({ [parameter]: null }), `${parameter} null`)
    }
  })
}

t.test('resource may be repeated, within limits (RFC 8707 section 2)', async (t) => {
  const passes = await shapeOf(t, TokenRequest)
  t.ok(await passes({ resource: ['https://a.example', 'https://b.example'] }))
  t.notOk(await passes({ resource: Array.from({ length: 65 }, () => 'https://a.example') }))
})
