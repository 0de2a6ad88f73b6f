// The compose file keeps its promises, and every path and setting in it is one that the Dockerfile and the schema know.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { loadConfig } from '#src/config/config.ts'
import { parseEnvFile } from '#src/config/env-file.ts'
import { embeddedDatabase } from '#src/config/platform.ts'
import { ConfigSchema } from '#src/config/schema.ts'
import { ROOT } from '#test/support/processes/processes.ts'

interface Service {
  build?: string
  image: string
  env_file?: string
  environment: Record<string, string>
  volumes: string[]
  ports?: string[]
  networks?: string[]
  profiles?: string[]
  depends_on?: Record<string, { condition: string; required?: boolean }>
  healthcheck?: { test: string[] }
  restart: string
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  stop_grace_period?: string
}
interface Compose {
  services: Record<'server' | 'caddy' | 'postgres', Service>
  volumes: Record<string, null>
  networks: Record<string, { internal: boolean }>
}

const folder = join(ROOT, 'examples/compose')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
const compose = parse(read('compose.yaml')) as Compose
const { server, caddy, postgres } = compose.services
const settings = Object.values(ConfigSchema.properties).map(({ variable }) => variable.name)

/** The variables of .env.example, with what is commented out there if asked for, and `given` in place of what is empty. */
function dotEnv(withPostgres: boolean, given: Record<string, string>): Record<string, string> {
  const text = read('.env.example')
  const parsed = parseEnvFile(withPostgres ? text.replace(/^#(?=[A-Z_]+=)/gm, '') : text)
  if (!parsed.ok) throw new Error(`line ${parsed.error}`)
  return { ...(parsed.value as Record<string, string>), ...given }
}

/** What the server is given, as Compose makes it: of the file, and of the lines in `environment`, which win. */
function environmentOf({ environment }: Service, variables: Record<string, string>): Record<string, string> {
  const fill = (text: string): string =>
    text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest?: string) => {
      const value = variables[name] ?? ''
      if (value === '' && kind === '?') throw new Error(rest)
      return value === '' ? (rest ?? '') : value
    })
  const own = Object.entries(environment).map(([name, value]) => [name, fill(value)] as const)
  return { ...variables, ...Object.fromEntries(own) }
}

const MINE = { DOMAIN: 'auth.example.com', ADMIN_PASSWORD: 'a long passphrase of mine' }

t.test('an operator who fills in the two empty lines gets a server that accepts its settings', async (t) => {
  const config = loadConfig(environmentOf(server, dotEnv(false, MINE)))
  t.match(config, {
    ok: true,
    value: { issuer: 'https://auth.example.com', port: 8000, trustProxy: 1, adminPassword: MINE.ADMIN_PASSWORD, warnings: [] },
  })
})

t.test('an operator who leaves one empty is told which', async (t) => {
  for (const name of ['DOMAIN', 'ADMIN_PASSWORD'])
    t.throws(() => environmentOf(server, dotEnv(false, { ...MINE, [name]: '' })), { message: `Set ${name} in .env` })
  t.throws(() => environmentOf(caddy, dotEnv(false, {})), { message: 'Set DOMAIN in .env' })
})

t.test('an operator who takes the # from the other lines gets PostgreSQL', async (t) => {
  const commented = dotEnv(true, {})
  const given = {
    ...MINE,
    POSTGRES_PASSWORD: 'p',
    SECRET: 'x'.repeat(64),
    DATABASE_URL: commented['DATABASE_URL']!.replace('PASSWORD', 'p'),
  }
  const variables = dotEnv(true, given)
  const config = loadConfig(environmentOf(server, variables))
  t.match(config, { ok: true, value: { warnings: [] } })
  const url = new URL(given.DATABASE_URL)
  const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } = environmentOf(postgres, variables)
  t.strictSame(
    { host: url.hostname, user: url.username, password: url.password, database: url.pathname.slice(1) },
    { host: 'postgres', user: POSTGRES_USER, password: POSTGRES_PASSWORD, database: POSTGRES_DB },
  )
  t.strictSame([variables['COMPOSE_PROFILES']], postgres.profiles)
  t.strictSame(server.depends_on, { postgres: { condition: 'service_healthy', required: false } }, 'it waits, if it is there')
  t.strictSame(postgres.healthcheck?.test.slice(2), [`--username=${POSTGRES_USER}`, `--dbname=${POSTGRES_DB}`])
  t.not(loadConfig(environmentOf(server, dotEnv(true, { ...given, SECRET: '' }))).ok, true, 'and no server without SECRET')
})

t.test('a setting in these files is one that the server has, or belongs to Compose', async (t) => {
  const others = ['DOMAIN', 'COMPOSE_PROFILES', 'POSTGRES_PASSWORD']
  for (const name of [...Object.keys(server.environment), ...Object.keys(dotEnv(true, {}))])
    t.ok(settings.includes(name) || others.includes(name), name)
  t.equal(server.env_file, '.env')
  t.strictSame(Object.keys(caddy.environment), [/\{\$(\w+)\}/.exec(read('Caddyfile'))?.[1]])
})

t.test('visitors reach Caddy only, and the server believes Caddy only', async (t) => {
  t.notOk(server.ports, 'the server publishes no port')
  t.notOk(postgres.ports, 'the database publishes no port')
  t.strictSame(caddy.ports, ['80:80', '443:443', '443:443/udp'])
  t.equal(server.environment['TRUST_PROXY'], '1')
  t.strictSame(compose.networks, { database: { internal: true } })
  t.strictSame([server.networks, caddy.networks, postgres.networks], [['default', 'database'], undefined, ['database']])
  t.match(read('Caddyfile'), `reverse_proxy server:${server.environment['PORT']} `)
  t.match(dockerfile, `EXPOSE ${server.environment['PORT']}\n`)
})

t.test('what must outlive a container is in a volume', async (t) => {
  const workdir = dockerfile
    .match(/^WORKDIR (.+)$/gm)!
    .at(-1)!
    .slice('WORKDIR '.length)
  const data = join(workdir, embeddedDatabase({}).slice('sqlite:'.length), '..')
  t.strictSame(server.volumes, [`data:${data}`])
  t.match(dockerfile, /mkdir data && chown node:node data\nUSER node/, 'which belongs to the user that runs the server')
  t.notOk(server.environment['DATABASE_URL'], 'nothing leads the data elsewhere')
  t.ok(caddy.volumes.includes('caddy-data:/data'), 'certificates')
  t.ok(caddy.volumes.includes('./Caddyfile:/etc/caddy/Caddyfile:ro'))
  t.strictSame(postgres.volumes, ['postgres:/var/lib/postgresql'])
  const used = [server, caddy, postgres].flatMap(({ volumes }) => volumes.map((volume) => volume.split(':')[0]!))
  t.strictSame(used.filter((name) => !name.startsWith('.')).sort(), Object.keys(compose.volumes).sort())
})

t.test('Caddy waits until the server is healthy, by the check that the image has', async (t) => {
  t.strictSame(caddy.depends_on, { server: { condition: 'service_healthy' } })
  t.match(dockerfile, /^HEALTHCHECK .*\\\n {2}CMD .*\/healthz/m)
  t.notOk(server.healthcheck, 'nothing replaces it')
  for (const { restart } of Object.values(compose.services)) t.equal(restart, 'unless-stopped')
})

t.test('the server may do little, and has the time to finish', async (t) => {
  t.match(server, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  t.ok(Number.parseInt(server.stop_grace_period!) > 10)
  t.equal(join(folder, server.build!), join(ROOT, '.').replace(/\/$/, ''), 'it is built from this checkout')
})

t.test('no secret is in these files', async (t) => {
  const secrets = Object.values(ConfigSchema.properties).filter(({ variable }) => 'secret' in variable && variable.secret)
  for (const { variable } of secrets) t.match(server.environment[variable.name] ?? '', /^$|^\$\{\w+:\?/, variable.name)
  t.equal(postgres.environment['POSTGRES_PASSWORD'], '${POSTGRES_PASSWORD:-}')
  const { DATABASE_URL, ...empty } = dotEnv(true, {})
  t.equal(new URL(DATABASE_URL!).password, 'PASSWORD')
  for (const name of ['ADMIN_PASSWORD', 'SECRET', 'POSTGRES_PASSWORD']) t.equal(empty[name], '', name)
  t.match(readFileSync(join(ROOT, '.gitignore'), 'utf8'), /^\.env$/m, 'and git ignores the file that has them')
})

t.test('a reader of the documents names services, and files, that are there', async (t) => {
  let found = 0
  for (const path of ['docs/deployment.md', 'docs/operations.md', 'examples/compose/README.md']) {
    const text = readFileSync(join(ROOT, path), 'utf8')
    for (const [line, service = ''] of text.matchAll(/docker compose (?:exec|run|stop|start|logs|cp)(?: -[\w-]+)* (\w+)/g)) {
      found += 1
      t.ok(service in compose.services, `${path}: ${line}`)
    }
    for (const [, file = ''] of text.matchAll(/(?:sh|`)\s?((?:examples|\.\.)\/[\w./-]+\.sh)/g))
      t.ok(existsSync(join(ROOT, file)), `${path} names ${file}`)
    for (const [, file = ''] of text.matchAll(/ < (\S+\.sh)/g)) t.ok(existsSync(join(folder, file)), `${path} names ${file}`)
  }
  t.ok(found > 6)
  const { user, database } = { user: postgres.environment['POSTGRES_USER'], database: postgres.environment['POSTGRES_DB'] }
  const dump = `pg_dump --username=${user} --format=custom ${database} `
  t.match(readFileSync(join(ROOT, 'docs/operations.md'), 'utf8'), dump)
})
