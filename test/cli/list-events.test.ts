import t from 'tap'
import { makeEvent } from '#test/storage/conformance/records.ts'
import { openTerminal } from './terminal.ts'

const HOUR_MS = 3_600_000
const terminal = openTerminal(t)
const now = Date.now()

t.test('an operator reads who changed what, the newest first', async (t) => {
  t.match(await terminal.pipe('audit list'), { code: 0, output: 'No matching events.\n' })
  await terminal.look(async ({ auditEvents }) => {
    await auditEvents.insert(makeEvent({ at: now - 2 * HOUR_MS, clientId: 'client_a', details: { client_name: 'Comet \u001b[31m\u202e' } }))
    await auditEvents.insert(
      makeEvent({ at: now, name: 'clients.swept', actor: 'server', address: undefined, clientId: undefined, details: { count: 3 } }),
    )
  })
  const { output } = await terminal.pipe('audit list')
  t.match(output, /clients\.swept .*│ server [^]*client\.registered .*│ anonymous .*│ 192\.0\.2\.1 .*│ client_a /u)
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
