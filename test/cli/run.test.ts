import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { COMMANDS } from '#src/cli/commands.ts'
import { withOperations } from '#src/cli/configured.ts'
import { run } from '#src/cli/run.ts'
import { verifyServer } from '#src/cli/verify.ts'
import { ROOT, spawnNode } from '#test/support/processes/processes.ts'
import { openTerminal } from './terminal/terminal.ts'

t.test('help shows every command, and how a single one goes', async (t) => {
  const { pipe } = openTerminal(t)
  for (const words of ['help', '--help', '-h', 'help --help']) {
    const { code, output, errors } = await pipe(words)
    t.match({ code, errors }, { code: 0, errors: '' })
    for (const name of Object.keys(COMMANDS)) t.match(output, new RegExp(`^ {2}${name} `, 'm'))
    for (const { summary } of Object.values(COMMANDS)) t.match(output.replace(/\s+/g, ' '), summary)
    t.match(output, 'solar help <command>')
    t.notMatch(output, 'registration-token')
  }
  const one = await pipe('user add --help')
  t.match(one, { code: 0, errors: '', output: /^Usage: solar user add \[options\] <username>\n/ })
  t.match(one.output, /\n {2}--password-stdin {2}/)
  t.notMatch(one.output, 'user list')
  const group = await pipe('help user')
  t.match(group, { code: 0, errors: '', output: /^Usage: solar user <command>\n/ })
  t.match(group.output, 'user list')
  t.notMatch(group.output, /^ {2}serve/m)
})

t.test('the help of every command describes each of its arguments and options, in both ways to ask for it', async (t) => {
  const { pipe } = openTerminal(t)
  for (const [name, { summary, details, arguments: words = [], options = [] }] of Object.entries(COMMANDS)) {
    const { code, output, errors } = await pipe(`help ${name}`)
    t.match({ code, errors }, { code: 0, errors: '' }, name)
    t.equal((await pipe(`${name} --help`)).output, output, name)
    const flat = output.replace(/\s+/g, ' ')
    t.ok(flat.startsWith(`Usage: solar ${name} [options]${words.map((word) => ` ${word.name}`).join('')}`), flat)
    t.ok(flat.includes(`${summary.slice(1)}. ${details ?? ''}`), name)
    const described = [
      ...words.map(({ name, description }) => [name.slice(1, -1).replace('...', ''), description] as const),
      ...options.map(({ flags, description }) => [flags, description] as const),
    ]
    for (const [term, description] of described) {
      t.match(description, /^\S.{6,}[^.]$/, `${name} ${term} has a description`)
      t.ok(flat.includes(` ${term} ${description}`), `${name} shows ${term}`)
    }
    for (const line of output.split('\n')) t.ok(line.length <= 100, line)
  }
})

t.test('help uses the width of a terminal', async (t) => {
  let shown = ''
  const output = Object.assign(new PassThrough().setEncoding('utf8'), { isTTY: true, columns: 72 }).on(
    'data',
    (chunk: string) => void (shown += chunk),
  )
  t.equal(await run(['help', 'client', 'add'], { input: output, output, errors: output, variables: {}, program: 'solar' }), 0)
  const widths = shown.split('\n').map((line) => line.length)
  t.ok(Math.max(...widths) <= 72 && Math.max(...widths) > 60, shown)
})

t.test('what is no command gets one sentence, with the nearest match or else where to look, and exit code 2', async (t) => {
  const { pipe } = openTerminal(t)
  t.match(await pipe(''), { code: 2, output: /^Usage: solar <command>/, errors: '' })
  for (const [words, sentence] of [
    [
      'user',
      '"user" needs one of these words after it: add, invite, list, show, update, role, passwd, reset-factors, reset-password, factor-link, disable, enable, unlock, unlink, delete. See: solar help user',
    ],
    ['user fetch x', "Unknown command 'fetch'. See: solar help user"],
    ['user lst', "Unknown command 'lst'. Did you mean list?"],
    ['usr list', "Unknown command 'usr'. Did you mean user?"],
    ['launch', "Unknown command 'launch'. See: solar help"],
    ['constructor', "Unknown command 'constructor'. See: solar help"],
    ['hlep', "Unknown command 'hlep'. Did you mean help?"],
    ['help launch', "Unknown command 'launch'. See: solar help"],
    ['help user lst', "Unknown command 'lst'. Did you mean list?"],
    ['user add', "Missing required argument 'username'. See: solar help user add"],
    ['user passwd helen geheim12', 'Unexpected argument "geheim12". Quote values that contain spaces. See: solar help user passwd'],
    ['user list --all', "Unknown option '--all'. See: solar help user list"],
    ['user list --jsn', "Unknown option '--jsn'. Did you mean --json?"],
    ['user add helen --password geheim12', "Unknown option '--password'. See: solar help user add"],
    ['user add helen --email', "Option '--email <address>' argument missing. See: solar help user add"],
    [
      'user add helen --email --name Helen',
      '--email needs a value. If "--name" is the value, write --email=--name. See: solar help user add',
    ],
    ['serve now', 'Unexpected argument "now". Quote values that contain spaces. See: solar help serve'],
    ['--json user list', "Unknown option '--json'. See: solar help"],
  ] as const) {
    t.strictSame(await pipe(words), { code: 2, output: '', errors: `${sentence}\n` }, words)
  }
})

t.test('a value that looks like an option is taken where the equals sign says so', async (t) => {
  const { pipe, look } = openTerminal(t)
  t.match(await pipe('user add helen --name=--name --password-stdin', 'geheim und lang'), { code: 0 })
  t.match(await look(({ users }) => users.list()), [{ profile: { name: '--name' } }])
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
  t.match(await pipe('migrate'), { code: 0, output: 'The database is at the version of this program.\n', errors: '' })
  t.same(await look(({ users }) => users.list()), [])
})

t.test('verify asks the configured server, or the one that is named', async (t) => {
  const { pipe } = openTerminal(t, { ISSUER: 'http://localhost:1' })
  t.match(await pipe('verify'), { code: 1, output: /^Verifying http:\/\/localhost:1\n/ })
  t.match(await pipe('verify http://127.0.0.1:1/auth'), { code: 1, output: /^Verifying http:\/\/127\.0\.0\.1:1\/auth\n/ })
})

t.test('verify prints one JSON document for programs, which says of each step how it ended', async (t) => {
  const { pipe } = openTerminal(t, { ISSUER: 'http://localhost:1' })
  const { code, output, errors } = await pipe('verify --json')
  t.match({ code, errors }, { code: 1, errors: '' })
  const report = JSON.parse(output) as { steps: { kind: string }[] }
  t.match(report, { version: 1, issuer: 'http://localhost:1', passed: false, steps: [{ title: 'The metadata is found', kind: 'failed' }] })
  t.ok(report.steps.slice(1).every(({ kind }) => kind === 'skipped'))
  t.match(await pipe('verify --json nowhere'), { code: 1, output: '', errors: /^"nowhere" is not an http or https address/ })
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
    withOperations({ variables: { DATABASE_URL: `sqlite:${t.testdir()}/x.db` } }, () => Promise.reject(new TypeError('a defect'))),
    TypeError,
  )
  const { pipe } = openTerminal(t)
  const migrate = COMMANDS['migrate']!.run
  t.teardown(() => Object.assign(COMMANDS['migrate']!, { run: migrate }))
  Object.assign(COMMANDS['migrate']!, { run: () => Promise.reject(new TypeError('a defect')) })
  await t.rejects(pipe('migrate'), TypeError)
})

t.test('the command line is a process with the version and exit codes of its commands', async (t) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const cwd = t.testdir()
  t.match(await spawnNode(t, 'src/cli.ts', ['--version'], { cwd, counts: true }).ended, { code: 0, stdout: `${version}\n`, stderr: '' })
  const npm = { npm_lifecycle_event: 'cli' }
  t.match(await spawnNode(t, 'src/cli.ts', ['user'], { cwd, env: npm }).ended, {
    code: 2,
    stdout: '',
    stderr: /^"user" needs .* See: npm run cli -- help user\n$/,
  })
})

t.test('serve starts the server, and verify finds nothing wrong with it', async (t) => {
  const server = spawnNode(t, 'src/cli.ts', ['serve'], { cwd: t.testdir(), env: { PORT: '0' }, counts: true })
  const [, issuer] = /ready: (\S+) is the issuer/.exec(await server.printed('is the issuer'))!
  const verified = await openTerminal(t, { ISSUER: issuer! }).pipe('verify')
  t.match(verified, { code: 0, output: / 0 failed/ }, verified.output)
  const forPrograms = await openTerminal(t, { ISSUER: issuer! }).pipe('verify --json')
  t.equal(forPrograms.code, 0)
  t.match(JSON.parse(forPrograms.output), { passed: true, steps: [{ kind: 'passed' }] })
  server.child.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
})

t.test('a person in a checkout reads how to go on there, whichever script they began with', async (t) => {
  const cwd = t.testdir()
  for (const [script, program] of [
    ['cli', 'npm run cli --'],
    ['doctor', 'npm run cli --'],
    ['verify', 'npm run cli --'],
    ['', 'solar-system-oauth-server'],
  ] as const) {
    const { stderr } = await spawnNode(t, 'src/cli.ts', ['doctor'], { cwd, env: { npm_lifecycle_event: script }, counts: script === 'cli' })
      .ended
    t.equal(stderr, `Missing required argument 'url'. See: ${program} help doctor\n`, script)
  }
})

t.test('a person who asks for the version in any of its forms reads it', async (t) => {
  const { pipe } = openTerminal(t)
  t.strictSame(await pipe('version'), await pipe('--version'))
})
