/** Commands whose output is lost, because the disk is full or nobody reads it, end with a sentence or in silence. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { run } from '#src/cli/run.ts'
import { startFixture } from '#test/doctor/fixture-server.ts'
import { LOADER, ROOT } from '#test/support/processes/processes.ts'

/** A stream that fails as a file on a full disk does, or a pipe without a reader. */
const failing = (code: string, words: string): Writable =>
  new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error(`${code}: ${words}, write`), { code, syscall: 'write' })),
  })

async function runLost(words: string, databaseUrl: string, output: Writable) {
  let said = ''
  const errors = new PassThrough().setEncoding('utf8').on('data', (chunk: string) => void (said += chunk))
  const input = new PassThrough()
  const code = await run(words.split(' '), { input, output, errors, variables: { DATABASE_URL: databaseUrl }, program: 'solar' })
  await new Promise((resolve) => setImmediate(resolve))
  return { code, said }
}

const PRINTING = [
  '--version',
  'help',
  'help client',
  'migrate',
  'user list --json',
  'client list --json',
  'resource list --json',
  'resource add https://mcp.example.com/mcp',
  'initial-access-token list --json',
  'initial-access-token create partners',
  'keys list --json',
  'audit list',
]

t.test('an operator whose disk is full reads so in a sentence, whichever command prints', async (t) => {
  const databaseUrl = `sqlite:${join(t.testdir(), 'solar.db')}`
  const { issuer } = await startFixture(t)
  for (const words of [...PRINTING, `verify ${issuer}`, `verify ${issuer} --json`]) {
    const { code, said } = await runLost(words, databaseUrl, failing('ENOSPC', 'no space left on device'))
    t.match(said, /^(.*\n)*Standard output can't be written \(ENOSPC: no space left on device\): some of it is lost\.\n$/, words)
    t.equal(code, 1, words)
  }
})

t.test('a command that fails keeps its exit code, and says why once', async (t) => {
  const databaseUrl = `sqlite:${join(t.testdir(), 'solar.db')}`
  t.match(await runLost('nonsense', databaseUrl, failing('ENOSPC', 'no space left on device')), { code: 2 })
  // The report is printed as it is made, so the examination ends early.
  const { issuer } = await startFixture(t)
  t.match(await runLost(`doctor ${issuer}`, databaseUrl, failing('ENOSPC', 'no space left on device')), {
    code: 130,
    said: /^Standard output can't be written/,
  })
  const refused = await runLost('user disable nobody', databaseUrl, failing('ENOSPC', 'no space left on device'))
  t.equal(refused.code, 1)
  t.equal(refused.said.trim().split('\n').length, 1)
  t.match(await runLost('export -', databaseUrl, failing('ENOSPC', 'no space left on device')), {
    code: 1,
    said: /^Standard output ended early \(.*ENOSPC.*\n$/,
  })
})

t.test('a command whose reader has gone ends in silence', async (t) => {
  const databaseUrl = `sqlite:${join(t.testdir(), 'solar.db')}`
  t.strictSame(await runLost('help', databaseUrl, failing('EPIPE', 'broken pipe')), { code: 0, said: '' })
})

t.test('nobody reads a stack trace on a full device', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, async (t) => {
  const full = openSync('/dev/full', 'w')
  for (const words of [['client', 'list', '--json'], ['help'], ['--version']]) {
    const child = spawn(process.execPath, [...LOADER, join(ROOT, 'src/cli.ts'), ...words], {
      cwd: t.testdir(),
      stdio: ['ignore', full, 'pipe'],
    })
    let said = ''
    child.stderr!.setEncoding('utf8').on('data', (chunk: string) => void (said += chunk))
    const [code] = (await once(child, 'close')) as [number]
    t.match(
      { code, said },
      { code: 1, said: /^Standard output can't be written \(ENOSPC: no space left on device\): some of it is lost\.\n$/ },
    )
  }
  const both = spawn(process.execPath, [...LOADER, join(ROOT, 'src/cli.ts'), 'help'], { cwd: t.testdir(), stdio: ['ignore', full, full] })
  t.strictSame(await once(both, 'close'), [1, null])
})
