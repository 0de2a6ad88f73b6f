// The script that timers run: complete backups with their secret, old ones deleted, and never after a failure.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { LOADER, ROOT, UNCOUNTED, inherited } from '#test/support/processes/processes.ts'

const SCRIPT = join(ROOT, 'examples/backup.sh')

interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** A folder as the checkout's or the container's: `dist/cli.js`, and a database in `data` if `SECRET` or a file encrypts its keys. */
async function install(t: Test, env: Record<string, string> = {}) {
  const folder = t.testdir({
    'package.json': '{ "type": "module" }',
    dist: { 'cli.js': `import ${JSON.stringify(join(ROOT, 'src/cli.ts'))}` },
  })
  const run = async (command: string, args: string[], input = ''): Promise<Ran> => {
    const child = spawn(command, args, {
      cwd: folder,
      timeout: 60_000,
      env: {
        ...inherited(),
        ...UNCOUNTED,
        NODE_OPTIONS: LOADER.join(' '),
        PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
        ...env,
      },
    })
    const said = { stdout: '', stderr: '' }
    child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
    const [code] = (await once(child, 'close')) as [number]
    return { code, ...said }
  }
  t.match(await run('node', ['dist/cli.js', 'migrate']), { code: 0 })
  const backups = (): string[] => (existsSync(join(folder, 'backups')) ? readdirSync(join(folder, 'backups')).sort() : [])
  const age = (name: string, days: number): void => {
    const file = join(folder, 'backups', name)
    writeFileSync(file, '')
    utimesSync(file, new Date(), new Date(Date.now() - days * 86_400_000))
  }
  return { folder, run, backups, age }
}

t.test('an operator finds a backup and its secret, for nobody else to read, and can restore them', async (t) => {
  const { folder, run, backups } = await install(t)
  if (!existsSync(join(folder, 'data/secret')))
    writeFileSync(join(folder, 'data/secret'), 'a secret that is longer than 32 characters', { mode: 0o600 })
  const ran = await run('sh', [SCRIPT, 'backups', '30'])
  t.match(ran, { code: 0, stderr: '' })
  const [database = '', secret = ''] = backups()
  t.match(database, /^solar-system-\d{4}-\d\d-\d\dT\d{6}Z\.db$/)
  t.equal(secret, database.replace(/db$/, 'secret'))
  t.equal(readFileSync(join(folder, 'backups', secret), 'utf8'), readFileSync(join(folder, 'data/secret'), 'utf8'))
  for (const name of ['.', database, secret]) t.equal(statSync(join(folder, 'backups', name)).mode & 0o077, 0, name)
  rmSync(join(folder, 'data'), { recursive: true })
  t.match(await run('node', ['dist/cli.js', 'restore', `backups/${database}`]), { code: 0 })
})

t.test('what is older than the given days goes, and nothing else', async (t) => {
  const { run, backups, age } = await install(t, { SECRET: 'a secret of tests, longer than 32 characters' })
  t.match(await run('sh', [SCRIPT, 'backups', '7']), { code: 0, stderr: /^There is no data\/secret: keep a copy of SECRET/ })
  const [first = ''] = backups()
  t.strictSame(backups(), [first], 'with SECRET there is no file to copy')
  rmSync(join(t.testdirName, 'backups', first))
  age('solar-system-old.db', 7.01)
  age('solar-system-old.secret', 7.01)
  age('solar-system-young.db', 6.99)
  age('holiday.db', 700)
  age('solar-system-notes.txt', 700)
  t.match(await run('sh', [SCRIPT, 'backups', '7']), { code: 0 })
  t.strictSame(
    backups().filter((name) => !/\dZ\.db$/.test(name)),
    ['holiday.db', 'solar-system-notes.txt', 'solar-system-young.db'],
  )
  t.equal(backups().length, 4)
})

t.test('an operator whose backup fails keeps the old ones, and the timer sees the failure', async (t) => {
  const { folder, run, backups, age } = await install(t)
  t.match(await run('sh', [SCRIPT, 'backups', '1']), { code: 0 })
  rmSync(join(folder, 'backups'), { recursive: true })
  t.match(await run('sh', [SCRIPT, 'backups', '1']), { code: 0 })
  age('solar-system-old.db', 100)
  copyFileSync(SCRIPT, join(folder, 'data/solar-system.db'))
  const failed = await run('sh', [SCRIPT, 'backups', '1'])
  t.not(failed.code, 0)
  t.ok(backups().includes('solar-system-old.db'))
})

t.test('an operator who names no folder, or no number of days, is refused before anything happens', async (t) => {
  const { run, backups } = await install(t)
  for (const args of [[], ['backups'], ['backups', ''], ['backups', '0'], ['backups', '-1'], ['backups', '7d'], ['backups', '1 -o -true']])
    t.not((await run('sh', [SCRIPT, ...args])).code, 0, JSON.stringify(args))
  t.strictSame(backups(), [])
})

t.test('a container runs the script from standard input', async (t) => {
  const { run, backups } = await install(t)
  t.match(await run('sh', ['-s', '--', 'backups', '30'], readFileSync(SCRIPT, 'utf8')), { code: 0 })
  t.match(backups()[0], /\.db$/)
})
