import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeAtomically } from '#src/storage/atomic-file.ts'

t.test('a file only appears when it is complete, and only its owner can read it', async (t) => {
  const path = join(t.testdir(), 'file')
  const outcome = await writeAtomically(path, async (partial) => {
    t.equal(statSync(partial).mode & 0o777, 0o600, 'from its first moment')
    t.notOk(existsSync(path))
    writeFileSync(partial, 'whole')
    return 'done'
  })
  t.equal(outcome, 'done')
  t.equal(readFileSync(path, 'utf8'), 'whole')
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('a write that fails leaves the previous file, and no partial one', async (t) => {
  const folder = t.testdir({ file: 'earlier' })
  const failing = writeAtomically(join(folder, 'file'), async (partial) => {
    writeFileSync(partial, 'ha')
    throw new Error('the disk is full')
  })
  await t.rejects(failing, { message: 'the disk is full' })
  t.strictSame(readdirSync(folder), ['file'])
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'earlier')
})

t.test('a missing folder is an error, and is not created', async (t) => {
  await t.rejects(
    writeAtomically(join(t.testdir(), 'missing', 'file'), async () => undefined),
    { code: 'ENOENT' },
  )
})
