import t from 'tap'
import { acceptNewPassword, isCommonPassword, isGuessable } from '#src/crypto/password-strength.ts'

t.test('what is long and yet guessed soon is guessable', async (t) => {
  const soon = ['password1234', 'passwordpassword', 'aaaaaaaaaaaa', '123456789012', 'qwertyuiopasdf', 'letmeinletmein', 'iloveyou12345']
  for (const password of [...soon, '1q2w3e4r5t6y', 'abcdefghijklm', 'x'.repeat(1024), 'P@ssw0rd1234', '19841984198419', 'helenhelen12'])
    t.equal(await isGuessable(password, ['helen']), true, password.slice(0, 20))
})

t.test('what nobody thinks of soon is not', async (t) => {
  const fine = ['correct horse battery staple', 'x7#kPq9!mZ2v', '태양계서버비밀번호입니다', 'geheim und lang', 'the password of helen 🔑']
  for (const password of fine) t.equal(await isGuessable(password, ['helen']), false, password)
})

t.test('a common password is known in any case', async (t) => {
  for (const password of ['password', 'PASSWORD', 'iloveyou', 'admin123', '12345678'])
    t.equal(await isCommonPassword(password), true, password)
  t.equal(await isCommonPassword('a long passphrase of yours'), false)
})

t.test('a new password is refused for the first reason that applies', async (t) => {
  const accept = (raw: string) => acceptNewPassword(raw, 'helen', 'https://auth.observatory.example')
  t.strictSame(await accept('ｇeheim und lang'), { ok: true, value: 'geheim und lang' })
  for (const [raw, error] of [
    ['short', 'short'],
    ['x'.repeat(1025), 'long'],
    ['geheim und\nlang', 'lines'],
    ['helen.observatory', 'names'],
    ['password1234', 'guessable'],
  ])
    t.strictSame(await accept(raw!), { ok: false, error })
})
