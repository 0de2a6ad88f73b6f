/**
 * nginx and Caddy with the recipes of docs/gate.md, but for ports: a real client logs its user in through them, and what a client makes up
 * reaches nobody. Needs the programs, or their paths in NGINX and CADDY.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'
import t from 'tap'
import type { Test } from 'tap'
import { permissionAt } from '#src/domain/protocol/scope.ts'
import type { Gate } from '#src/domain/gate/gate.ts'
import { freePort } from '#src/process/free-port.ts'
import { apiOf } from '#test/support/api.ts'
import { listen } from '#test/support/app.ts'
import { registerResource } from '#test/support/gate/forward-auth.ts'
import { answerOk, startEverything, startUpstream } from '#test/support/gate/gate.ts'
import { createProvider } from '#test/support/clients/mcp.ts'
import { createPerson } from '#test/support/people/person.ts'
import { ROOT } from '#test/support/processes/processes.ts'

const guide = readFileSync(join(ROOT, 'docs/gate.md'), 'utf8')
const recipe = (language: string): string => new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(guide)![1]!

interface Ports {
  readonly own: number
  readonly solar: number
  readonly mcp: number
}

const withPorts = (text: string, { solar, mcp }: Ports): string =>
  text.replaceAll('127.0.0.1:8000', `127.0.0.1:${solar}`).replaceAll('127.0.0.1:3001', `127.0.0.1:${mcp}`)

const nginx = {
  program: process.env['NGINX'] ?? (existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx'),
  version: '-v',
  start(folder: string, ports: Ports): string[] {
    const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
    const site = withPorts(recipe('nginx'), ports)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${ports.own}; listen [::1]:${ports.own};`)
      .replace('server_name mcp.example.com;', '')
    const file = join(folder, 'nginx.conf')
    const own = `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/error.log;`
    writeFileSync(file, `${own}\nevents {}\nhttp { access_log off; ${paths}\n${site} }`)
    return ['-p', folder, '-c', file]
  },
}

const caddy = {
  program: process.env['CADDY'] ?? 'caddy',
  version: 'version',
  start(folder: string, ports: Ports): string[] {
    const site = withPorts(recipe('caddyfile'), ports).replace('mcp.example.com', `http://localhost:${ports.own}`)
    const file = join(folder, 'Caddyfile')
    writeFileSync(file, `{\n\tadmin off\n}\n${site}`)
    return ['run', '--config', file, '--adapter', 'caddyfile']
  },
}

/** This server, the proxy in front of an MCP server, and the resource that clients connect to. */
async function start(t: Test, proxy: typeof nginx, upstream: string, tools: Gate['tools'] = []) {
  const folder = t.testdir()
  const own = await freePort()
  const made = await listen(t, { FORWARD_AUTH: 'on', TRUST_PROXY: '127.0.0.1,::1' })
  const address = `http://localhost:${own}/mcp`
  const scopes = ['use', 'delete'].map((name) => ({ name, description: name }))
  const gate: Gate = { identity: 'headers', headers: [], tools }
  await registerResource(made, address, { scopes, gate })
  const args = proxy.start(folder, { own, solar: Number(new URL(made.issuer).port), mcp: Number(new URL(upstream).port) })
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, PATH: process.env['PATH'] }
  const child = spawn(proxy.program, args, { stdio: 'ignore', env })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  for (let tries = 0; tries < 100; tries++) {
    if ((await fetch(address, { method: 'POST' }).catch(() => undefined)) !== undefined) break
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const api = apiOf(made)
  return {
    ...made,
    address,
    async token(scopes: string[]) {
      const client = await api.register({ token_endpoint_auth_method: 'none' })
      return (await api.tokens(client, { resources: [address], scopes: scopes.map((scope) => permissionAt(scope, address)) })).access_token
    },
  }
}

for (const [name, proxy] of Object.entries({ nginx, caddy })) {
  const skip = spawnSync(proxy.program, [proxy.version]).status !== 0 && `${name} is not installed`

  t.test(`a client that knows only an address behind ${name} logs its user in and uses the tools`, { skip }, async (t) => {
    const { address } = await start(t, proxy, await startEverything(t))
    const provider = createProvider<OAuthClientInformationMixed, OAuthTokens, OAuthDiscoveryState>('http://localhost:3118/oauth/callback')
    const open = () => new StreamableHTTPClientTransport(new URL(address), { authProvider: provider })
    const authorize = async (transport: StreamableHTTPClientTransport) => {
      const callback = await createPerson(new URL(provider.memory.authorizationUrl!).origin).authorize(provider.memory.authorizationUrl!)
      await transport.finishAuth(callback.searchParams.get('code')!)
    }
    const first = open()
    await t.rejects(new Client({ name: 'tests', version: '1.0.0' }).connect(first))
    await authorize(first)
    const client = new Client({ name: 'tests', version: '1.0.0' })
    await client.connect(open())
    t.match(await client.callTool({ name: 'echo', arguments: { message: 'through the proxy' } }), {
      content: [{ type: 'text', text: /through the proxy/ }],
    })
    const progress: number[] = []
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 2 } }
    await client.callTool(long, undefined, { onprogress: ({ progress: done }) => progress.push(done) })
    t.same(progress, [1, 2])
    await client.close()
  })

  t.test(`nothing that a client makes up passes ${name}, and every refusal has its challenge`, { skip }, async (t) => {
    const upstream = await startUpstream(t, answerOk)
    const { address, token, issuer } = await start(t, proxy, upstream.url, [
      { tool: '*', scope: 'use' },
      { tool: 'rm', scope: 'delete' },
    ])
    const send = (access: string | undefined, headers: Record<string, string> = {}, path = '', method = 'POST') =>
      fetch(address + path, {
        method,
        redirect: 'manual',
        headers: { 'content-type': 'application/json', ...(access !== undefined && { authorization: `Bearer ${access}` }), ...headers },
        ...(method === 'POST' && { body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' }),
      })
    const metadata = `resource_metadata="${new URL(address).origin}/.well-known/oauth-protected-resource/mcp"`
    const none = await send(undefined)
    t.equal(none.status, 401)
    t.equal(none.headers.get('www-authenticate'), `Bearer ${metadata}, scope="use"`)
    const use = await token(['use'])
    const lacking = await send(use)
    t.equal(lacking.status, 403)
    t.match(lacking.headers.get('www-authenticate'), /^Bearer .*insufficient_scope.*scope="use delete"$/)
    const made = {
      'x-auth-subject': 'root',
      'x-auth-email': 'root@example.com',
      'x-auth-groups': 'admins',
      'x-original-uri': '/other',
      'x-original-method': 'OPTIONS',
      'x-forwarded-uri': '/other',
      'x-forwarded-method': 'OPTIONS',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
    }
    t.equal((await send(undefined, made)).status, 401)
    t.same(upstream.requests, [])
    const passed = await send(await token(['use', 'delete']), made, '?a=b')
    t.equal(passed.status, 200)
    const [seen] = upstream.requests
    t.equal(seen!.url, '/mcp?a=b')
    t.equal(seen!.method, 'POST')
    t.match(seen!.text, /tools\/list/)
    t.match(seen!.headers, { 'x-auth-scope': 'use delete' })
    t.not(seen!.headers['x-auth-subject'], 'root')
    for (const name of ['x-auth-email', 'x-auth-groups']) t.notOk(seen!.headers[name], 'none, or an empty one')
    t.equal(seen!.headers.authorization, undefined)
    t.equal((await send(undefined, { origin: 'https://app.example', 'access-control-request-method': 'POST' }, '', 'OPTIONS')).status, 204)
    t.equal((await send(undefined, {}, '/_solar')).status, 401)
    for (const path of ['/forward-auth', '/_solar']) {
      const asked = await fetch(new URL(path, address), { headers: { authorization: `Bearer ${use}` } })
      t.not(asked.status, 401, `${path} is not public`)
      t.not(asked.headers.get('x-auth-subject'), 'admin')
    }
    t.match(await (await fetch(new URL('/.well-known/oauth-protected-resource/mcp', address))).json(), {
      resource: address,
      resource_name: 'Tools',
      authorization_servers: [issuer],
      bearer_methods_supported: ['header'],
      scopes_supported: ['use', 'delete'],
    })
  })
}
