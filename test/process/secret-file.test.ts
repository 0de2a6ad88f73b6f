import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { resolveSecret } from '#src/process/secret-file.ts'
import { StorageRefused } from '#src/storage/storage.ts'

t.test('a server without SECRET creates one beside its database, readable by its owner only, and keeps it', async (t) => {
  const folder = t.testdir()
  const secret = resolveSecret(undefined, `sqlite:${folder}/any.db`)
  t.match(secret, /^[\w-]{43}$/)
  t.equal(readFileSync(join(folder, 'secret'), 'utf8'), secret)
  t.equal(statSync(join(folder, 'secret')).mode & 0o777, 0o600)
  t.equal(resolveSecret(undefined, `sqlite:${folder}/any.db`), secret)
})

t.test('a server with SECRET uses that, and creates no file', async (t) => {
  const folder = t.testdir()
  t.equal(resolveSecret('configured', `sqlite:${folder}/any.db`), 'configured')
  t.throws(() => statSync(join(folder, 'secret')), { code: 'ENOENT' })
})

t.test('a server that keeps nothing gets a new secret each time', async (t) => {
  t.not(resolveSecret(undefined, 'sqlite::memory:'), resolveSecret(undefined, 'sqlite::memory:'))
})

t.test('a server never runs with an incomplete secret file', async (t) => {
  const folder = t.testdir()
  for (const content of ['', '\n', 'x'.repeat(31)]) {
    writeFileSync(join(folder, 'secret'), content)
    t.throws(() => resolveSecret(undefined, `sqlite:${folder}/any.db`), { name: 'StorageRefused', message: /is incomplete: restore it/ })
  }
})

t.test('a secret file that cannot be created or read is reported in a sentence', async (t) => {
  const folder = t.testdir({ file: '', taken: { secret: {} } })
  t.throws(() => resolveSecret(undefined, `sqlite:${folder}/file/any.db`), StorageRefused)
  t.throws(() => resolveSecret(undefined, `sqlite:${folder}/taken/any.db`), {
    name: 'StorageRefused',
    message: /can't be used \(EISDIR.*\): make its folder writable, or set SECRET\.$/,
  })
})
