// The tunnel's program: the address that it prints, and that it ends with the server.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { NoTunnel, startCloudflared } from '#src/process/tunnel/cloudflared.ts'
import { ADDRESS, BANNER, installCloudflared } from '#test/support/processes/cloudflared.ts'
import { gone } from '#test/support/gate/commands.ts'

t.test('it prints an address among other lines, and ends when it is told to', async (t) => {
  const words = `echo "INF Requesting new quick Tunnel on trycloudflare.com..." >&2; echo "see https://api.trycloudflare.com.evil.example"; ${BANNER}`
  const { path, calls } = installCloudflared(t, `${words}; exec sleep 60`)
  const before = process.listeners('exit')
  const tunnel = await startCloudflared({ PATH: path, SECRET: 'ours' }, 8000, undefined)
  t.equal(tunnel.address, ADDRESS)
  t.match(calls(), [{ words: 'tunnel --no-autoupdate --url http://localhost:8000 token= secret=' }], 'it gets no setting of ours')
  const added = process.listeners('exit').filter((each) => !before.includes(each))
  t.equal(added.length, 1)
  tunnel.end()
  t.equal(await tunnel.ended, 'it ended (SIGTERM)')
  t.ok(await gone(calls()[0]!.pid))
  t.notOk(process.listeners('exit').includes(added[0]!))
})

t.test('a tunnel with a name has the address that was configured', async (t) => {
  const { path, calls } = installCloudflared(t, `${BANNER}; exec sleep 60`)
  const tunnel = await startCloudflared({ PATH: path, HOME: '/home/us' }, 8000, 'a token')
  t.equal(tunnel.address, undefined)
  while (calls().length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
  t.match(calls(), [{ words: 'tunnel --no-autoupdate run token=a token secret=' }])
  tunnel.end()
  await tunnel.ended
})

t.test('without a tunnel there are sentences that say why, and nothing goes on', async (t) => {
  const start = (path: string, patienceMs?: number) => startCloudflared({ PATH: path }, 8000, undefined, patienceMs)
  const fails = installCloudflared(t, 'echo "no such thing" >&2; exit 3')
  await t.rejects(start(fails.path), /cloudflared doesn't run: it ended \(code 3\)\. It said: no such thing$/)
  await t.rejects(start(t.testdir()), /needs cloudflared, which is not installed here\.\nmacOS: brew install cloudflared\./)
})

t.test('a program that can not be run, or prints nothing in time, is no tunnel', async (t) => {
  const locked = installCloudflared(t, '')
  chmodSync(join(locked.folder, 'bin/cloudflared'), 0o644)
  const only = { PATH: join(locked.folder, 'bin') }
  await t.rejects(startCloudflared(only, 8000, undefined), /cloudflared doesn't run: spawn cloudflared EACCES/)
  chmodSync(join(locked.folder, 'bin/cloudflared'), 0o755)
})

t.test('one that prints no address in time is ended', async (t) => {
  const { path, calls } = installCloudflared(t, 'exec sleep 60')
  await t.rejects(startCloudflared({ PATH: path }, 8000, undefined, 200), new NoTunnel('cloudflared printed no address in time.'))
  for (const { pid } of calls()) t.ok(await gone(pid))
})
