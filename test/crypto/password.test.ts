import { hash } from '@node-rs/argon2'
import t from 'tap'
import { hashPassword, verifyPassword } from '#src/crypto/password.ts'

t.test('a password is stored as Argon2id with the recommended cost, salted', async (t) => {
  const hash = await hashPassword('correct horse')
  t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  t.not(await hashPassword('correct horse'), hash)
})

t.test('a password is right or wrong', async (t) => {
  const hash = await hashPassword('비밀번호 correct horse')
  t.equal(await verifyPassword('비밀번호 correct horse', hash), true)
  t.equal(await verifyPassword('비밀번호 correct hors', hash), false)
  t.equal(await verifyPassword('', hash), false)
})

t.test('a password is right however it was typed: composed, decomposed, by an input method (T14 holds)', async (t) => {
  for (const [set, ...typed] of [
    ['café-über-1', 'café-über-1'.normalize('NFD'), 'ｃａｆé－über－１'],
    ['café-über-1'.normalize('NFD'), 'café-über-1', 'café-über-1'.normalize('NFD')],
    ['비밀번호는 길다', '비밀번호는 길다'.normalize('NFD'), '비밀번호는\u00a0길다'],
    ['admin123', 'ａｄｍｉｎ１２３'],
  ] as const) {
    const hash = await hashPassword(set)
    for (const each of typed) t.equal(await verifyPassword(each, hash), true, JSON.stringify(each))
    t.equal(await verifyPassword(`${set}x`, hash), false)
  }
  const earlier = await hash('café'.normalize('NFD'), { algorithm: 2 })
  t.equal(await verifyPassword('café'.normalize('NFD'), earlier), true, 'a hash of an earlier version')
  t.equal(await verifyPassword('cafe', earlier), false)
  t.equal(await verifyPassword('ａ', undefined), false)
})

t.test('an unknown user costs one verification like any other, and never gets in (T14)', async (t) => {
  const verified: [string, string][] = []
  const { verifyPassword: observed } = await t.mockImport<typeof import('#src/crypto/password.ts')>('../../src/crypto/password.ts', {
    '@node-rs/argon2': {
      hash: async (password: string, options: { memoryCost: number }) => `hash of ${password} at ${options.memoryCost}`,
      verify: async (hash: string, password: string) => {
        verified.push([hash, password])
        return hash.startsWith(`hash of ${password} `)
      },
    },
  })
  t.equal(await observed('guess', undefined), false)
  t.equal(verified.length, 1, 'the dummy was really verified')
  t.match(verified[0], [/^hash of a password that nobody has at 19456$/, 'guess'], 'with the cost of a real one')
  t.equal(await observed('a password that nobody has', undefined), false, "the dummy's own password opens nothing")
  t.equal(await observed('guess', 'hash of guess '), true)
  t.equal(verified.length, 3)
})

t.test('the dummy is made once, at the first verification, for a known user as for an unknown one (T14)', async (t) => {
  for (const first of [undefined, 'hash of guess ']) {
    const work: string[] = []
    const { verifyPassword: observed } = await t.mockImport<typeof import('#src/crypto/password.ts')>('../../src/crypto/password.ts', {
      '@node-rs/argon2': {
        hash: async () => (work.push('hash'), 'hash of a dummy'),
        verify: async () => (work.push('verify'), true),
      },
    })
    t.strictSame(work, [], 'to import the file costs nothing')
    t.strictSame(await Promise.all([observed('guess', first), observed('guess', undefined)]), [first !== undefined, false])
    t.strictSame(await observed('guess', first), first !== undefined)
    t.strictSame(work, ['hash', 'verify', 'verify', 'verify'])
  }
})

t.test('a dummy that could not be made is made at the next login', async (t) => {
  let attempts = 0
  const { verifyPassword: observed } = await t.mockImport<typeof import('#src/crypto/password.ts')>('../../src/crypto/password.ts', {
    '@node-rs/argon2': {
      hash: async () => {
        if (attempts++ === 0) throw new Error('out of memory')
        return 'hash of a dummy'
      },
      verify: async () => true,
    },
  })
  await t.rejects(observed('guess', 'hash of guess'), { message: 'out of memory' })
  t.equal(await observed('guess', 'hash of guess'), true)
})

t.test("signatures are made and verified in Node's threads although many users log in", async (t) => {
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  const order: string[] = []
  const passwords = Array.from({ length: 20 }, () => verifyPassword('x', undefined).then(() => order.push('password')))
  await new Promise(setImmediate)
  const signature = crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from('x')).then(() => order.push('signature'))
  await Promise.all([...passwords, signature])
  t.ok(order.indexOf('signature') < 10, `after ${order.indexOf('signature')} of 20 passwords`)
})
