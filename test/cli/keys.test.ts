import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { LEAD_MS } from '#src/domain/key/key-schedule.ts'
import { loadKeyset } from '#src/crypto/keyset.ts'
import { openTerminal } from './terminal/terminal.ts'
import type { Terminal } from './terminal/terminal.ts'

const SECRET = 'a secret of tests, longer than 32 characters'
const events = ({ look }: Terminal) => look(({ auditEvents }) => auditEvents.list({ since: 0, limit: 10 }))

interface Listed {
  kid: string
  alg: string
  state: string
  signs_from: string
}
const list = async (terminal: Terminal) => JSON.parse((await terminal.pipe('keys list --json')).output) as Listed[]

/** A database that a server has run with. */
async function started(t: Test): Promise<Terminal> {
  const terminal = openTerminal(t, { SECRET })
  t.match(await terminal.pipe('keys list'), { code: 0, output: /^There are none yet/ })
  await terminal.look(({ keys }) => loadKeyset(keys, SECRET, Date.now() - 1000))
  return terminal
}

t.test('an operator sees the keys, and has the next ones made, once', async (t) => {
  const terminal = await started(t)
  const [es256] = await list(terminal)
  t.match(es256, { alg: 'ES256', state: 'current' })
  const { code, output } = await terminal.pipe('keys rotate')
  t.equal(code, 0)
  t.match(
    output,
    /^\S{43} is the next ES256 key\.\n\S{43} is the next RS256 key\.\nA running server publishes them within 60 seconds. They sign from \S+ on\.\n$/,
  )
  const keys = await list(terminal)
  t.strictSame(
    keys.map(({ alg, state }) => `${alg} ${state}`),
    ['ES256 current', 'ES256 next', 'RS256 current', 'RS256 next'],
  )
  t.ok(output.includes(keys[1]!.signs_from) && Date.parse(keys[1]!.signs_from) > Date.now() + LEAD_MS - 60_000)
  t.match(
    (await terminal.pipe('keys list')).output,
    new RegExp(`${keys[1]!.kid} .* ES256 .* next .* 20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d `),
  )
  t.match(await terminal.pipe('keys rotate'), {
    code: 1,
    errors: /^Each key already has a successor\. See when it signs with: solar keys list\n$/,
  })
  t.match(await events(terminal), [
    { name: 'key.made', actor: 'operator' },
    { name: 'key.made', actor: 'operator' },
  ])
})

t.test('a program that has the next keys made reads them as in the list', async (t) => {
  const terminal = await started(t)
  const printed = JSON.parse((await terminal.pipe('keys rotate --json')).output) as Listed[]
  t.equal(printed.length, 2)
  t.strictSame(
    printed,
    (await list(terminal)).filter(({ state }) => state === 'next'),
  )
})

t.test('an operator ends a stolen key, after typing which, and another one signs at once', async (t) => {
  const terminal = await started(t)
  const [es256] = await list(terminal)
  const { kid } = es256!
  t.match(await terminal.pipe(`keys revoke ${kid}`), { code: 1, errors: /add --yes/ })
  t.match(await terminal.type(`keys revoke ${kid}`, [['Type its id', 'something else\r']]), { code: 1, errors: /nothing was changed/ })
  t.match(await terminal.type(`keys revoke ${kid}`, [['Type its id', `${kid}\r`]]), {
    code: 0,
    output: `${kid} is revoked. Nodes follow within 60 seconds. Verifiers may keep it for 5 minutes more: restart those that matter.\n`,
  })
  const keys = await list(terminal)
  t.match(keys, [
    { kid, state: 'revoked', revoked_at: /^20/ },
    { alg: 'ES256', state: 'current' },
    { alg: 'RS256', state: 'current' },
  ])
  t.match((await terminal.look((storage) => storage.keys.list()))[0], { encryptedPrivateJwk: undefined })
  for (const gone of [kid, 'nobody'])
    t.match(await terminal.pipe(`keys revoke ${gone} --yes`), { code: 1, errors: /^There is no key \S+ to revoke/ })
  t.match(
    (await events(terminal)).find(({ name }) => name === 'key.revoked'),
    { actor: 'operator', details: { kid } },
  )
})

t.test('an operator with another SECRET changes no key', async (t) => {
  const terminal = await started(t)
  const stranger = openTerminal(t, { SECRET: `${SECRET}!`, DATABASE_URL: terminal.databaseUrl })
  for (const words of ['keys rotate', 'keys revoke any --yes'])
    t.match(await stranger.pipe(words), { code: 1, errors: /^SECRET .* is not the one/ })
  t.equal((await list(terminal)).length, 2)
})

t.test('an operator who lost the secret has the server start again, after reading what that costs', async (t) => {
  const terminal = await started(t)
  t.match(await terminal.pipe('keys reset --yes'), {
    code: 1,
    errors: 'SECRET opens the keys: nothing is lost, and nothing was changed.\n',
  })
  const present = openTerminal(t, { SECRET: `${SECRET}!`, DATABASE_URL: terminal.databaseUrl })
  t.match(await present.pipe('keys rotate'), { code: 1, errors: /^SECRET .* is not the one/ })
  t.match(await present.pipe('keys reset'), { code: 1, errors: /All 2 keys go.*\n.*stop here\.\n.*add --yes\.\n$/ })
  t.match(await present.type('keys reset', [['Type reset', 'yes\r']]), { code: 1, errors: /The word does not match; nothing was changed/ })
  const file = join(dirname(terminal.databaseUrl.slice('sqlite:'.length)), 'server.json')
  const server = { pid: process.pid, version: '1', startedAt: 'now', issuer: 'http://localhost:1', host: 'localhost', port: 1 }
  writeFileSync(file, JSON.stringify({ ...server, database: terminal.databaseUrl }))
  t.match(await present.pipe('keys reset --yes'), { code: 1, errors: /The server http:\/\/localhost:1 runs on this database/ })
  rmSync(file)
  t.equal((await list(terminal)).length, 2)
  t.match(await present.type('keys reset', [['Type reset', 'reset\r']]), {
    code: 0,
    output: '2 keys are deleted. Start the server: it makes new ones, under its present secret.\n',
  })
  t.strictSame(await list(terminal), [])
  t.equal((await present.look(({ keys }) => loadKeyset(keys, `${SECRET}!`, Date.now()))).jwks.keys.length, 2)
})
