import t from 'tap'
import { newId, newRecordId, newSecret } from '#src/crypto/random.ts'

t.test('secrets and identifiers need no encoding, and never come twice', async (t) => {
  for (const [make, shape] of [
    [newSecret, /^[\w-]{43}$/],
    [newId, /^[\w-]{22}$/],
    [() => newRecordId(Date.now()), /^[\w-]{22}$/],
  ] as const) {
    const made = Array.from({ length: 2000 }, make)
    t.equal(new Set(made).size, made.length)
    t.ok(made.every((each) => shape.test(each)))
  }
})

t.test('identifiers of records sort as they were made, by the codes of their letters', async (t) => {
  const times = [0, 1, 63, 64, 1_795_478_400_000, 1_795_478_400_001, 1_795_478_464_000, 2 ** 47]
  const ids = times.map(newRecordId)
  t.same([...ids].sort(), ids)
  t.equal(ids[0]!.slice(0, 8), '--------')
})
