// What an operator says about commands behind the gate: kept as words and references, and refused with a sentence.
import { userInfo } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { openTerminal } from './terminal/terminal.ts'
import type { Terminal } from './terminal/terminal.ts'

const URI = 'http://localhost:8000/mcp'
/** The account of this process, which it may use without being root. */
const ME = userInfo().username
const find = ({ look }: Terminal) => look(({ resources }) => resources.findByIdentifier(URI))

async function refused(t: Test, terminal: Terminal, words: string, reason: RegExp): Promise<void> {
  const { code, errors } = await terminal.pipe(words)
  t.equal(code, 1, words)
  t.match(errors, reason, words)
}

t.test('an operator registers a command, reads it again, and changes how it runs', async (t) => {
  const terminal = openTerminal(t)
  const { pipe } = terminal
  t.match(await pipe(`resource add ${URI} --command "npx -y 'a b'" --env KEY --env OTHER=file:/run/key --per session --user ${ME}`), {
    code: 0,
  })
  const rules = {
    per: 'session',
    env: [
      { name: 'KEY', value: 'env:KEY' },
      { name: 'OTHER', value: 'file:/run/key' },
    ],
    user: ME,
  }
  t.match((await find(terminal))!.gate, { upstream: ['npx', '-y', 'a b'], process: rules })
  const { output } = await pipe(`resource show ${URI}`)
  t.match(output, /Command +│ npx -y 'a b'/)
  t.match(output, /Process per +│ session.*KEY=env:KEY.*OTHER=file:\/run\/key.*Account +│ \S.*an empty one of its own/s)
  t.match(JSON.parse((await pipe(`resource show ${URI} --json`)).output), { gate: { upstream: ['npx', '-y', 'a b'] } })
  await pipe(`resource update ${URI} --per PERSON --user= --env= --directory ${t.testdirName}`)
  t.same((await find(terminal))!.gate!.process, { per: 'person', env: [], directory: t.testdirName })
  await pipe(`resource update ${URI} --directory=`)
  t.same((await find(terminal))!.gate!.process, { per: 'person', env: [] })
  t.match((await pipe(`audit list`)).output, /command/)
  await refused(t, terminal, `resource sync ${URI}`, /A command is behind this resource/)
  await pipe(`resource update ${URI} --upstream http://localhost:3001/mcp`)
  t.notOk((await find(terminal))!.gate!.process, 'an address has no process')
  await refused(t, terminal, `resource update ${URI} --per session`, /are for commands/)
  await pipe(`resource update ${URI} --command npx`)
  await pipe(`resource update ${URI} --command=`)
  t.notOk((await find(terminal))!.gate)
})

t.test('an operator who says what can not be reads why, and nothing is kept', async (t) => {
  const terminal = openTerminal(t)
  const add = (more: string) => `resource add ${URI} ${more}`
  for (const [words, reason] of [
    [add(`--command "a 'b"`), /--command must close every quotation mark/],
    [add('--command a --upstream http://localhost:3001'), /either --upstream or --command/],
    [add('--command a --identity headers'), /A command has no headers/],
    [add('--command a --upstream-header "X: env:Y"'), /A command has no headers/],
    [add('--command a --per city'), /--per must be one of person, session/],
    [add('--command a --env SECRET'), /must not pass SECRET, which is a setting of this server/],
    [add('--command a --env X=env:DATABASE_URL'), /must not pass DATABASE_URL/],
    [add('--command a --env X=secret'), /the value itself is never kept\.$/m],
    [add('--command a --env X --env X=env:Y'), /appears twice/],
    ['protect', /Give the address of your MCP server, or after --/],
    ['protect --', /must name a program/],
    ['protect http://localhost:3001 -- npx x', /either addresses or/],
    ['protect --at /login -- npx x', /is taken/],
    ['protect --env ISSUER -- npx x', /must not pass ISSUER/],
  ] as const)
    await refused(t, terminal, words, reason)
  t.same(await terminal.look(({ resources }) => resources.list()), [])
})

t.test('an operator who is not root chooses no account, and nobody one that is not there', async (t) => {
  const terminal = openTerminal(t)
  await refused(t, terminal, `resource add ${URI} --command a --user nosuch`, /There is no account nosuch on this machine/)
  const uid = process.getuid!()
  t.intercept(process, 'getuid', { value: () => uid + 1 })
  for (const words of [`resource add ${URI} --command a`, 'protect'])
    await refused(t, terminal, `${words} --user ${ME}${words === 'protect' ? ' -- a' : ''}`, /only root can choose an account/)
  t.same(await terminal.look(({ resources }) => resources.list()), [])
})

t.test('an operator in a folder of theirs learns that the command runs in another one', async (t) => {
  const terminal = openTerminal(t)
  const { errors } = await terminal.pipe(`resource add ${URI} --command "./bin/x package.json --flag=src /tmp"`)
  t.match(errors, /doesn't run in this folder, where package\.json is/)
  t.same((await find(terminal))!.gate!.upstream, [join(process.cwd(), 'bin/x'), 'package.json', '--flag=src', '/tmp'])
  t.equal((await terminal.pipe(`resource update ${URI} --command "node package.json" --directory .`)).errors, '')
  t.equal((await find(terminal))!.gate!.process!.directory, process.cwd())
})
