import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { freePort } from '#src/process/free-port.ts'
import { ROOT, spawnNode } from '#test/support/processes/processes.ts'

/** Reads types in a third of the time that the other compiler takes. */
const TSC = join(ROOT, 'node_modules/typescript-7/lib/tsc.js')
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  version: string
  bin: Record<string, string>
  dependencies: Record<string, string>
}

/** A folder that holds what an installed package does: the manifest and the build, not the sources. */
const installed = t.testdir()
const dist = join(installed, 'dist')

t.before(() => {
  const built = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--if-changed', dist], { encoding: 'utf8', timeout: 120_000 })
  if (built.status !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`)
  copyFileSync(join(ROOT, 'package.json'), join(installed, 'package.json'))
})

/** What a file of the build imports, in any form. */
function importsOf(file: string): string[] {
  const code = readFileSync(file, 'utf8')
  return [...code.matchAll(/(?:\bfrom |\bimport |\bimport\(|\brequire\(|\)\()\s*['"]([@\w./-]+)['"]/g)].map(([, name]) => name!)
}

t.test("a build that gets Railway's variables serves the public https issuer and keeps its data in the volume", async (t) => {
  const cwd = join(installed, 'railway')
  mkdirSync(join(cwd, 'volume'), { recursive: true })
  const port = String(await freePort('::'))
  const volume = join(cwd, 'volume')
  const env = {
    PORT: port,
    RAILWAY_PUBLIC_DOMAIN: 'solar.up.railway.app',
    RAILWAY_VOLUME_MOUNT_PATH: volume,
    RAILWAY_ENVIRONMENT: 'production',
    ADMIN_PASSWORD: 'a password of my own',
  }
  const server = spawnNode(t, join(dist, 'server.js'), [], { cwd, env, nodeOptions: ['--enable-source-maps'] })
  await server.printed('https://solar.up.railway.app is the issuer')
  const headers = { host: 'solar.up.railway.app', 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' }
  for (const host of ['127.0.0.1', 'localhost']) {
    const response = await fetch(`http://${host}:${port}/.well-known/oauth-authorization-server`, { headers })
    t.match(await response.json(), {
      issuer: 'https://solar.up.railway.app',
      registration_endpoint: 'https://solar.up.railway.app/register',
      token_endpoint: 'https://solar.up.railway.app/token',
    })
  }
  t.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200, 'the health check of railway.json')
  t.match(
    await (await fetch(`http://127.0.0.1:${port}/`, { headers: { accept: 'text/html' } })).text(),
    '<!doctype html>',
    'templates came along',
  )
  server.child.kill('SIGTERM')
  const { code, stdout } = await server.ended
  t.equal(code, 0)
  t.notMatch(stdout, 'a password of my own')
  t.notMatch(stdout, /"level":[4-6]0/, 'no warning')
  t.same(readdirSync(volume).sort(), ['secret', 'solar-system.db'])
  t.notOk(existsSync(join(cwd, 'data')))
})

t.test('a build on Railway without a volume, or without a password, says so', async (t) => {
  const cwd = join(installed, 'bare')
  mkdirSync(cwd)
  const env = { PORT: String(await freePort('::')), RAILWAY_PUBLIC_DOMAIN: 'solar.up.railway.app', RAILWAY_ENVIRONMENT: 'production' }
  const refused = await spawnNode(t, join(dist, 'server.js'), [], { cwd, env }).ended
  t.match(refused, { code: 1, stdout: '', stderr: /^ADMIN_PASSWORD is still one that everybody knows.*set your own\.\n$/ })
  const warned = spawnNode(t, join(dist, 'server.js'), [], { cwd, env: { ...env, ADMIN_PASSWORD: 'a password of my own' } })
  t.match(await warned.printed('is the issuer'), /"level":40.*This Railway service has no volume/)
  warned.child.kill('SIGTERM')
  t.match(await warned.ended, { code: 0 })
})

t.test('the packed package holds all that runs, and its command works as npm links it', async (t) => {
  const packed = spawnSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', installed], {
    cwd: installed,
    encoding: 'utf8',
    timeout: 60_000,
  })
  const [{ filename, files }] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }]
  const paths = files.map((file) => file.path)
  for (const needed of [
    'dist/server.js',
    'dist/cli.js',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/resource-server/index.js',
    'dist/resource-server/index.d.ts',
    'dist/storage/migrations/0001.do.initial.sql',
    'dist/templates/login.hbs',
    'dist/templates/locales/ko.json',
  ]) {
    t.ok(paths.includes(needed), needed)
  }
  t.same(
    paths.filter((path) => /^(src|test|data|examples)\/|\.env$/.test(path)),
    [],
  )

  const home = join(installed, 'elsewhere')
  const target = join(home, 'node_modules', 'solar-system-oauth-server')
  mkdirSync(target, { recursive: true })
  t.equal(spawnSync('tar', ['-xzf', join(installed, filename), '-C', target, '--strip-components', '1']).status, 0)
  // What it depends on is found in the checkout above; the next test sees that the manifest names all of it.
  mkdirSync(join(home, 'node_modules', '.bin'))
  const bin = join(home, 'node_modules', '.bin', 'solar-system-oauth-server')
  symlinkSync(join('..', 'solar-system-oauth-server', manifest.bin['solar-system-oauth-server']!), bin)
  t.match(readFileSync(bin, 'utf8'), /^#!\/usr\/bin\/env node\n/)
  t.match(await spawnNode(t, bin, ['--version'], { cwd: home }).ended, { code: 0, stdout: `${manifest.version}\n` })
  const added = await spawnNode(t, bin, ['user', 'add', 'helen', '--password-stdin'], { cwd: home, input: 'geheim und lang\n' }).ended
  t.match(added, { code: 0, stdout: 'helen can log in now.\n', stderr: '' })
  const server = spawnNode(t, bin, ['serve'], { cwd: home, env: { PORT: '0' } })
  await server.printed('is the issuer')
  server.child.kill('SIGTERM')
  t.match(await server.ended, { code: 0 })
  t.match((await spawnNode(t, bin, ['user', 'list'], { cwd: home }).ended).stdout, /admin[^]*helen/)
})

t.test('a program that embeds the installed server gets its types, and the server answers', async (t) => {
  const home = join(installed, 'embedding')
  mkdirSync(home, { recursive: true })
  const program = `
    import { buildApp, loadConfig, loadKeyset, openStorage } from 'solar-system-oauth-server'
    const config = loadConfig({ SECRET: 'a secret of the program, longer than 32 characters', DATABASE_URL: 'sqlite::memory:' })
    if (!config.ok) throw new Error(config.error.join(' '))
    const { databaseUrl, secret = '' } = config.value
    const storage = await openStorage(databaseUrl)
    const keyset = await loadKeyset(storage.keys, secret, Date.now())
    const app = await buildApp({ config: config.value, storage, keyset, secret })
    const { statusCode, payload } = await app.inject('/jwks')
    console.log(statusCode, JSON.parse(payload).keys.length)
    await app.close()`
  for (const name of ['program.ts', 'program.mjs']) writeFileSync(join(home, name), program)
  mkdirSync(join(home, 'node_modules'))
  symlinkSync(
    join('..', '..', 'elsewhere', 'node_modules', 'solar-system-oauth-server'),
    join(home, 'node_modules/solar-system-oauth-server'),
  )
  const options = [
    '--ignoreConfig',
    '--strict',
    '--noEmit',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
  ]
  const checked = spawnSync(process.execPath, [TSC, ...options, join(home, 'program.ts')], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  t.match(checked, { stdout: '', stderr: '', status: 0 })
  t.match(await spawnNode(t, join(home, 'program.mjs'), [], { cwd: home }).ended, { code: 0, stdout: '200 2\n', stderr: '' })
})

t.test('a developer who uses the installed library gets its types, and no packages but jose and fastify-plugin', async (t) => {
  const home = join(installed, 'elsewhere')
  for (const file of ['server.ts', 'settings.ts', 'tools.ts', 'package.json', 'tsconfig.json'])
    copyFileSync(join(ROOT, 'examples/mcp-server', file), join(home, file))
  const checked = spawnSync(process.execPath, [TSC, '-p', home], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  t.equal(checked.stdout + checked.stderr, '', 'the example type-checks against the installed package')
  t.equal(checked.status, 0)

  const packages = new Set<string>()
  const seen = new Set<string>()
  const follow = (file: string): void => {
    if (seen.has(file)) return
    seen.add(file)
    for (const name of importsOf(file)) {
      if (name.startsWith('.')) follow(join(file, '..', name))
      else if (!isBuiltin(name)) packages.add(name)
    }
  }
  follow(join(home, 'node_modules/solar-system-oauth-server/dist/resource-server/index.js'))
  t.strictSame([...packages].sort(), ['fastify-plugin', 'jose'])
  t.ok(seen.size > 10, 'the search follows imports')
})

t.test('the build imports only what an installation contains', async (t) => {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.js') && !path.startsWith('templates'),
  )
  const packages = new Set<string>()
  for (const path of files) {
    for (const name of importsOf(join(dist, path))) {
      const [scope = '', rest = ''] = name.split('/')
      if (!name.startsWith('.') && !isBuiltin(name)) packages.add(scope.startsWith('@') ? `${scope}/${rest}` : scope)
    }
  }
  t.ok(packages.has('fastify') && packages.has('pino-pretty') && packages.has('@photostructure/sqlite'), 'the search finds imports')
  for (const name of packages) t.ok(name in manifest.dependencies, name)
})

t.test('an operator whose installation lacks templates reads to install again', async (t) => {
  const broken = join(installed, 'broken')
  cpSync(dist, join(broken, 'dist'), { recursive: true })
  rmSync(join(broken, 'dist', 'templates'), { recursive: true })
  copyFileSync(join(ROOT, 'package.json'), join(broken, 'package.json'))
  const { code, stderr } = await spawnNode(t, join(broken, 'dist/server.js'), [], {
    cwd: broken,
    env: { PORT: '0', DATABASE_URL: 'sqlite::memory:' },
  }).ended
  t.equal(code, 1)
  t.match(stderr, /^The program's file .*templates.* is missing: the installation is incomplete\. Install it again\.\n$/)

  cpSync(join(dist, 'templates'), join(broken, 'dist/templates'), { recursive: true })
  rmSync(join(broken, 'dist/storage/migrations'), { recursive: true })
  const without = await spawnNode(t, join(broken, 'dist/server.js'), [], {
    cwd: broken,
    env: { PORT: '0', DATABASE_URL: 'sqlite::memory:' },
  }).ended
  t.match(without, { code: 1, stderr: 'No migrations were found: the installation is incomplete. Install it again.\n' })
})
