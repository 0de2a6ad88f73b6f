// Caddy accepts the example's Caddyfile, and does with it what the server relies on. Needs the program, or its path in CADDY.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { parse } from 'yaml'
import { freePort } from '#src/process/free-port.ts'
import { listen } from '#test/support/app.ts'
import { ROOT } from '#test/support/processes/processes.ts'

interface Service {
  environment: Record<string, string>
}

const program = process.env['CADDY'] ?? 'caddy'
const missing = spawnSync(program, ['version']).status !== 0 && 'Caddy is not installed'
const caddyfile = readFileSync(join(ROOT, 'examples/compose/Caddyfile'), 'utf8')
const { server } = (parse(readFileSync(join(ROOT, 'examples/compose/compose.yaml'), 'utf8')) as { services: { server: Service } }).services
const folders = (folder: string) => ({ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env['PATH'] })

/** Starts Caddy with the file, but for the address of the server and the port of Caddy's own administration. */
async function startCaddy(t: Test, upstream: number): Promise<string> {
  const folder = t.testdir()
  const origin = `http://localhost:${await freePort()}`
  const text = `{\n\tadmin off\n}\n${caddyfile.replace('server:8000', `localhost:${upstream}`)}`
  writeFileSync(join(folder, 'Caddyfile'), text)
  const child = spawn(program, ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env: { ...folders(folder), DOMAIN: origin },
    stdio: 'ignore',
  })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(origin).then(() => true, () => false)) return origin // prettier-ignore
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('Caddy does not answer')
}

t.test('Caddy accepts the file', { skip: missing }, async (t) => {
  const run = (text: string, command: string[]) => {
    const folder = t.testdir({ Caddyfile: text })
    const args = [...command, '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile']
    return spawnSync(program, args, { encoding: 'utf8', timeout: 30_000, env: { ...folders(folder), DOMAIN: 'auth.example.com' } })
  }
  const { status, stderr } = run(caddyfile, ['validate'])
  t.equal(status, 0, stderr)
  t.notMatch(stderr, /"level":"warn"/)
  t.not(run(caddyfile.replace('reverse_proxy', 'reverse_porxy'), ['validate']).status, 0, 'and would refuse a misspelt one')
  const adapted = run(caddyfile, ['adapt']).stdout
  t.match(adapted, '"host":["auth.example.com"]')
  t.match(adapted, '"listen":[":443"]', 'it speaks TLS')
})

/** A server in place of ours, on a port that one may choose: it answers with the headers that reach it. */
async function startEcho(port: number): Promise<{ close(): Promise<unknown> }> {
  const server = createServer(({ headers }, response) => response.end(JSON.stringify(headers))).listen(port, 'localhost')
  await once(server, 'listening')
  return {
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}

t.test('the server behind Caddy knows its visitors by their own addresses, whatever they claim', { skip: missing }, async (t) => {
  const { issuer, storage } = await listen(t, { TRUST_PROXY: String(server.environment['TRUST_PROXY']) })
  const origin = await startCaddy(t, Number(new URL(issuer).port))
  // Another address than Caddy's own, so that the two can be told apart; Linux has all of 127.0.0.0/8.
  const sent = request(`${origin.replace('localhost', '127.0.0.1')}/register`, {
    method: 'POST',
    localAddress: '127.0.0.2',
    headers: { host: new URL(origin).host, 'content-type': 'application/json', 'x-forwarded-for': '203.0.113.9' },
  })
  sent.end(JSON.stringify({ client_name: 'Mine', redirect_uris: ['https://app.example/callback'] }))
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  t.equal(answer.statusCode, 201)
  answer.resume()
  const [event] = await storage.auditEvents.list({ since: 0, limit: 1 })
  t.match(event, { name: 'client.registered', address: '127.0.0.2' })
})

t.test('Caddy passes on who asked and for which host, and no claims', { skip: missing }, async (t) => {
  const port = await freePort()
  const echo = await startEcho(port)
  t.teardown(() => echo.close())
  const origin = await startCaddy(t, port)
  const answer = await fetch(origin, { headers: { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-host': 'evil.example' } })
  t.match(await answer.json(), { 'x-forwarded-for': /^(127\.0\.0\.1|::1)$/, 'x-forwarded-host': new URL(origin).host })
})

t.test('a visitor who comes while the server restarts waits instead of failing', { skip: missing }, async (t) => {
  const port = await freePort()
  const before = await startEcho(port)
  const origin = await startCaddy(t, port)
  await before.close()
  const waiting = fetch(origin)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const after = await startEcho(port)
  t.teardown(() => after.close())
  t.equal((await waiting).status, 200)
})
