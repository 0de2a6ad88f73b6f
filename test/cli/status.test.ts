// What the installation is set to, what it holds, and whether a server runs on it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { readGiven } from '#src/process/environment.ts'
import { VERSION } from '#src/process/version.ts'
import { addGrant, addSession } from '#test/storage/conformance/records.ts'
import { openTerminal } from './terminal/terminal.ts'

const DAY = 86_400_000
const SECRET = 'a secret of tests, longer than 32 characters'

interface Setting {
  readonly name: string
  readonly value?: string
  readonly is_set: boolean
  readonly from: string
}

/** A folder of its own, for `.env` and what a server leaves there. */
function enter(t: Test, files: Record<string, string> = {}): string {
  const cwd = process.cwd()
  const folder = t.testdir(files)
  process.chdir(folder)
  t.teardown(() => process.chdir(cwd))
  return folder
}

const running = (databaseUrl: string, more: object = {}) =>
  JSON.stringify({
    pid: process.pid,
    version: '9.9.9',
    startedAt: '2026-11-01T00:00:00.000Z',
    issuer: 'http://localhost:8123',
    host: 'localhost',
    port: 8123,
    database: databaseUrl,
    ...more,
  })

t.test('an operator sees at a glance what there is, and that no server runs', async (t) => {
  enter(t)
  const terminal = openTerminal(t, {
    SECRET,
    DATABASE_URL: 'sqlite:./x.db',
    ISSUER: 'https://auth.example',
    ADMIN_PASSWORD: 'geheim und lang',
  })
  t.match((await terminal.pipe('status')).output, /│ Signing keys +│ none yet/u)
  await terminal.look(async (storage) => {
    const now = Date.now()
    const { user } = await addGrant(storage, { grant: { createdAt: now, expiresAt: now + DAY } })
    await addSession(storage, user.id, { authTime: now, lastSeenAt: now, expiresAt: now + DAY })
    const keyset = await loadKeyset(storage.keys, SECRET, now - 1.5 * DAY)
    await keyset.rotateDue(now)
  })
  await terminal.pipe('keys rotate')
  const { code, output, errors } = await terminal.pipe('status')
  t.strictSame([code, errors], [0, ''])
  for (const part of [
    `│ Version            │ ${VERSION} on Node.js ${process.versions.node} `,
    '│ Issuer             │ https://auth.example ',
    '│ Server             │ none runs on this machine',
    `│ Database           │ sqlite:${process.cwd()}/x.db, `,
    ' MB, schema version ',
    '│ Users              │ 1 ',
    '│ Clients            │ 1 ',
    '│ Live grants        │ 1 ',
    '│ Live sessions      │ 1 ',
    '│ Logins today (UTC) │ 1 that have not ended, 0 that failed ',
  ])
    t.match(output, part)
  t.match(output, /ES256 \S+ signs since 20\S+ \(1 day\)/)
  t.match(output, /RS256 \S+ signs from 20/)
  t.match(JSON.parse((await terminal.pipe('status --json')).output), {
    version: VERSION,
    node: process.versions.node,
    issuer: 'https://auth.example',
    server: undefined,
    database: { name: `sqlite:${process.cwd()}/x.db`, bytes: Number, schema_version: Number },
    users: 1,
    clients: 1,
    live_grants: 1,
    live_sessions: 1,
    logins_today: 1,
    failed_logins_today: 0,
    keys: [{ alg: 'ES256', state: 'current' }, { state: 'next' }, { alg: 'RS256' }, { state: 'next' }],
  })
})

t.test('an operator sees which server runs, and its version', async (t) => {
  const folder = enter(t)
  const terminal = openTerminal(t, { DATABASE_URL: 'sqlite:./x.db' })
  writeFileSync(join(folder, 'server.json'), running(`sqlite:${process.cwd()}/x.db`))
  const { output } = await terminal.pipe('status')
  t.match(output, `│ version 9.9.9 runs as http://localhost:8123 since 2026-11-01T00:00:00.000Z (process ${process.pid})`)
  const message = `Version ${VERSION} is installed, but 9.9.9 still runs: start the server again.`
  t.match(output, `│ ${message} `)
  t.match(JSON.parse((await terminal.pipe('status --json')).output), {
    version: VERSION,
    version_needs: [{ kind: 'restart', message }],
    issuer: 'http://localhost:8123',
    server: { version: '9.9.9', pid: process.pid, started_at: '2026-11-01T00:00:00.000Z' },
  })
})

t.test('an operator sees every setting with its source, and no secret', async (t) => {
  const folder = enter(t, { '.env': `RATE_LIMIT_LOGIN=5/1h\nDATABASE_URL=sqlite:./x.db\nSECRET=${SECRET}\n` })
  const terminal = openTerminal(t, { LOG_LEVEL: 'debug', DATABASE_URL: 'sqlite:./x.db' })
  const read = async () => {
    const { output } = await terminal.pipe('config show --json')
    return (name: string) => (JSON.parse(output) as Setting[]).find((each) => each.name === name)
  }
  const setting = await read()
  t.strictSame(setting('LOG_LEVEL'), { name: 'LOG_LEVEL', value: 'debug', is_set: true, from: 'environment' })
  t.strictSame(setting('RATE_LIMIT_LOGIN'), { name: 'RATE_LIMIT_LOGIN', value: '5/1h', is_set: true, from: '.env' })
  t.strictSame(setting('SECRET'), { name: 'SECRET', is_set: true, from: '.env' })
  t.strictSame(setting('PORT'), { name: 'PORT', value: '8000', is_set: false, from: 'default' })
  const { code, output, errors } = await terminal.pipe('config show')
  t.strictSame([code, errors], [0, ''])
  t.match(output, /│ SECRET +│ set +│ \.env +│/u)
  t.match(output, /│ ADMIN_EMAIL +│ not set +│ default +│/u)
  t.match(output, /│ LOG_LEVEL +│ debug +│ environment +│/u)
  t.notMatch(output, SECRET)

  const server = { given: { settings: { LOG_LEVEL: 'info', REGISTRATION: 'closed' }, secrets: ['ADMIN_PASSWORD'] } }
  writeFileSync(join(folder, 'server.json'), running(`sqlite:${process.cwd()}/x.db`, server))
  const besides = await read()
  t.strictSame(besides('REGISTRATION'), { name: 'REGISTRATION', value: 'closed', is_set: true, from: 'running server' })
  t.strictSame(besides('ADMIN_PASSWORD'), { name: 'ADMIN_PASSWORD', is_set: true, from: 'running server' })
  t.strictSame(besides('PORT'), { name: 'PORT', value: '8123', is_set: true, from: 'running server' })
  t.match(await terminal.pipe('config show'), {
    code: 0,
    errors: 'The running server was started with other values of LOG_LEVEL, RATE_LIMIT_LOGIN: start it again to apply these.\n',
  })
  const same = { given: { settings: { LOG_LEVEL: 'debug', RATE_LIMIT_LOGIN: '5/1h' }, secrets: [] } }
  for (const given of [
    same,
    {},
    { given: { settings: { LOG_LEVEL: 1 }, secrets: [] } },
    { given: { settings: {}, secrets: 'x' } },
    { given: 1 },
  ]) {
    writeFileSync(join(folder, 'server.json'), running(`sqlite:${process.cwd()}/x.db`, given))
    t.match(await terminal.pipe('config show'), { code: 0, errors: '' }, JSON.stringify(given))
  }
})

t.test('an operator with an empty DATABASE_URL sees where the data is by default', async (t) => {
  enter(t)
  const { code, output } = await openTerminal(t, { DATABASE_URL: ' ' }).pipe('config show')
  t.equal(code, 0)
  t.match(output, /│ DATABASE_URL +│ sqlite:\S+solar-system\.db +│ default +│/u)
})

t.test('an operator whose settings are wrong sees them, and what is wrong', async (t) => {
  enter(t)
  const wrong = await openTerminal(t, { PORT: 'x', DATABASE_URL: 'postgres://solar:geheim@db.example/solar' }).pipe('config show')
  t.match(wrong, { code: 1, errors: /^PORT is "x".*\nSECRET must be set/ })
  t.match(wrong.output, /│ PORT +│ x +│ environment +│/u)
  t.match(wrong.output, /│ DATABASE_URL +│ postgres:\/\/db\.example\/solar +│/u)
  writeFileSync('.env', 'PORT="1')
  t.match(await openTerminal(t, { DATABASE_URL: 'sqlite:./x.db' }).pipe('config show'), {
    code: 1,
    output: '',
    errors: /^Line 1 of \.env can't be read/,
  })
})

t.test('a server leaves what it was given, without the secrets', async (t) => {
  enter(t, { '.env': `SECRET=${SECRET}\nCIMD=off\n` })
  t.strictSame(readGiven({ PORT: '1', ADMIN_PASSWORD: 'geheim und lang', ISSUER: '', HOME: '/root' }), {
    settings: { PORT: '1', CIMD: 'off' },
    secrets: ['SECRET', 'ADMIN_PASSWORD'],
  })
  writeFileSync('.env', '"')
  t.strictSame(readGiven({}), { settings: {}, secrets: [] })
})
