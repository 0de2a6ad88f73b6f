import t from 'tap'
import { newId, newSecret } from '#src/crypto/random.ts'
import { decrypt, deriveKey, encrypt } from '#src/crypto/secret.ts'

t.test('each purpose has its own key, the same on every node', async (t) => {
  const key = deriveKey('a secret', 'signing keys')
  t.equal(key.length, 32)
  t.strictSame(deriveKey('a secret', 'signing keys'), key)
  t.notSame(deriveKey('a secret', 'transactions'), key)
  t.notSame(deriveKey('another secret', 'signing keys'), key)
})

t.test('an encrypted text only opens with its key, and is different each time', async (t) => {
  const key = deriveKey('a secret', 'signing keys')
  const encrypted = encrypt('{"d":"ü"}', key)
  t.equal(decrypt(encrypted, key), '{"d":"ü"}')
  t.not(encrypt('{"d":"ü"}', key), encrypted)
  t.throws(() => decrypt(encrypted, deriveKey('another secret', 'signing keys')))
})

t.test('what was changed, cut or replaced does not open', async (t) => {
  const key = deriveKey('a secret', 'signing keys')
  const [iv = '', tag = '', ciphertext = ''] = encrypt('private', key).split('.')
  const flip = (text: string) => (text.startsWith('A') ? 'B' : 'A') + text.slice(1)
  const changed = [`${flip(iv)}.${tag}.${ciphertext}`, `${iv}.${flip(tag)}.${ciphertext}`, `${iv}.${tag}.${flip(ciphertext)}`]
  const cut = [`${iv}.${tag}.`, `${iv}.${tag.slice(0, 8)}.${ciphertext}`, `${iv}.${tag}`, iv, '']
  for (const [index, text] of [...changed, ...cut].entries()) t.throws(() => decrypt(text, key), `forgery ${index}`)
})

t.test('new secrets and ids are random, long, and need no encoding in a URL', async (t) => {
  t.match(newSecret(), /^[A-Za-z0-9_-]{43}$/)
  t.match(newId(), /^[A-Za-z0-9_-]{22}$/)
  t.equal(new Set(Array.from({ length: 1000 }, newSecret)).size, 1000)
  t.equal(new Set(Array.from({ length: 1000 }, newId)).size, 1000)
})
