import fc from 'fast-check'
import t from 'tap'
import { MIN_PASSWORD_LENGTH, normalizePassword, parseNewPassword, passwordCandidates } from '#src/domain/user/new-password.ts'
import { holds } from '#test/support/property.ts'

t.test('a new password has at least 12 characters, as people count them', async (t) => {
  t.equal(MIN_PASSWORD_LENGTH, 12)
  t.strictSame(parseNewPassword('geheim und lang'), { ok: true, value: 'geheim und lang' })
  t.match(parseNewPassword('elevenchars'), { ok: false, error: 'have at least 12 characters; this one has 11' })
  t.match(parseNewPassword('👪'.repeat(11)), { error: /this one has 11$/ })
  t.match(parseNewPassword('é'.normalize('NFD').repeat(11)), { error: /this one has 11$/ }, 'an accent is no character')
  t.equal(parseNewPassword('👪'.repeat(12)).ok, true)
  t.match(parseNewPassword('x'.repeat(1025)), { error: 'have at most 1024 characters' })
  t.match(parseNewPassword('two lines\nof text'), { error: 'be a single line' })
})

t.test('a new password is more than the names that lead to it', async (t) => {
  const names = ['helen', 'Solar System', 'auth.observatory.example', 'observatory', '김민준', 'ab']
  for (const password of [
    'helenhelen!!',
    'Helen-2026-12',
    'Solar-System!!',
    'solarsystem2026',
    'auth.observatory.example',
    'HELEN.Observatory',
    'ｈｅｌｅｎ2026!!!!',
    '김민준김민준김민준김민준',
    'helen / helen / 12',
  ])
    t.match(parseNewPassword(password, names), { error: 'be more than the name of the account, the service or its host' }, password)
  for (const password of ['the password of helen', 'observatory on top of a hill', 'abababababab', 'geheim und lang'])
    t.equal(parseNewPassword(password, names).ok, true, password)
})

t.test('a password counts as it looks, not by its bytes (RFC 8265 section 4.2.2)', async (t) => {
  for (const typed of ['café-über-1', 'café-über-1'.normalize('NFD'), 'ｃａｆé－über－１']) t.equal(normalizePassword(typed), 'café-über-1')
  t.equal(normalizePassword('비밀번호'.normalize('NFD')), '비밀번호')
  t.strictSame(passwordCandidates('plain'), ['plain'])
  t.strictSame(passwordCandidates('ａ'), ['a', 'ａ'], 'what an earlier version hashed is tried as well')
  holds(
    t,
    fc.property(fc.string({ unit: 'grapheme' }), (text) => normalizePassword(normalizePassword(text)) === normalizePassword(text)),
  )
})
