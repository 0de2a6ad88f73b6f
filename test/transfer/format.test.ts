import t from 'tap'
import {
  FORMAT,
  createSeal,
  isEndLine,
  isTableLine,
  makeSecretCheck,
  parseHeader,
  parseLine,
  readSecretCheck,
  renderLine,
} from '#src/transfer/format.ts'
import type { Header } from '#src/transfer/format.ts'
import { deriveKey, encrypt } from '#src/crypto/secret.ts'

const header: Header = {
  format: FORMAT,
  version: 1,
  schema: 5,
  engine: 'sqlite',
  issuer: 'https://auth.example.com',
  exported_at: '2026-11-23T12:00:00.000Z',
  secret_check: 'check',
}
const unreadable = (message: RegExp) => ({ name: 'Unreadable', message })

t.test('every line comes back as it was written, on a line of its own', async (t) => {
  t.strictSame(parseHeader(renderLine(header), 5), header)
  for (const line of [{ table: 'users', columns: ['id'] }, ['a\n"b"', 1, null], [], { records: { users: 1 } }]) {
    const text = renderLine(line)
    t.match(text, /^[^\n]+\n$/)
    t.strictSame(parseLine(text), line)
  }
  t.ok(isTableLine(parseLine('{"table":"users","columns":[]}')))
  t.ok(isEndLine(parseLine('{"records":{}}')))
})

t.test('a file that is not an export is refused at its first line', async (t) => {
  for (const text of ['', 'SQLite format 3', '{', '[]', 'null', '"x"', '{}', '{"format":"other"}', '{"table":"users","columns":[]}']) {
    t.throws(() => parseHeader(text, 5), unreadable(/^it is not an export of this program: name a file that export wrote\.$/), text)
  }
})

t.test('an export of a newer version is refused, one of an older database is not', async (t) => {
  for (const change of [
    { version: 2 },
    { version: 0 },
    { version: '1' },
    { schema: 6 },
    { schema: 1.5 },
    { schema: '5' },
    { schema: undefined },
  ]) {
    t.throws(
      () => parseHeader(JSON.stringify({ ...header, ...change }), 5),
      unreadable(/^it comes from a newer version of this program: install that version here/),
      JSON.stringify(change),
    )
  }
  t.equal(parseHeader(renderLine({ ...header, schema: 1 }), 5).schema, 1)
})

t.test('a line that no export has is refused', async (t) => {
  for (const text of [
    '',
    '{',
    '["cut of',
    'null',
    '1',
    '"users"',
    '{}',
    '{"table":"users"}',
    '{"table":"users","columns":[1]}',
    '{"table":1,"columns":[]}',
    '{"records":1}',
    '{"records":null}',
  ]) {
    t.throws(() => parseLine(text), unreadable(/^this is not a line of an export: /), text)
  }
})

t.test('the same secret is recognized, another is not, and each check is different', async (t) => {
  const secret = 'a secret of tests, longer than 32 characters'
  const check = makeSecretCheck(secret)
  t.equal(readSecretCheck(check, secret), 'sealed')
  t.equal(readSecretCheck(check, `${secret}.`), undefined)
  t.not(makeSecretCheck(secret), check, 'two exports don’t tell that they are of the same secret')
  for (const broken of ['', 'a.b.c', undefined, 1]) t.equal(readSecretCheck(broken as string, secret), undefined)
  t.equal(readSecretCheck(encrypt('export check', deriveKey(secret, 'export check')), secret), 'unsealed', 'as earlier versions wrote it')
  t.equal(readSecretCheck(encrypt('anything', deriveKey(secret, 'export check')), secret), undefined)
})

t.test('a seal is of all lines in their order, however they end, and of one secret', async (t) => {
  const sealOf = (lines: string[], by = 'secret') => {
    const seal = createSeal(by)
    for (const line of lines) seal.add(line)
    return seal.value()
  }
  const seal = sealOf(['["a"]', '["b"]'])
  t.match(seal, /^[\w-]{43}$/)
  t.equal(sealOf(['["a"]\r', '["b"]\n']), seal)
  for (const other of [[['["b"]', '["a"]']], [['["a"]']], [['["a"]["b"]']], [['["a"]', '["b"]'], 'another']] as [string[], string?][])
    t.not(sealOf(...other), seal)
})
