/** `--tunnel` with a program that prints what cloudflared prints: settings, the password, and that server and tunnel end together. */
import { request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { ADDRESS, BANNER, installCloudflared } from '#test/support/processes/cloudflared.ts'
import { answerOk, startUpstream } from '#test/support/gate/gate.ts'
import { spawnNode } from '#test/support/processes/processes.ts'

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

t.test('an operator gets a public address, a password once, and both end together', async (t) => {
  const { folder, path, calls } = installCloudflared(t, `${BANNER}; exec sleep 60`)
  const upstream = await startUpstream(t, answerOk)
  const port = await freePort()
  const env = { PORT: String(port), PATH: path, SECRET: 'a secret of 32 characters or more, really' }
  const first = spawnNode(t, 'src/cli.ts', ['protect', upstream.url, '--name', 'Tools', '--tunnel'], { cwd: folder, env, counts: true })
  const printed = await first.printed('is the issuer')
  const [, password] = /Password +of admin: (\S{30,}) +\(shown only now/.exec(printed) ?? []
  t.ok(password)
  t.match(printed, `apps connect to ${ADDRESS}/mcp`)
  t.match(printed, /ChatGPT.*Claude.*every app has to connect again then.*GET: the doctor tries/s)
  t.match(JSON.parse(await get(port, '/.well-known/oauth-authorization-server')), { issuer: ADDRESS })
  t.match(JSON.parse(await get(port, '/.well-known/oauth-protected-resource/mcp')), { resource: `${ADDRESS}/mcp`, resource_name: 'Tools' })
  const [call] = calls()
  t.equal(call!.words, `tunnel --no-autoupdate --url http://localhost:${port} token= secret=`, 'it gets no setting of ours')
  process.kill(call!.pid, 'SIGTERM')
  t.match(await first.ended, { code: 0, stderr: /The tunnel is over: it ended \(SIGTERM\).*so it stops/ })
})

t.test('an operator without cloudflared reads how to get it', async (t) => {
  const env = { PORT: '0', PATH: join(process.execPath, '..') }
  const running = spawnNode(t, 'src/server.ts', ['--tunnel'], { cwd: t.testdir(), env, counts: true })
  t.match(await running.ended, {
    code: 1,
    stderr: /^--tunnel needs cloudflared, which is not installed here\.\nmacOS: brew install cloudflared\./,
  })
})
