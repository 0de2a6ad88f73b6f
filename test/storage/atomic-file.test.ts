import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeAtomically } from '#src/storage/atomic-file.ts'

t.test('a file takes its place only once it is whole, readable by its owner only', async (t) => {
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

t.test('a file whose writing fails leaves the earlier one, and nothing beside', async (t) => {
  const folder = t.testdir({ file: 'earlier' })
  const failing = writeAtomically(join(folder, 'file'), async (partial) => {
    writeFileSync(partial, 'ha')
    throw new Error('the disk is full')
  })
  await t.rejects(failing, { message: 'the disk is full' })
  t.strictSame(readdirSync(folder), ['file'])
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'earlier')
})

t.test('a folder that is missing is an error, not a folder', async (t) => {
  await t.rejects(
    writeAtomically(join(t.testdir(), 'missing', 'file'), async () => undefined),
    { code: 'ENOENT' },
  )
})
