import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { readProgram } from '#src/process/version.ts'

t.test('a program that runs notices what is installed meanwhile, and goes on while it is', async (t) => {
  const release = (version: string, released: string) => JSON.stringify({ name: 'solar', version, released })
  const path = join(t.testdir({ 'package.json': release('1.2.0', '2026-01-02') }), 'package.json')
  const program = readProgram(pathToFileURL(path))
  t.match(program, { version: '1.2.0', node: process.versions.node })
  t.match(program.installed(), { version: '1.2.0', released: '2026-01-02' })
  writeFileSync(path, release('1.3.0', '2026-05-06'))
  t.equal(program.version, '1.2.0')
  t.match(program.installed(), { version: '1.3.0', released: '2026-05-06' })
  rmSync(path)
  t.match(program.installed(), { version: '1.2.0', released: '2026-01-02' })
})
