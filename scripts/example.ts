/**
 * `npm run example`: this server and an MCP server behind it, both from the package as it would be installed, until
 * Ctrl-C. `PORT` and `MCP_PORT` say where; behind a tunnel, `ISSUER` and `RESOURCE` are the public addresses.
 */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const example = join(root, 'examples', 'mcp-server')
const installed = join(example, 'node_modules', 'solar-system-oauth-server')
const unpacked = join(installed, '.unpacked')

const { PORT = '8000', MCP_PORT = '3001' } = process.env
const { ISSUER = `http://localhost:${PORT}`, RESOURCE = `http://localhost:${MCP_PORT}/mcp` } = process.env
const { ADMIN_USERNAME = 'admin', ADMIN_PASSWORD = 'admin123' } = process.env
const env = { ...process.env, PORT, ISSUER }

/** Runs something to its end, for what it prints. */
function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return stdout
}

/**
 * Builds and packs this checkout, and unpacks it where the example finds it, unless that was done since the last build; the rest is found
 * in the checkout's `node_modules`.
 */
function install(): void {
  run(process.execPath, [join(root, 'scripts', 'build.mjs'), '--if-changed'], root)
  const built = statSync(join(root, 'dist', '.built')).mtimeMs
  if (existsSync(unpacked) && statSync(unpacked).mtimeMs > built) return
  const folder = mkdtempSync(join(tmpdir(), 'solar-system-'))
  try {
    const [{ filename }] = JSON.parse(run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root)) as [
      { filename: string },
    ]
    rmSync(installed, { recursive: true, force: true })
    mkdirSync(installed, { recursive: true })
    run('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components', '1'], root)
    writeFileSync(unpacked, '')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const cli = (...args: string[]) => run(process.execPath, [join(installed, 'dist', 'cli.js'), ...args], example)

/** Registers the MCP server with its scopes, or gives it a new secret if it is there from the last time. */
function registerResource(): { id: string; secret: string } {
  const known = JSON.parse(cli('resource', 'list', '--json')) as { resource: string }[]
  const scopes = ['--scope', 'sky:read=Look at the sky', '--scope', 'probes:launch=Launch probes to other planets']
  const made = known.some(({ resource }) => resource === RESOURCE)
    ? cli('resource', 'rotate-secret', RESOURCE, '--json')
    : cli('resource', 'add', RESOURCE, '--name', 'Solar System tools', ...scopes, '--json')
  return JSON.parse(made) as { id: string; secret: string }
}

const children: ChildProcess[] = []
const stop = () => children.forEach((child) => child.kill('SIGTERM'))

/** Resolves once it has printed that it is there; what ends one ends both. */
async function start(args: readonly string[], sign: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: example, env: { ...env, ...more }, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  child.once('exit', (code) => {
    process.exitCode ??= code ?? 1
    stop()
  })
  let printed = ''
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-10_000)
      if (printed.includes(sign)) resolve()
    }),
  )
}

/** Both are checked first: a server that can't listen would end after the other one has started. */
async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, 'localhost')
  try {
    await once(probe, 'listening')
    return true
  } catch {
    return false
  } finally {
    probe.close()
  }
}

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.exitCode = 0
      stop()
    })
  }
  for (const [name, port] of Object.entries({ PORT, MCP_PORT })) {
    if (await isFree(Number(port))) continue
    console.error(`Port ${port} is in use: stop the program that uses it, or set ${name} to another one.`)
    process.exitCode = 1
    return
  }
  install()
  const { id, secret } = registerResource()
  await start([join(installed, 'dist', 'cli.js'), 'serve'], 'is the issuer')
  await start(['--import', import.meta.resolve('tsx'), 'server.ts'], 'MCP server at', {
    RESOURCE,
    RESOURCE_ID: id,
    RESOURCE_SECRET: secret,
    PORT: MCP_PORT,
  })
  console.log(`
  The example is ready: an MCP server behind a login.

  MCP server  ${RESOURCE}
              Give this address to your app. The tools are whoami, and launch_probe, which asks you once more.
  Login       ${ADMIN_USERNAME}, password: ${ADMIN_PASSWORD === 'admin123' ? ADMIN_PASSWORD : 'your ADMIN_PASSWORD'}
              ${ISSUER} asks for it.
  Try         claude mcp add --transport http solar-system ${RESOURCE}
              npx @modelcontextprotocol/inspector
              npx mcp-remote ${RESOURCE}
              npm run doctor -- ${RESOURCE}
  Code        examples/mcp-server/server.ts
  Stop        Ctrl-C
`)
}

void main()
