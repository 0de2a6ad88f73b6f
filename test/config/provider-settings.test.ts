import t from 'tap'
import { loadConfig } from '#src/config/config.ts'
import { configuredProviders } from '#src/config/settings/provider-settings.ts'
import { testConfig } from '#test/support/app.ts'

const TENANT = '72F988BF-86F1-41AF-91AB-2D7CD011DB47'
const GOOGLE = { GOOGLE_CLIENT_ID: 'id', GOOGLE_CLIENT_SECRET: 'secret' }
const OIDC = { OIDC_ISSUER: 'https://id.example.com/', OIDC_CLIENT_ID: 'id', OIDC_CLIENT_SECRET: 'secret' }
const problemsOf = (env: Record<string, string>) => {
  const loaded = loadConfig(env)
  return loaded.ok ? [] : loaded.error
}

t.test('an operator names one provider of each kind', async (t) => {
  const env = {
    ...GOOGLE,
    ...OIDC,
    GITHUB_CLIENT_ID: 'id',
    GITHUB_CLIENT_SECRET: 'secret',
    MICROSOFT_CLIENT_ID: 'id',
    MICROSOFT_CLIENT_SECRET: 'secret',
    MICROSOFT_TENANT: TENANT,
    OIDC_NAME: 'Acme ID',
    OIDC_SCOPES: 'openid groups',
  }
  t.match(configuredProviders(testConfig(env)), [
    { name: 'google', issuer: 'https://accounts.google.com' },
    { name: 'github', issuer: 'https://github.com' },
    { name: 'microsoft', issuer: `https://login.microsoftonline.com/${TENANT.toLowerCase()}/v2.0` },
    { name: 'acme-id', issuer: 'https://id.example.com/', label: 'Acme ID', scopes: ['openid', 'groups'] },
  ])
  t.strictSame(configuredProviders({}), [])
  t.match(configuredProviders({ oidcIssuer: 'https://id.example.com', oidcClientId: 'id', oidcClientSecret: 'x' }), [
    { name: 'oidc', label: undefined },
  ])
})

t.test('half a provider is a problem, in words, and so are two of one name', async (t) => {
  t.match(problemsOf({ GOOGLE_CLIENT_ID: 'id' }), [
    /^GOOGLE_CLIENT_ID is set, but GOOGLE_CLIENT_SECRET is not: set all of them, or none\.$/,
  ])
  t.match(problemsOf({ MICROSOFT_TENANT: 'common' }), [
    /^MICROSOFT_TENANT is set, but MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET are not/,
  ])
  t.match(problemsOf({ ...GOOGLE, ...OIDC, OIDC_NAME: 'Google' }), [/^OIDC_NAME is google, but another provider is called so/])
  for (const issuer of ['http://id.example.com', 'https://id.example.com/?x', 'id'])
    t.match(problemsOf({ ...OIDC, OIDC_ISSUER: issuer }), [/^OIDC_ISSUER/])
})

t.test('what several settings together forbid, or an operator should know', async (t) => {
  t.match(problemsOf({ FORWARD_AUTH: 'on', TRUST_PROXY: '1' }), [/^FORWARD_AUTH is on, so TRUST_PROXY must be the addresses/])
  const railway = {
    RAILWAY_PROJECT_ID: 'p',
    RAILWAY_ENVIRONMENT: 'e',
    RAILWAY_SERVICE_ID: 's',
    RAILWAY_PUBLIC_DOMAIN: 'a.up.railway.app',
    ADMIN_PASSWORD: 'a password of tests',
  }
  const warnings = (env: Record<string, string>) => {
    const loaded = loadConfig({ ...railway, ...env })
    return loaded.ok ? loaded.value.warnings.join('\n') : loaded.error.join('\n')
  }
  t.match(warnings({ DATABASE_URL: 'sqlite:/app/solar.db' }), /no volume, so all clients and logins will be lost/)
  t.match(warnings({ DATABASE_URL: 'sqlite:/app/solar.db', RAILWAY_VOLUME_MOUNT_PATH: '/data' }), /outside the volume \/data/)
  t.notMatch(warnings({ DATABASE_URL: 'sqlite:/data/solar.db', RAILWAY_VOLUME_MOUNT_PATH: '/data' }), /volume/)
})
