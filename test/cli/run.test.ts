import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { COMMANDS } from '#src/cli/commands.ts'
import { withStorage } from '#src/cli/configured.ts'
import { verifyServer } from '#src/cli/verify.ts'
import { ROOT, spawnNode } from '#test/support/processes.ts'
import { openTerminal } from './terminal.ts'

t.test('help shows every command, and how a single one goes', async (t) => {
  const { pipe } = openTerminal(t)
  for (const words of ['help', '--help', '-h']) {
    const { code, output, errors } = await pipe(words)
    t.match({ code, errors }, { code: 0, errors: '' })
    for (const name of Object.keys(COMMANDS)) t.match(output, `solar ${name}`)
  }
  const one = await pipe('user add --help')
  t.match(one.output, /^Usage:\n {2}solar user add NAME .*--password-stdin/)
  t.notMatch(one.output, 'user list')
  const group = await pipe('help user')
  t.match(group.output, 'solar user list')
  t.notMatch(group.output, 'solar serve')
})

t.test('what is no command gets a sentence, the usage and exit code 2', async (t) => {
  const { pipe } = openTerminal(t)
  for (const [words, sentence] of [
    ['', /^Usage:/],
    ['user', /^There is no command "user"\.\n\nUsage:\n {2}solar user add/],
    ['user rename x', /^There is no command "user rename"\.\n\nUsage:\n {2}solar user add/],
    ['launch', /^There is no command "launch"\.\n\nUsage:\n {2}solar serve/],
    ['constructor', /^There is no command "constructor"\./],
    ['user add', /^NAME is missing\.\n\nUsage:\n {2}solar user add/],
    ['user passwd helen geheim12', /^"geheim12" is one word too many: put what holds blanks in quotation marks\./],
    ['user list --all', /^Unknown option '--all'\.\n/],
    ['user add helen --password geheim12', /^Unknown option '--password'\.\n/],
    ['user add helen --email', /^Option '--email <value>' argument missing\.\n/],
    ['serve now', /^"now" is one word too many/],
  ] as const) {
    const { code, output, errors } = await pipe(words)
    t.equal(code, 2, words)
    t.match(words === '' ? output : errors, sentence, words)
    t.notMatch(errors, /^\s+at /m)
  }
})

t.test('a problem with the configuration is one sentence a variable, and exit code 1', async (t) => {
  const { pipe } = openTerminal(t, { PORT: 'x', LOG_LEVEL: 'y' })
  for (const words of ['user list', 'migrate', 'verify']) {
    const { code, errors } = await pipe(words)
    t.equal(code, 1)
    t.match(errors, /^PORT is "x".*\nLOG_LEVEL is "y".*\n$/)
  }
})

t.test('commands refuse a database that they cannot see or open, in a sentence', async (t) => {
  const memory = await openTerminal(t, { DATABASE_URL: 'sqlite::memory:' }).pipe('user list')
  t.match(memory, { code: 1, errors: /^DATABASE_URL is sqlite::memory:, which no other program can see: set it to a file\.\n$/ })
  const closed = await openTerminal(t, { DATABASE_URL: 'sqlite:/dev/null/x.db' }).pipe('user list')
  t.match(closed, { code: 1, errors: /^The database .* can't be opened/ })
})

t.test('migrate makes the database ready before the server starts', async (t) => {
  const { pipe, look } = openTerminal(t)
  t.match(await pipe('migrate'), { code: 0, output: 'The database is of this version.\n', errors: '' })
  t.same(await look(({ users }) => users.list()), [])
})

t.test('verify asks the configured server, or the one that is named', async (t) => {
  const { pipe } = openTerminal(t, { ISSUER: 'http://localhost:1' })
  t.match(await pipe('verify'), { code: 1, output: /^Verifying http:\/\/localhost:1\n/ })
  t.match(await pipe('verify http://127.0.0.1:1/auth'), { code: 1, output: /^Verifying http:\/\/127\.0\.0\.1:1\/auth\n/ })
})

t.test('verify writes colours in a terminal, unless NO_COLOR is set', async (t) => {
  for (const [variables, isTTY, colored] of [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
  ] as const) {
    let written = ''
    const output = Object.assign(new PassThrough().setEncoding('utf8'), { isTTY }).on('data', (chunk: string) => void (written += chunk))
    const call = { positionals: ['not an address'], options: {}, variables, output, errors: output, input: output, program: 'solar' }
    t.equal(await verifyServer(call), 1)
    t.equal(written.includes('\x1b['), colored)
  }
})

t.test('a defect in a command keeps its stack trace', async (t) => {
  await t.rejects(
    withStorage({ variables: { DATABASE_URL: `sqlite:${t.testdir()}/x.db` } }, () => Promise.reject(new TypeError('a defect'))),
    TypeError,
  )
  const { pipe } = openTerminal(t)
  const { run } = COMMANDS['migrate']!
  t.teardown(() => Object.assign(COMMANDS['migrate']!, { run }))
  Object.assign(COMMANDS['migrate']!, { run: () => Promise.reject(new TypeError('a defect')) })
  await t.rejects(pipe('migrate'), TypeError)
})

t.test('the command line is a process with the version and exit codes of its commands', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const cwd = t.testdir()
  t.match(await spawnNode(t, 'src/cli.ts', ['--version'], { cwd }).ended, { code: 0, stdout: `${version}\n`, stderr: '' })
  const npm = { npm_lifecycle_event: 'cli' }
  t.match(await spawnNode(t, 'src/cli.ts', ['user'], { cwd, env: npm }).ended, {
    code: 2,
    stdout: '',
    stderr: /npm run cli -- user add NAME/,
  })
})

t.test('serve starts the server, and verify finds nothing wrong with it', async (t) => {
  const server = spawnNode(t, 'src/cli.ts', ['serve'], { cwd: t.testdir(), env: { PORT: '0' } })
  const [, issuer] = /ready: (\S+) is the issuer/.exec(await server.printed('is the issuer'))!
  const verified = await openTerminal(t, { ISSUER: issuer! }).pipe('verify')
  t.match(verified, { code: 0, output: / 0 failed/ }, verified.output)
  server.child.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
})
