import fc from 'fast-check'
import t from 'tap'
import { canonicalUsername, isUsername } from '#src/domain/user/username.ts'
import { holds, shown } from '#test/support/property.ts'

t.test('every spelling of a name is one name (T15)', async (t) => {
  for (const spelling of ['admin', 'Admin', ' ADMIN\n', 'ａｄｍｉｎ', 'ＡＤＭＩＮ'])
    t.equal(canonicalUsername(spelling), 'admin', shown(spelling))
  t.equal(canonicalUsername('Ａ@Example.com'), 'a@example.com')
  t.equal(canonicalUsername('김철수'.normalize('NFD')), '김철수'.normalize('NFC'))
})

t.test('a canonical name is its own canonical form', async (t) => {
  holds(
    t,
    fc.property(fc.string({ unit: 'binary' }), (raw) => canonicalUsername(canonicalUsername(raw)) === canonicalUsername(raw)),
  )
})

t.test('a user may have any visible name without white space, up to 128 characters', async (t) => {
  for (const name of ['a', 'helen@example.com', '김철수', '🪐', 'a'.repeat(128), '🪐'.repeat(128)]) t.ok(isUsername(name), name)
  for (const name of ['', ' ', 'a b', 'a\tb', 'a\u200Bb', 'a\u0000', '\u202Ea', '\uFEFF', '\uE000', 'a'.repeat(129)])
    t.notOk(isUsername(name), shown(name))
})
