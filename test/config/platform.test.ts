import t from 'tap'
import { loadConfig } from '#src/config/config.ts'

const ADMIN_PASSWORD = 'a password of their own'

t.test('on Railway with a volume the server listens everywhere, keeps its data there and names its public domain', async (t) => {
  const railway = {
    PORT: '3456',
    RAILWAY_PUBLIC_DOMAIN: 'solar.up.railway.app',
    RAILWAY_ENVIRONMENT: 'production',
    RAILWAY_VOLUME_MOUNT_PATH: '/data',
  }
  t.match(loadConfig(railway), { ok: false, error: [/^ADMIN_PASSWORD/] }, 'with a password of their own only')
  t.match(loadConfig({ ...railway, ADMIN_PASSWORD }), {
    ok: true,
    value: {
      port: 3456,
      host: '::',
      issuer: 'https://solar.up.railway.app',
      databaseUrl: 'sqlite:/data/solar-system.db',
      trustProxy: 1,
      warnings: [],
    },
  })
})

t.test('on Railway without a public domain the server still listens everywhere', async (t) => {
  for (const name of ['RAILWAY_ENVIRONMENT', 'RAILWAY_ENVIRONMENT_NAME']) {
    const warnings = [/has no public domain yet, so nobody can reach it: generate one, then deploy again\.$/, /has no volume/]
    const value = { host: '::', trustProxy: 1, issuer: 'http://localhost:8000', warnings }
    t.match(loadConfig({ [name]: 'production', ADMIN_PASSWORD }), { ok: true, value })
  }
})

t.test('a domain that Railway should not have given is reported as what the issuer would be', async (t) => {
  const error = [/^ISSUER isn't set, and would be "https:\/\/a b"/]
  t.match(loadConfig({ RAILWAY_PUBLIC_DOMAIN: 'a b', ADMIN_PASSWORD }), { ok: false, error })
})

t.test('the start warns where data will be lost', async (t) => {
  const railway = { RAILWAY_PUBLIC_DOMAIN: 'solar.up.railway.app', ADMIN_PASSWORD }
  const volume = { ...railway, RAILWAY_VOLUME_MOUNT_PATH: '/data/' }
  const rows: [Record<string, string>, RegExp[]][] = [
    [{}, []],
    [{ DATABASE_URL: 'sqlite::memory:' }, [/nothing is kept/]],
    [railway, [/no volume.*lost at the next deployment/]],
    [{ ...railway, DATABASE_URL: 'postgres://db/solar', SECRET: 'k3y'.repeat(11) }, []],
    [volume, []],
    [{ ...volume, DATABASE_URL: 'sqlite:/data/other.db' }, []],
    [{ ...volume, DATABASE_URL: 'sqlite:/database/other.db' }, [/outside the volume \/data\/.*lost/]],
  ]
  for (const [env, expected] of rows) {
    const loaded = loadConfig(env)
    const warnings = loaded.ok ? loaded.value.warnings : loaded.error
    t.equal(warnings.length, expected.length, JSON.stringify(env))
    t.match(warnings, expected)
  }
})
