import { chmodSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
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

t.test('a secret file that others chose, or can change, is refused', async (t) => {
  const folder = t.testdir()
  const [file, url] = [join(folder, 'secret'), `sqlite:${folder}/any.db`]
  const secret = resolveSecret(undefined, url)
  for (const mode of [0o666, 0o602, 0o646]) {
    chmodSync(file, mode)
    t.throws(() => resolveSecret(undefined, url), {
      name: 'StorageRefused',
      message: /can be written by every account: .* \(chmod 600\)\.$/,
    })
  }
  chmodSync(file, 0o644)
  t.equal(resolveSecret(undefined, url), secret, 'what only its owner can write may be read by others')
})

t.test(
  'a secret file of another account is refused, but for that of its folder',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const folder = t.testdir()
    const [file, url] = [join(folder, 'secret'), `sqlite:${folder}/any.db`]
    const secret = resolveSecret(undefined, url)
    chownSync(file, 4242, 4242)
    t.throws(() => resolveSecret(undefined, url), { name: 'StorageRefused', message: /belongs to another account/ })
    chownSync(folder, 4242, 4242)
    t.equal(resolveSecret(undefined, url), secret)
  },
)

t.test('where there are no owners, none is looked at', async (t) => {
  const { getuid } = process
  t.teardown(() => Object.assign(process, { getuid }))
  const folder = t.testdir()
  resolveSecret(undefined, `sqlite:${folder}/any.db`)
  chmodSync(join(folder, 'secret'), 0o666)
  Object.assign(process, { getuid: undefined })
  t.match(resolveSecret(undefined, `sqlite:${folder}/any.db`), /^[\w-]{43}$/)
})
