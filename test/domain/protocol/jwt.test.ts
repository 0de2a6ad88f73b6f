import t from 'tap'
import { unverifiedClaims, unverifiedHeader } from '#src/domain/protocol/jwt.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

t.test('a JWT is read without being believed, and nothing else is one', async (t) => {
  t.same(unverifiedClaims(`${encode({ alg: 'none' })}.${encode({ a: 1 })}.`), { a: 1 })
  t.same(unverifiedHeader(`${encode({ alg: 'none' })}.${encode({ a: 1 })}.`), { alg: 'none' })
  for (const raw of ['', 'a', 'a.b.c', ...[null, 'text', 7, [{ a: 1 }]].map((value) => `${encode(value)}.${encode(value)}.`)]) {
    t.same([unverifiedHeader(raw), unverifiedClaims(raw)], [undefined, undefined], raw)
  }
})
