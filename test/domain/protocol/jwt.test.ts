import t from 'tap'
import { isExpired, isInFuture, unverifiedClaims, unverifiedHeader } from '#src/domain/protocol/jwt.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

t.test('a JWT is read without verification, and nothing else is read', async (t) => {
  t.same(unverifiedClaims(`${encode({ alg: 'none' })}.${encode({ a: 1 })}.`), { a: 1 })
  t.same(unverifiedHeader(`${encode({ alg: 'none' })}.${encode({ a: 1 })}.`), { alg: 'none' })
  for (const raw of ['', 'a', 'a.b.c', ...[null, 'text', 7, [{ a: 1 }]].map((value) => `${encode(value)}.${encode(value)}.`)]) {
    t.same([unverifiedHeader(raw), unverifiedClaims(raw)], [undefined, undefined], raw)
  }
})

const NOW = Date.parse('2026-11-23T12:00:00Z')
const SECONDS = NOW / 1000

t.test('an exp counts until its last second and the skew have passed, and only a number is one', async (t) => {
  for (const exp of [SECONDS + 1, SECONDS, SECONDS - 29, SECONDS - 29.5, Infinity]) t.notOk(isExpired(exp, NOW), String(exp))
  for (const exp of [SECONDS - 30, 0, -1, undefined, null, String(SECONDS + 1)]) t.ok(isExpired(exp, NOW), String(exp))
  t.ok(isExpired(SECONDS - 29, NOW + 1000))
  t.notOk(isExpired(SECONDS - 29, NOW + 999), 'now has milliseconds')
  t.ok(isExpired(SECONDS - 5, NOW, 5))
  t.notOk(isExpired(SECONDS - 4, NOW, 5))
})

t.test('an nbf or iat may be ahead by the skew, may be absent, and must be a number', async (t) => {
  for (const instant of [undefined, 0, SECONDS, SECONDS + 30]) t.notOk(isInFuture(instant, NOW), String(instant))
  for (const instant of [SECONDS + 30.1, SECONDS + 31, Infinity, null, '0']) t.ok(isInFuture(instant, NOW), String(instant))
  t.ok(isInFuture(SECONDS + 6, NOW, 5))
  t.notOk(isInFuture(SECONDS + 5, NOW, 5))
})
