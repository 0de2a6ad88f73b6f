// T22: commands behind the gate, and proxies that ask: what a client or a program makes up changes nothing for anybody else.
import t from 'tap'
import { createCommandStarter } from '#src/process/commands/command-starter.ts'
import { testConfig } from '#test/support/app.ts'
import { createCommandScene, gone, isAlive } from '#test/support/gate/commands.ts'
import { RESOURCE, createForwardAuth } from '#test/support/gate/forward-auth.ts'

const rules = { per: 'person', env: [] } as const
const starter = (variables: Record<string, string | undefined>) => createCommandStarter(variables, async () => undefined)

async function outputOf(words: readonly string[], variables = {}): Promise<string> {
  const { output, ended } = await starter({ PATH: process.env['PATH'], ...variables })(words, rules)
  const chunks: Buffer[] = []
  output.on('data', (chunk: Buffer) => chunks.push(chunk))
  await ended
  return Buffer.concat(chunks).toString()
}

t.test('no shell reads the words of a command', async (t) => {
  t.equal(await outputOf(['printf', '%s', '$(id); echo `id` | cat > x & $HOME *']), '$(id); echo `id` | cat > x & $HOME *')
})

t.test('a command gets none of our settings, whatever they are called', async (t) => {
  const ours = {
    SECRET: 'ours-1',
    DATABASE_URL: 'ours-2',
    ADMIN_PASSWORD: 'ours-3',
    TUNNEL_TOKEN: 'ours-4',
    SMTP_URL: 'ours-5',
    secret: 'ours-6',
  }
  t.notMatch(await outputOf(['env'], ours), /ours-/)
})

t.test('a line of 100 MB costs its sender the process, and us no memory', async (t) => {
  const scene = await createCommandScene(t)
  const session = await scene.open(await scene.token())
  const before = process.memoryUsage().arrayBuffers
  t.match(await session.call('huge'), { error: { message: /a line that is too long/ } })
  t.ok(await gone(session.pid))
  t.ok(process.memoryUsage().arrayBuffers - before < 50_000_000)
})

t.test('nothing of a process stays: no zombie, no child, no folder', async (t) => {
  const started = await starter({ PATH: process.env['PATH'] })(['sh', '-c', 'sleep 60 & echo $!; read line'], rules)
  const child = Number(await new Promise((resolve) => started.output.once('data', (data: Buffer) => resolve(data.toString()))))
  t.ok(isAlive(child))
  started.input.end()
  await started.ended
  t.notOk(isAlive(started.pid), 'its parent has asked how it ended')
  t.ok(await gone(child))
})

t.test('what a client sends as identity never comes back to the proxy', async (t) => {
  const { ask, token, change } = await createForwardAuth(t)
  const access = await token()
  const smuggled = { 'x-auth-subject': 'root', 'x-auth-email': 'root@example.com', 'x-auth-groups': 'admins', 'x-solar-assertion': 'a.b.c' }
  for (const identity of ['none', 'headers', 'assertion'] as const) {
    await change({}, { identity })
    const { statusCode, headers } = await ask(access, { headers: smuggled })
    t.equal(statusCode, 200)
    // Each of them is there, so that a proxy which copies it replaces what the client sent.
    for (const [name, value] of Object.entries(smuggled)) t.not(headers[name] ?? value, value, `${identity}: ${name}`)
  }
})

t.test('of two requests that a proxy seems to ask about, none is decided', async (t) => {
  const { ask, token } = await createForwardAuth(t)
  const access = await token()
  for (const headers of [
    { 'x-original-uri': '/admin' },
    { 'x-original-method': 'GET' },
    { 'x-forwarded-host': 'mcp.example.com, evil.example' },
    ...['/mcp/../admin', '/mcp/%2e%2e/admin', '/mcp//x', '/mcp%2fx', '/mcp/%5c..', '/mcp;x', '/mcp%00'].map((uri) => ({
      'x-forwarded-uri': uri,
    })),
  ])
    t.equal((await ask(access, { headers })).statusCode, 403, JSON.stringify(headers))
  t.equal((await ask(access)).statusCode, 200)
})

t.test('nobody asks under a public name, nor from an address that is no proxy', async (t) => {
  const { ask, token } = await createForwardAuth(t)
  const access = await token()
  for (const host of ['auth.example.com', 'mcp.example.com', 'AUTH.example.com:443', 'mcp.example.com:8443'])
    t.equal((await ask(access, { headers: { host } })).statusCode, 404, host)
  for (const remoteAddress of ['192.0.2.1', '11.0.0.1', '2001:db8::1'])
    t.equal((await ask(access, { remoteAddress })).statusCode, 404, remoteAddress)
})

t.test('a number of hops is no way to recognise a proxy, since anybody can be that many hops away', async (t) => {
  for (const TRUST_PROXY of ['1', '2', 'none'])
    t.throws(() => testConfig({ FORWARD_AUTH: 'on', TRUST_PROXY }), /must be the addresses or networks of your proxies/, TRUST_PROXY)
})

t.test('on the host of a resource there is its metadata, and no page or cookie of ours', async (t) => {
  const { app } = await createForwardAuth(t)
  const at = (path: string) => app.inject({ url: path, headers: { host: 'mcp.example.com' } })
  t.match((await at('/.well-known/oauth-protected-resource/mcp')).json(), { resource: RESOURCE })
  for (const path of ['/', '/login', '/account', '/jwks', '/forward-auth', '/readyz']) {
    const { statusCode, headers } = await at(path)
    t.strictSame([statusCode, headers['set-cookie']], [404, undefined], path)
  }
})
