import { PassThrough, Readable, Writable } from 'node:stream'
import t from 'tap'
import { run } from '#src/cli/run.ts'
import { makeEvent } from '#test/storage/conformance/records.ts'
import { openTerminal } from './terminal.ts'

const HOUR_MS = 3_600_000
const terminal = openTerminal(t)
const now = Date.now()
/** Where a command prints to `output`, of any kind. */
const into = ({ databaseUrl }: { readonly databaseUrl: string }, output: Writable) => ({
  input: Readable.from([]),
  output,
  errors: new PassThrough(),
  variables: { DATABASE_URL: databaseUrl },
  program: 'solar',
})

t.test('an operator reads who changed what, the newest first', async (t) => {
  t.match(await terminal.pipe('audit list'), { code: 0, output: 'No matching events.\n' })
  await terminal.look(async ({ auditEvents }) => {
    await auditEvents.insert(makeEvent({ at: now - 2 * HOUR_MS, clientId: 'client_a', details: { client_name: 'Comet \u001b[31m\u202e' } }))
    await auditEvents.insert(
      makeEvent({ at: now, name: 'clients.swept', actor: 'server', address: undefined, clientId: undefined, details: { count: 3 } }),
    )
  })
  const { output } = await terminal.pipe('audit list')
  t.match(
    output,
    /^[-\d]+ [:\d]+ {2}clients swept, server: count: 3\n.* {2}client registered, anonymous, 192\.0\.2\.1, client_a: client name: Comet/,
  )
  t.notMatch(output, /\u001b|\u202e/, 'nothing that moves the cursor or turns text around')
})

t.test('an operator narrows it to a client, a time and a number', async (t) => {
  const list = async (options: string) =>
    JSON.parse((await terminal.pipe(`audit list --json ${options}`)).output) as { event: string; client_id?: string }[]
  t.match(await list(''), [
    { at: new Date(now).toISOString(), event: 'clients.swept', actor: 'server', details: { count: 3 } },
    { event: 'client.registered', actor: 'anonymous', address: '192.0.2.1', client_id: 'client_a' },
  ])
  t.match(
    (await list('--client client_a')).map(({ event }) => event),
    ['client.registered'],
  )
  for (const since of ['1h', new Date(now - HOUR_MS).toISOString()])
    t.match(
      (await list(`--since ${since}`)).map(({ event }) => event),
      ['clients.swept'],
      since,
    )
  t.equal((await list('--since 2026-01-01 --limit 1')).length, 1)
  t.strictSame(await list('--client nobody'), [])
})

t.test('an operator who asks for what cannot be reads one sentence', async (t) => {
  for (const [options, sentence] of [
    ['--since yesterday', /^--since must be a duration such as 12h or 7d, or a date/],
    ['--limit 0', /^--limit must be a whole number from 1 to 10000, but is "0"\.\n$/],
    ['--limit all', /^--limit/],
  ] as const) {
    t.match(await terminal.pipe(`audit list ${options}`), { code: 1, output: '', errors: sentence }, options)
  }
})

t.test('an operator reads how often something failed', async (t) => {
  const own = openTerminal(t)
  await own.look(async ({ auditEvents }) => {
    const event = makeEvent({ at: now, name: 'login.failed', details: { user: 'helen' } })
    await auditEvents.insert(event)
    for (const later of [5000, 61_000]) await auditEvents.countAgain(event, now + later, now)
  })
  const last = new Date(now + 61_000).toISOString().slice(11, 19)
  t.match((await own.pipe('audit list')).output, `3 times, last at ${last}; user: helen`)
  t.match(JSON.parse((await own.pipe('audit list --json')).output), [{ times: 3, last_at: new Date(now + 61_000).toISOString() }])
})

t.test('a terminal is not wider than it is', async (t) => {
  const own = openTerminal(t)
  await own.look(async ({ auditEvents }) => {
    await auditEvents.insert(makeEvent({ at: now, details: { client_name: 'A long name of an app that does a lot' } }))
    await auditEvents.insert(
      makeEvent({ at: now + 1, name: 'clients.swept', actor: 'server', address: undefined, clientId: undefined, details: {} }),
    )
  })
  const output = Object.assign(new PassThrough().setEncoding('utf8'), { isTTY: true, columns: 50 })
  let shown = ''
  output.on('data', (chunk: string) => (shown += chunk))
  t.equal(await run(['audit', 'list'], into(own, output)), 0)
  const lines = shown.trimEnd().split('\n')
  t.match(lines[0], / {2}clients swept, server$/)
  t.ok(lines.length > 2 && lines.every((line) => line.length <= 50), shown)
})

t.test('an operator exports all events as lines of JSON, the oldest first', async (t) => {
  const own = openTerminal(t)
  t.strictSame(await own.pipe('audit export'), { code: 0, output: '', errors: '' })
  await own.look(async ({ auditEvents }) => {
    for (let index = 0; index < 1001; index++)
      await auditEvents.insert(
        makeEvent({ at: now + index, clientId: index === 1000 ? 'client_b' : 'client_a', details: { text: '\u202e' } }),
      )
  })
  const lines = async (options = '') =>
    (await own.pipe(`audit export ${options}`)).output
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { at: string; client_id: string; id: string })
  const all = await lines()
  t.equal(all.length, 1001)
  t.equal(new Set(all.map(({ id }) => id)).size, 1001)
  t.equal(all[0]!.at, new Date(now).toISOString())
  t.notMatch((await own.pipe('audit export')).output, /\u202e/)
  t.equal((await lines('--client client_b')).length, 1)
  t.equal((await lines(`--since ${new Date(now + 999).toISOString()}`)).length, 2)
})

t.test('an operator whose reader goes away gets no more of an export', async (t) => {
  const own = openTerminal(t)
  await own.look(async ({ auditEvents }) => {
    for (let index = 0; index < 20; index++) await auditEvents.insert(makeEvent({ at: now + index }))
  })
  let written = 0
  const output = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      if (++written === 3) output.destroy()
      else setImmediate(done)
    },
  })
  t.equal(await run(['audit', 'export'], into(own, output)), 0)
  t.equal(written, 3)
})

t.test('an operator follows what happens, until the reader is gone', async (t) => {
  const own = openTerminal(t)
  const follow = async (words: string[], expected: number, happen: () => Promise<void>) => {
    const output = new PassThrough().setEncoding('utf8')
    let shown = ''
    output.on('data', (chunk: string) => {
      shown += chunk
      if (shown.split('\n').length > expected) output.destroy()
    })
    const ended = run(['audit', 'list', '--follow', ...words], into(own, output))
    await happen()
    t.equal(await ended, 0)
    return shown.trimEnd().split('\n')
  }
  const happen = () =>
    own.look(async ({ auditEvents }) => {
      await auditEvents.insert(makeEvent({ at: Date.now() - HOUR_MS, name: 'client.deleted' }))
      for (const clientId of ['client_a', undefined]) await auditEvents.insert(makeEvent({ at: Date.now() + 60_000, clientId }))
    })
  const lines = await follow([], 2, happen)
  for (const line of lines) t.match(line, /^[\d-]{10} [\d:]{8} {2}client registered, anonymous, 192\.0\.2\.1(, client_a)?: scope: openid$/)
  t.equal(lines.length, 2)
  const json = await follow(['--json', '--since', '2h', '--client', 'client_a'], 1, async () => undefined)
  t.match(JSON.parse(json[0]!), { client_id: 'client_a', event: 'client.registered' })
  t.match(await own.pipe('audit list --follow --limit 3'), { code: 1, errors: /^--limit makes no sense/ })
})
