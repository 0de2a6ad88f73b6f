// What PROTECT leaves in the database, and where an operator's secrets are read from.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { registerProtected } from '#src/process/protected-resources.ts'
import { createReferenceReader } from '#src/process/references.ts'
import { checkUpstreams } from '#src/process/upstream-check.ts'
import { answerOk, startUpstream } from '#test/support/gate/gate.ts'
import { testConfig } from '#test/support/app.ts'
import { openPrepared } from '#test/support/memory-storage.ts'

t.test('a server that starts registers what it protects, once, with an event', async (t) => {
  const storage = await openPrepared()
  t.teardown(() => storage.close())
  const config = testConfig({ PROTECT: 'http://localhost:3001/,/b=http://localhost:3002/mcp' })
  for (const now of [1000, 2000]) await registerProtected(storage, config, now)
  const resources = await storage.resources.list()
  t.match(resources, [
    { identifier: 'http://localhost:8000/b', createdAt: 1000, gate: undefined },
    { identifier: 'http://localhost:8000/mcp', name: 'localhost:8000' },
  ])
  t.equal(resources.length, 2)
  await registerProtected(storage, testConfig(), 3000)
})

t.test('a variable is read at once; a file again after a moment, and a missing one is nothing', async (t) => {
  const file = join(t.testdir(), 'key')
  let now = 0
  const read = createReferenceReader({ KEY: 'k' }, () => now)
  t.equal(await read({ kind: 'env', name: 'KEY' }), 'k')
  t.equal(await read({ kind: 'env', name: 'NONE' }), undefined)
  t.equal(await read({ kind: 'file', path: file }), undefined)
  writeFileSync(file, 'one')
  t.equal(await read({ kind: 'file', path: file }), undefined, 'still')
  now += 5000
  t.equal(await read({ kind: 'file', path: file }), 'one')
})

t.test('an operator who mistyped the address of an MCP server reads so at the start', async (t) => {
  const there = await startUpstream(t, answerOk)
  const missing = 'http://localhost:1/mcp'
  t.same(await checkUpstreams(testConfig()), [])
  const warnings = await checkUpstreams(testConfig({ PROTECT: `${there.url},/b=${missing}` }))
  t.equal(warnings.length, 1)
  t.match(warnings[0], `Nothing answers at ${missing} yet`)
  const empty = (async () => new Response(null, { status: 204 })) as typeof fetch
  t.same(await checkUpstreams(testConfig({ PROTECT: missing }), empty), [])
})
