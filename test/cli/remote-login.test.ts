// A login at a server from afar that is kept for long, or that nobody finishes. What a login does on the whole: remote.test.ts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { openTerminal } from './terminal/terminal.ts'

const HOUR_MS = 3_600_000

interface Answer {
  readonly status: number
  readonly body: object
}

/** A server in the place of ours: it answers at /token as the test says, and lets in whoever has the token `new`. */
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
  const opened: string[] = []
  const state = t.testdir()
  const folder = join(state, 'solar-system-oauth-server')
  mkdirSync(folder, { mode: 0o700 })
  const file = join(folder, `${encodeURIComponent(issuer)}.json`)
  return {
    issuer,
    opened,
    keep: (tokens: object) => writeFileSync(file, JSON.stringify(tokens), { mode: 0o600 }),
    kept: () => JSON.parse(readFileSync(file, 'utf8')) as { accessToken: string; refreshToken: string; expiresAt: number },
    run: openTerminal(t, { XDG_STATE_HOME: state, DATABASE_URL: 'sqlite::memory:' }, { openBrowser: (url) => opened.push(url) }).pipe,
  }
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
