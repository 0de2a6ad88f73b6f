import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { spawnNode } from '#test/support/processes/processes.ts'

const LOADER = new URL('register.mjs', import.meta.url).href

/**
 * Runs a file of tests as tap does, and gives the results that it prints, without numbers and times, each once: a test that threw fails
 * the file again at some time, by the promise of it that nobody waits for.
 */
async function run(t: Test, source: string) {
  const cwd = t.testdir()
  const file = join(cwd, 'file.mjs')
  writeFileSync(file, `import t from 'tap'\nimport { setTimeout as wait } from 'node:timers/promises'\n${source}`)
  const { code, stdout } = await spawnNode(t, file, [], { cwd, nodeOptions: [`--import=${LOADER}`] }).ended
  const lines = stdout.matchAll(/^ *((?:not )?ok) \d+ - ([^#\n]*?)(?: #.*)?$/gm)
  return { code, results: [...new Set([...lines].map(([, result, name]) => `${result}: ${name}`))] }
}

t.test('an error that nobody caught fails the test in whose course it came up, and the others go on', async (t) => {
  const { code, results } = await run(
    t,
    `void t.test('throws later', async (t) => {
       setTimeout(() => { throw new Error('thrown') }, 10)
       await wait(100)
     })
     void t.test('rejects', async (t) => {
       await t.test('deeper', async () => {
         void Promise.reject(new Error('rejected'))
         await wait(50)
       })
       t.pass('outer')
     })
     void t.test('is fine', async (t) => { await wait(10); t.pass('goes on') })`,
  )
  t.not(code, 0)
  t.strictSame(results, [
    'not ok: thrown',
    'not ok: throws later',
    'not ok: rejected',
    'not ok: deeper',
    'ok: outer',
    'not ok: rejects',
    'ok: goes on',
    'ok: is fine',
  ])
})

t.test('of tests that run side by side, the one whose error it is fails', async (t) => {
  const { results } = await run(
    t,
    `t.jobs = 2
     void t.test('one', async () => { await wait(20); setTimeout(() => { throw new Error('of one') }, 10); await wait(200) })
     void t.test('two', async (t) => { await wait(150); t.pass('two is fine') })`,
  )
  t.strictSame(results, ['not ok: of one', 'not ok: one', 'ok: two is fine', 'ok: two'])
})

t.test('an error of what a test left behind fails the file', async (t) => {
  const { code, results } = await run(
    t,
    `void t.test('leaves', async () => { setTimeout(() => { throw new Error('late') }, 50) })
     void t.test('is there', async (t) => { await wait(150); t.pass('goes on') })`,
  )
  t.not(code, 0)
  t.ok(results.includes('ok: leaves'))
  t.ok(results.some((result) => result.startsWith('not ok') && result.endsWith('late')))
})

t.test('after the last test, Node ends as ever', async (t) => {
  const { code } = await run(t, `t.teardown(() => void setTimeout(() => { throw new Error('too late') }, 200))\nt.pass('is fine')`)
  t.not(code, 0)
})
