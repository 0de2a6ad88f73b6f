/** `--tunnel` with a program that prints what cloudflared prints: settings, the password, and that server and tunnel end together. */
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { answerOk, startUpstream } from '#test/support/gate.ts'
import { spawnNode } from '#test/support/processes.ts'

const ADDRESS = 'https://quick-brown-fox.trycloudflare.com'

/** A `cloudflared` that writes its arguments and its token to a file, then `what`. */
function install(t: Test, what: string): { folder: string; path: string; calls: string } {
  const folder = t.testdir()
  const [bin, calls] = [join(folder, 'bin'), join(folder, 'calls')]
  mkdirSync(bin)
  writeFileSync(join(bin, 'cloudflared'), `#!/bin/sh\necho "$$ $* token=$TUNNEL_TOKEN secret=$SECRET" >> ${calls}\n${what}\n`)
  chmodSync(join(bin, 'cloudflared'), 0o755)
  return { folder, path: `${bin}:${process.env['PATH']}`, calls }
}

const BANNER = `echo "INF |  Your quick Tunnel has been created! Visit it at: |" >&2; echo "INF |  ${ADDRESS}  |" >&2`

function get(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, headers: { host: new URL(ADDRESS).host } }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(text))
    })
    sent.on('error', reject).end()
  })
}

/** Its parent is gone, so that what takes it over may leave its entry there. */
async function isOver(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()
    if (state === '' || state.startsWith('Z')) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return false
}

t.test('an operator gets a public address, a password once, and both end together', async (t) => {
  const { folder, path, calls } = install(t, `${BANNER}; exec sleep 60`)
  const upstream = await startUpstream(t, answerOk)
  const port = await freePort()
  const env = { PORT: String(port), PATH: path, SECRET: 'a secret of 32 characters or more, really' }
  const start = () => spawnNode(t, 'src/cli.ts', ['protect', upstream.url, '--name', 'Tools', '--tunnel'], { cwd: folder, env })
  const first = start()
  const printed = await first.printed('is the issuer')
  const [, password] = /Password +of admin: (\S{30,}) +\(shown only now/.exec(printed) ?? []
  t.ok(password)
  t.match(printed, `apps connect to ${ADDRESS}/mcp`)
  t.match(printed, /ChatGPT.*Claude.*every app has to connect again then.*GET: the doctor tries/s)
  t.match(JSON.parse(await get(port, '/.well-known/oauth-authorization-server')), { issuer: ADDRESS })
  t.match(JSON.parse(await get(port, '/.well-known/oauth-protected-resource/mcp')), { resource: `${ADDRESS}/mcp`, resource_name: 'Tools' })
  const [call] = readFileSync(calls, 'utf8').split('\n')
  t.match(call, new RegExp(`^\\d+ tunnel --no-autoupdate --url http://localhost:${port} token= secret=$`), 'it gets no setting of ours')
  const pid = Number(call!.split(' ')[0])
  process.kill(pid, 'SIGTERM')
  t.match(await first.ended, { code: 0, stderr: /The tunnel is over: it ended \(SIGTERM\).*so it stops/ })

  const second = start()
  t.match(await second.printed('is the issuer'), /Password +of admin: as before/)
  second.child.kill('SIGTERM')
  t.match(await second.ended, { code: 0 })
  const later = Number(readFileSync(calls, 'utf8').trim().split('\n').at(-1)!.split(' ')[0])
  t.ok(await isOver(later), 'the tunnel ends with the server')
})

t.test('a tunnel with a name runs by its token, for the server alone, too', async (t) => {
  const { folder, path, calls } = install(t, 'exec sleep 60')
  const env = { PORT: '0', PATH: path, ISSUER: 'https://tools.example.com', TUNNEL_TOKEN: 'a token', ADMIN_PASSWORD: 'a long passphrase' }
  const running = spawnNode(t, 'src/server.ts', ['--tunnel'], { cwd: folder, env })
  const printed = await running.printed('is the issuer')
  t.match(printed, /Tunnel +https:\/\/tools\.example\.com/)
  t.notMatch(printed, /another one after the next start/)
  t.match(readFileSync(calls, 'utf8'), /tunnel --no-autoupdate run token=a token/)
  running.child.kill('SIGTERM')
  t.match(await running.ended, { code: 0 })
})

t.test('where there is no tunnel the operator reads what to do', async (t) => {
  const node = join(process.execPath, '..')
  for (const [what, env, reason] of [
    ['exit 3', {}, /cloudflared doesn't run: it ended \(code 3\)/],
    ['exit 3', { ISSUER: 'https://tools.example.com' }, /set TUNNEL_TOKEN, too/],
    ['exit 3', { PORT: 'x' }, /PORT is "x"/],
    [undefined, {}, /^--tunnel needs cloudflared, which is not installed here\.\nmacOS: brew install cloudflared\./],
  ] as const) {
    const made = what === undefined ? { folder: t.testdir(), path: node } : install(t, what)
    const running = spawnNode(t, 'src/server.ts', ['--tunnel'], { cwd: made.folder, env: { PORT: '0', ...env, PATH: made.path } })
    t.match(await running.ended, { code: 1, stderr: reason })
  }
})
