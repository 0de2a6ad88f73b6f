// Logins from afar that end otherwise than one at a server of ours does (remote.test.ts), and where they are kept.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { termsOf } from '#src/cli/remote/login.ts'
import { openTokenFile } from '#src/cli/remote/token-file.ts'
import { MULTI_FACTOR } from '#src/domain/authorization/authentication.ts'
import { openTerminal } from './terminal/terminal.ts'

const HOUR_MS = 3_600_000

/** What is kept of logins on this machine, and commands that find it there. */
function openState(t: Test, issuer: string) {
  const state = t.testdir()
  const folder = join(state, 'solar-system-oauth-server')
  mkdirSync(folder, { mode: 0o700 })
  const file = join(folder, `${encodeURIComponent(issuer)}.json`)
  const opened: string[] = []
  const variables = { XDG_STATE_HOME: state, DATABASE_URL: 'sqlite::memory:' }
  return {
    opened,
    keep: (tokens: object) => writeFileSync(file, JSON.stringify(tokens), { mode: 0o600 }),
    kept: () => JSON.parse(readFileSync(file, 'utf8')) as { accessToken: string; refreshToken: string; expiresAt: number },
    run: openTerminal(t, variables, { openBrowser: (url) => opened.push(url) }).pipe,
  }
}

interface Answer {
  readonly status: number
  readonly body: object
}

/** A server in the place of ours: it answers at /token as the test says, and lets in callers with the token `new`. */
async function startServer(t: Test, token: Answer) {
  const server = createServer((request, response) => {
    const { url = '', headers } = request
    const { status, body }: Answer = url.startsWith('/.well-known')
      ? { status: 200, body: { issuer, token_endpoint: `${issuer}/token`, authorization_endpoint: `${issuer}/authorize` } }
      : url === '/token'
        ? token
        : headers.authorization === 'Bearer new'
          ? { status: 200, body: { items: [] } }
          : { status: 401, body: { detail: 'No.' } }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  return { issuer, ...openState(t, issuer) }
}

t.test('a login outlives a server that says neither a new refresh token nor how long its token lives', async (t) => {
  const { issuer, keep, kept, run } = await startServer(t, { status: 200, body: { access_token: 'new', token_type: 'Bearer' } })
  keep({ accessToken: 'old', expiresAt: 0, refreshToken: 'of the login' })
  t.match(await run(`group list --server ${issuer}`), { code: 0, errors: '' })
  t.match(kept(), { accessToken: 'new', refreshToken: 'of the login' })
  t.ok(kept().expiresAt <= Date.now(), 'it is renewed before it is used again')
})

t.test('a script whose token is refused learns how to log in again, if the server does not know the login any more', async (t) => {
  const { issuer, keep, run } = await startServer(t, { status: 400, body: { error: 'invalid_grant' } })
  keep({ accessToken: 'old', expiresAt: Date.now() + HOUR_MS, refreshToken: 'of a login that ended' })
  t.strictSame(await run(`group list --server ${issuer}`), {
    code: 1,
    output: '',
    errors: `You are not logged in at ${issuer}. Log in with: solar login --server ${issuer}\n`,
  })
})

t.test('a login that nobody finishes ends after ten minutes, and says what to do without a browser', async (t) => {
  const { issuer, opened, run } = await startServer(t, { status: 400, body: {} })
  const { setTimeout: after } = globalThis
  const atOnce = (work: (...words: unknown[]) => void, ms?: number, ...words: unknown[]) =>
    after(work, ms === 10 * 60_000 ? 0 : ms, ...words)
  t.intercept(globalThis, 'setTimeout', { value: Object.assign(atOnce, after) })
  const { code, errors } = await run(`login --server ${issuer}`)
  t.equal(code, 1)
  t.match(errors, /\nNobody logged in\. On a machine without a browser, add --device\.\n$/)
  t.equal(opened.length, 1)
})

t.test('a server that can not be reached, or is none of ours, is named in a sentence', async (t) => {
  let answer: (path: string) => { readonly status: number; readonly type?: string; readonly body: string; readonly wait?: string }
  const fake = createServer((request, response) => {
    const { status, type = 'application/problem+json', body, wait } = answer(request.url!)
    response.writeHead(status, { 'content-type': type, ...(wait !== undefined && { 'retry-after': wait }) }).end(body)
  })
  await new Promise<void>((resolve) => fake.listen(0, 'localhost', resolve))
  t.teardown(() => fake.close())
  const address = `http://localhost:${(fake.address() as AddressInfo).port}`
  const { keep, run } = openState(t, address)
  const ask = (words = 'group list') => run(`${words} --server ${address}`)
  keep({ accessToken: 'x', expiresAt: Date.now() + HOUR_MS, refreshToken: 'y' })
  const detail = (text: string) => JSON.stringify({ detail: text })
  for (const [given, sentence] of [
    [{ status: 404, type: 'application/json', body: '{}' }, /can't be managed from here: ADMIN=on/],
    [{ status: 200, type: 'text/html', body: '<p>' }, /does not answer as a management API \(status 200\)/],
    [{ status: 400, body: '[]' }, /does not answer as a management API \(status 400\)/],
    [{ status: 429, body: detail('Too many.'), wait: '7' }, /^Too many\. Try again in 7 seconds\.\n$/],
    [{ status: 503, body: detail('Busy.') }, /^Busy\.\n$/],
    [{ status: 409, body: JSON.stringify({ detail: 'It is so.', argument: 'name' }) }, /^It is so\.\n$/],
    [{ status: 409, body: JSON.stringify({ detail: 'name is taken.', argument: 'name' }) }, /^--name is taken\.\n$/],
    [{ status: 409, body: JSON.stringify({ detail: 'name is taken', argument: 'name' }) }, /^name is taken\n$/],
  ] as const) {
    answer = () => given
    t.match(await ask(), { code: 1, output: '', errors: sentence }, String(sentence))
  }
  const metadata = JSON.stringify({ issuer: address, token_endpoint: `${address}/token`, response_types_supported: ['code'] })
  answer = (path) =>
    path === '/token'
      ? { status: 400, type: 'application/json', body: '{"error":"odd"}' }
      : path.startsWith('/.well-known')
        ? { status: 200, type: 'application/json', body: metadata }
        : { status: 401, body: detail('No.') }
  t.match(await ask(), { code: 1, errors: `${address} refuses the login: odd.\n` })
  t.match(await ask('logout'), { code: 0, errors: /^The server did not hear of it: / }, 'the file goes in any case')
  keep({ accessToken: 'x', expiresAt: 0 })
  t.match(await ask(), { code: 1, errors: /^You are not logged in/ }, 'a login without a refresh token ends with its token')
  t.match(await ask('logout'), { code: 0, output: /logged out/ })
  answer = () => ({ status: 404, type: 'text/plain', body: 'no' })
  t.match(await ask('login'), { code: 1, errors: /does not answer as a server that can be managed: / })
  keep({})
  t.match(await ask(), { code: 1, errors: /^You are not logged in/ })
  keep({ accessToken: 'x', expiresAt: Date.now() + HOUR_MS })
  fake.closeAllConnections()
  await new Promise((resolve) => fake.close(resolve))
  t.match(await ask(), { code: 1, errors: /can't be reached: .+\.\n$/ })
  t.match(await ask('login'), { code: 1, errors: /does not answer as a server that can be managed: .+\.\n$/ })
})

t.test('a login at another machine takes a second factor, and never goes over plain HTTP', (t) => {
  t.strictSame(termsOf('https://auth.example.com'), { execute: [], asked: { acr_values: MULTI_FACTOR } })
  t.match(termsOf('http://localhost:8000'), { execute: { length: 1 }, asked: {} })
  t.end()
})

t.test('without XDG_STATE_HOME, tokens are kept below the home of the account', (t) => {
  const home = t.testdir()
  const file = openTokenFile({ HOME: home }, 'https://auth.example.com')
  file.write({ accessToken: 'x', expiresAt: 1 })
  t.match(file.read(), { accessToken: 'x', expiresAt: 1 })
  t.equal(readdirSync(join(home, '.local/state/solar-system-oauth-server')).length, 1)
  t.ok(file.forget())
  t.notOk(file.forget())
  t.end()
})
