import t from 'tap'
import { formatTokenHandle, parseTokenHandle } from '#src/domain/token/token-handle.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { newRecordId, newSecret } from '#src/crypto/random.ts'

t.test('a code or refresh token contains the id of its grant, and is stored as a hash of the whole text', async (t) => {
  const [grantId, secret] = [newRecordId(Date.now()), newSecret()]
  const text = formatTokenHandle(grantId, secret)
  t.strictSame(parseTokenHandle(text), { grantId, hash: sha256(grantId + secret) })
  t.strictSame(
    parseTokenHandle(text, (whole) => `of ${whole}`),
    { grantId, hash: `of ${grantId}${secret}` },
  )
  t.match(text, /^[\w-]{65}$/, 'no client has to encode it')
})

for (const [name, text] of Object.entries({
  nothing: '',
  'a secret alone': newSecret(),
  'a grant alone': newRecordId(Date.now()),
  'a JWT': `eyJ${'a'.repeat(20)}.${'b'.repeat(43)}.${'c'.repeat(43)}`,
  'a letter that no database has to hold': `grant\u0000${newSecret()}`,
  'a line more': `${newRecordId(Date.now())}${newSecret()}\n`,
})) {
  t.test(`${name} is neither`, async (t) => {
    t.equal(parseTokenHandle(text), undefined)
  })
}
