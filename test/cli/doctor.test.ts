import { existsSync, readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Call } from '#src/cli/command.ts'
import { runDoctor } from '#src/cli/doctor.ts'
import { SECRET, listen } from '#test/support/app.ts'
import { addResource } from '#test/storage/conformance/records.ts'
import { spawnNode } from '#test/support/processes/processes.ts'
import { json, startFixture } from '#test/doctor/fixture-server.ts'
import { openTerminal } from './terminal/terminal.ts'

const nowhere = 'http://localhost:1'

function callWith(url: string, changes: Partial<Call> & { isTTY?: boolean } = {}) {
  const printed = { output: '', errors: '' }
  const collect = (name: 'output' | 'errors') =>
    Object.assign(new PassThrough().setEncoding('utf8'), { isTTY: changes.isTTY === true }).on('data', (chunk: string) => {
      printed[name] += chunk
    })
  const output = collect('output')
  const call: Call = {
    positionals: [url],
    options: {},
    variables: {},
    input: output,
    output,
    errors: collect('errors'),
    program: 'solar',
    ...changes,
  }
  return { call, output, printed }
}

t.test('a person who names no server reads what is missing, and what is wrong with one that is none', async (t) => {
  const { pipe } = openTerminal(t)
  t.match(await pipe('doctor'), { code: 2, errors: "Missing required argument 'url'. See: solar help doctor\n" })
  t.match(await pipe('doctor ftp://localhost'), { code: 2, output: '', errors: /^"ftp:\/\/localhost" is not an http or https address/ })
  t.match(await pipe('doctor http://me:secret@localhost'), { code: 2, errors: 'The address must not hold a user name or a password.\n' })
})

t.test('a person whose server does not answer reads that nothing could be checked', async (t) => {
  t.match(await openTerminal(t).pipe(`doctor ${nowhere}`), {
    code: 2,
    output: /The request to localhost:1 failed.*so nothing could be checked\.\n$/s,
  })
  const { output } = await openTerminal(t).pipe(`doctor ${nowhere}`)
  t.equal(output.match(/^–/gm)?.length, 3, 'what was skipped in a row is one line')
  t.match(output, /^– \d+ checks skipped \(there is no metadata\)$/m)
  const [, address = ''] = /more +(file:\S+)#no-answer/.exec(output) ?? []
  t.match(readFileSync(new URL(address), 'utf8'), '#### no-answer')
})

t.test('a person with this server on their machine reads that every client on it works', async (t) => {
  const { issuer } = await listen(t)
  const { code, output } = await openTerminal(t).pipe(`doctor ${issuer}`)
  t.equal(code, 0, output)
  t.match(output, `Examining ${issuer}\n\nThe authorization server ${issuer}\n`)
  t.match(output, '\n! ChatGPT        needs a public https address\n')
  t.match(output, '\n9 of 12 clients work, 0 stopped, 3 out of reach\n')
  t.notMatch(output, '✗')
})

t.test('an operator on the machine of the server reads which tools have no scope, or several', async (t) => {
  const { issuer } = await listen(t)
  const { pipe, look, databaseUrl } = openTerminal(t, { ISSUER: issuer, SECRET })
  t.notMatch((await pipe(`doctor ${issuer}`)).output, 'registered here', 'no database')
  t.notOk(existsSync(databaseUrl.slice('sqlite:'.length)), 'and none is made')

  const scopes = ['read', 'write'].map((name) => ({ name, description: name, tools: [`${name}_file`, 'copy_file'] }))
  const tools = ['copy_file', 'delete_file', 'read_file', 'write_file'].map((name) => ({ name }))
  await look((storage) => addResource(storage, { identifier: 'https://planets.example/mcp', scopes, tools }))
  const { code, output } = await pipe(`doctor ${issuer}`)
  t.equal(code, 0, output)
  t.match(output, '! Each tool has a scope (https://planets.example/mcp: delete_file; see tool-uncovered)\n')
  t.match(output, '! No tool has several scopes (https://planets.example/mcp: copy_file; see tool-twice)\n')

  const elsewhere = openTerminal(t, { ISSUER: 'http://localhost:1', SECRET, DATABASE_URL: databaseUrl })
  t.notMatch((await elsewhere.pipe(`doctor ${issuer}`)).output, 'registered here', 'the database is of another server')
})

t.test('a program reads one JSON document, and the exit code says whether a client is stopped', async (t) => {
  const { issuer } = await startFixture(t, (route, answer) => (route === 'register' ? json(401, {}) : answer))
  const { code, output } = await openTerminal(t).pipe(`doctor --json ${issuer}`)
  t.equal(code, 1)
  t.match(JSON.parse(output), { version: 1, kind: 'authorization-server', issuer, checked: true })
})

t.test('the doctor writes colours in a terminal, unless NO_COLOR is set', async (t) => {
  for (const [variables, isTTY, colored] of [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
  ] as const) {
    const { call, printed } = callWith(nowhere, { variables, isTTY })
    t.equal(await runDoctor(call), 2)
    t.equal(printed.output.includes('\x1b['), colored)
  }
})

t.test('a pipe that is closed ends the examination', async (t) => {
  const { issuer, asked } = await startFixture(t)
  const { call, output } = callWith(issuer)
  output.once('data', () => output.emit('error', new Error('EPIPE')))
  t.equal(await runDoctor(call), 130)
  t.notOk(asked.some(([route]) => route === 'authorize'))
})

t.test('a person who presses Ctrl-C instead of logging in gets exit code 130, and their clients are deleted', async (t) => {
  const { issuer, clients } = await startFixture(t)
  // Without PATH no browser is found, whichever machine this is.
  const doctor = spawnNode(t, 'src/cli.ts', ['doctor', issuer, '--login'], { cwd: t.testdir(), env: { PATH: '' } })
  await new Promise<void>((resolve) => doctor.child.stderr!.on('data', (chunk: string) => void (chunk.includes('Log in') && resolve())))
  doctor.child.kill('SIGINT')
  const { code, stdout, stderr } = await doctor.ended
  t.equal(code, 130)
  t.match(stderr, /^Log in with your browser: http:\/\/127\.0\.0\.1:\d+\/authorize\?/)
  t.match(stdout, 'login-unfinished')
  t.equal(clients.size, 0)
})
