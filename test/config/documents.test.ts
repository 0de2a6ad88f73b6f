import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import t from 'tap'
import { generatedFiles, renderShortTable, writeGeneratedFiles } from '../../scripts/generate-docs.ts'
import { loadConfig, renderConfigTable, renderEnvExample } from '#src/config/config.ts'
import { ConfigSchema } from '#src/config/schema.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('an operator who copies .env.example without editing it changes nothing', async (t) => {
  const uncommented = renderEnvExample().replaceAll(/^#(?=[A-Z])/gm, '')
  const env = parseEnv(uncommented) as Record<string, string>
  t.equal(Object.keys(env).length, Object.keys(ConfigSchema.properties).length, 'every variable is there')
  // A life that somebody writes down also holds for people who come by a provider; without one theirs is ten minutes.
  const { ACCESS_TOKEN_TTL: written, ...rest } = env
  t.same(loadConfig(rest), loadConfig({}))
  t.match(loadConfig({ ACCESS_TOKEN_TTL: written! }), { ok: true, value: { providedJwtTtl: undefined } })
  t.same(parseEnv(renderEnvExample()), {}, 'and all are commented out')
})

t.test('every example that is not a secret is accepted by its variable', async (t) => {
  // Where the files are that examples name.
  const here = process.cwd()
  process.chdir(t.testdir({ 'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>', locales: { 'fr.json': '{}' } }))
  t.teardown(() => process.chdir(here))
  for (const { variable } of Object.values(ConfigSchema.properties)) {
    const env = {
      ADMIN_PASSWORD: 'a password of their own',
      SECRET: 'k3y'.repeat(11),
      DATABASE_URL: 'postgres://localhost/solar',
      // Mails need both.
      SMTP_URL: 'smtp://localhost',
      MAIL_FROM: 'login@example.com',
      ...togetherWith(variable.name),
      // A proxy that asks has to be known.
      ...(variable.name === 'FORWARD_AUTH' && { TRUST_PROXY: '10.0.0.0/8' }),
      AUDIT_WEBHOOK_SECRET: 'k3y'.repeat(11),
      [variable.name]: variable.example,
    }
    // Nobody should run with a printed secret. The printed password is refused if others can reach the server.
    t.equal(loadConfig(env).ok, !/^SECRET|_WEBHOOK_SECRET$/.test(variable.name), variable.name)
  }
})

/** What of a provider only counts together. */
function togetherWith(name: string): Record<string, string> {
  const ofOne = Object.values(ConfigSchema.properties).filter(
    ({ variable: other }) => /^(GOOGLE|GITHUB|MICROSOFT|OIDC)_/.test(other.name) && other.name.split('_')[0] === name.split('_')[0],
  )
  return Object.fromEntries(ofOne.map(({ variable }) => [variable.name, variable.example]))
}

t.test('the table has a row of four cells for every variable', async (t) => {
  const rows = renderConfigTable().trim().split('\n').slice(2)
  t.equal(rows.length, Object.keys(ConfigSchema.properties).length)
  for (const row of rows) t.match(row, /^\| `[A-Z_0-9]+` \|( [^|]+ \|){3}$/)
})

t.test('the generated files are current: npm run docs writes them', async (t) => {
  for (const [path, content] of generatedFiles(root)) t.equal(readFileSync(join(root, path), 'utf8'), content, path)
})

t.test('npm run docs writes the most important settings between the marks of the README, and leaves the rest alone', async (t) => {
  const folder = t.testdir({ docs: {} })
  writeGeneratedFiles(folder)
  t.notOk(generatedFiles(folder).has('README.md'), 'no README is made')
  writeFileSync(join(folder, 'README.md'), 'before\n<!-- configuration -->\nold $& text\n<!-- /configuration -->\nafter\n')
  writeGeneratedFiles(folder)
  const expected = `before\n<!-- configuration -->\n${renderShortTable()}<!-- /configuration -->\nafter\n`
  t.equal(readFileSync(join(folder, 'README.md'), 'utf8'), expected)
  writeGeneratedFiles(folder)
  t.equal(readFileSync(join(folder, 'README.md'), 'utf8'), expected, 'a second run changes nothing')
  t.equal(readFileSync(join(folder, '.env.example'), 'utf8'), renderEnvExample())
  t.equal(readFileSync(join(folder, 'docs/configuration.md'), 'utf8').includes(renderConfigTable()), true, 'the whole table is in its page')
})

t.test('the short table has eight settings, as the schema describes them', async (t) => {
  const rows = renderShortTable().trim().split('\n').slice(2)
  t.equal(rows.length, 8)
  const whole = renderConfigTable()
  for (const row of rows) {
    const [, name = '', fallback = '', about = ''] = /^\| (`[A-Z_]+`) \| ([^|]+) \| ([^|]+) \|$/.exec(row) ?? []
    t.ok(whole.includes(`| ${name} | ${fallback}`), name)
    t.ok(whole.includes(`| ${about} Must be `), about)
  }
})
