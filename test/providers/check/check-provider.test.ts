// What an operator can do wrong with a provider, or the provider itself: each is a line that says so, over a provider that is fine.
import t from 'tap'
import type { ProviderFinding } from '#src/domain/provider/provider-finding.ts'
import { checkProvider } from '#src/providers/check/check-provider.ts'
import type { Connection } from '#src/providers/provider-client.ts'
import { CLIENT, PROVIDER, createProvider } from '#test/support/providers/provider.ts'
import type { Switches } from '#test/support/providers/provider.ts'

const NOW = Date.parse('2026-01-02T03:04:05Z')
const REDIRECT = 'https://auth.example.com/login/acme/callback'
const ACME: Connection = {
  ...{ name: 'acme', kind: 'oidc', issuer: PROVIDER, clientId: CLIENT.id, clientSecret: CLIENT.secret, redirectUri: REDIRECT },
  settings: { domains: [], follow: true },
}
const provider = await createProvider(() => NOW)

async function check(switches: Switches, changes: Partial<Connection> = {}): Promise<ProviderFinding[]> {
  provider.switches = switches
  return checkProvider({ ...ACME, ...changes }, () => NOW, { fetch: provider.fetch })
}

t.test('a provider that is right is right in each line', async (t) => {
  t.strictSame(
    (await check({})).map(({ about, verdict }) => [about, verdict]),
    ['issuer', 'keys', 'clock', 'redirect URI', 'client', 'scopes'].map((about) => [about, 'right']),
  )
  t.notMatch(JSON.stringify(await check({})), CLIENT.secret)
})

const at = (path: string, response: () => Response): Switches => ({
  answer: ({ url }) => (new URL(url).pathname === path ? response() : undefined),
})
const METADATA = '/.well-known/openid-configuration'
const page = (text: string, status = 200) => new Response(text, { status, headers: { 'content-type': 'text/html' } })
const away = (location: string) => new Response(null, { status: 302, headers: { location } })
const refuse = (error: string, status = 400, more: object = {}) => Response.json({ error, ...more }, { status })
const down = () => {
  throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } })
}

interface Case {
  readonly switches?: Switches
  readonly changes?: Partial<Connection>
  readonly finding: { readonly [name in keyof ProviderFinding]?: ProviderFinding[name] | RegExp }
}
const wrong = (about: ProviderFinding['about'], text: RegExp, cure?: RegExp) =>
  ({ about, verdict: 'wrong', text, ...(cure && { cure }) }) as const
const open = (about: ProviderFinding['about'], text: RegExp, cure?: RegExp) =>
  ({ about, verdict: 'open', text, ...(cure && { cure }) }) as const
const right = (about: ProviderFinding['about'], text: RegExp) => ({ about, verdict: 'right', text }) as const
const google = (reason: string) => away(`https://accounts.google.com/signin/oauth/error?authError=${btoa(reason)}&redirect_uri=${REDIRECT}`)

const CASES: Record<string, Case> = {
  'that is down': { switches: at(METADATA, down), finding: wrong('issuer', /ECONNREFUSED/, /can this machine reach it/) },
  'that answers 500': { switches: at(METADATA, () => page('', 500)), finding: wrong('issuer', /answered 500/) },
  'that answers too much': { switches: at(METADATA, () => page('x'.repeat(300_000))), finding: wrong('issuer', /more than/) },
  'that redirects': { switches: at(METADATA, () => away('https://www.acme.example/')), finding: wrong('issuer', /www\.acme\.example/) },
  'that redirects nowhere': { switches: at(METADATA, () => new Response(null, { status: 304 })), finding: wrong('issuer', /answers 304/) },
  'whose metadata is elsewhere': { switches: at(METADATA, () => page('', 404)), finding: wrong('issuer', /answers 404/, /documents/) },
  'that answers a page': { switches: at(METADATA, () => page('<html>')), finding: wrong('issuer', /no JSON/) },
  'whose issuer ends with a slash': {
    switches: { metadata: { issuer: `${PROVIDER}/` } },
    finding: wrong('issuer', /calls itself https:\/\/id\.example\.com\/,/, /exactly so: https:\/\/id\.example\.com\/$/),
  },
  'without an issuer': { switches: { metadata: { issuer: 7 } }, finding: wrong('issuer', /names no issuer/) },
  'without a token endpoint': { switches: { metadata: { token_endpoint: undefined } }, finding: wrong('issuer', /no token_endpoint/) },
  'with an endpoint that is no address': { switches: { metadata: { jwks_uri: '/keys' } }, finding: wrong('issuer', /no jwks_uri/) },
  'in the clear': {
    switches: { metadata: { token_endpoint: 'http://id.example.com/token' } },
    finding: wrong('issuer', /token_endpoint is not encrypted/),
  },
  'without codes': {
    switches: { metadata: { response_types_supported: ['id_token'] } },
    finding: wrong('issuer', /authorization code flow/),
  },
  'that takes no secret': {
    switches: { metadata: { token_endpoint_auth_methods_supported: ['private_key_jwt'] } },
    finding: wrong('issuer', /takes no client secret/),
  },
  'that signs with the secret': {
    switches: { metadata: { id_token_signing_alg_values_supported: ['HS256', 'none'] } },
    finding: wrong('issuer', /signs id_tokens with none of RS256/),
  },
  'whose keys are down': { switches: at('/keys', down), finding: wrong('keys', /ECONNREFUSED/) },
  'whose keys are not there': { switches: at('/keys', () => page('', 404)), finding: wrong('keys', /answers 404/) },
  'whose keys are a page': { switches: at('/keys', () => page('<html>')), finding: wrong('keys', /no key set/) },
  'without keys for signatures': {
    switches: at('/keys', () => Response.json({ keys: [{ kty: 'RSA', use: 'enc' }, { kty: 'oct' }, 7] })),
    finding: wrong('keys', /no key for signatures/),
  },
  'with a key that names no algorithm': {
    switches: at('/keys', () => Response.json({ keys: [{ kty: 'EC' }, { kty: 'RSA', alg: 'RS256' }] })),
    finding: right('keys', /2 keys \(EC, RS256\)/),
  },
  'whose clock is ahead': { switches: { ahead: 90_000 }, finding: wrong('clock', /90 s behind the provider's/, /NTP/) },
  'whose clock is behind': { switches: { ahead: -3_600_000 }, finding: wrong('clock', /3600 s ahead of/) },
  'whose clock is a little behind': { switches: { ahead: -30_000 }, finding: right('clock', /agrees/) },
  'that knows another redirect URI': {
    switches: at('/authorize', () => page('invalid_request: redirect_uri did not match', 400)),
    finding: wrong('redirect URI', /doesn't know https:\/\/auth/, new RegExp(`exactly this at the provider: ${REDIRECT}$`)),
  },
  'that knows another redirect URI, and is Google': {
    switches: at('/authorize', () => google('\n\x15redirect_uri_mismatch\x12')),
    finding: wrong('redirect URI', /doesn't know https:\/\/auth/),
  },
  'that knows another redirect URI, and is Microsoft': {
    switches: at('/authorize', () => page('<b>AADSTS50011</b>: The redirect URI ...')),
    finding: wrong('redirect URI', /doesn't know https:\/\/auth/),
  },
  'that knows another client': {
    switches: at('/authorize', () => page('invalid_client', 400)),
    finding: wrong('redirect URI', /client id solar/, /Copy it again/),
  },
  'that knows another client, and is Google': {
    switches: at('/authorize', () => google('\n\x0einvalid_client\x12')),
    finding: wrong('redirect URI', /client id solar/),
  },
  'that knows another client, and is Microsoft': {
    switches: at('/authorize', () => page('AADSTS700016: Application not found')),
    finding: wrong('redirect URI', /client id solar/),
  },
  'that answers 400 without a word': {
    switches: at('/authorize', () => page('', 400)),
    finding: wrong('redirect URI', /answers 400 to a login/),
  },
  'that shows a login page': {
    switches: at('/authorize', () => page('<form>, redirect_uri')),
    finding: open('redirect URI', /wants to see a browser/, /--login/),
  },
  'that sends to a login page': {
    switches: at('/authorize', () => away(`/login?redirect_uri=${REDIRECT}`)),
    finding: open('redirect URI', /wants to see a browser/),
  },
  'whose login is down': { switches: at('/authorize', down), finding: open('redirect URI', /could not be tried: .*ECONNREFUSED/) },
  'that knows no such scope': {
    switches: at('/authorize', () => away(`${REDIRECT}?error=invalid_scope&error_description=no%20such`)),
    finding: wrong('redirect URI', /answers invalid_scope no such/),
  },
  'that knows no such request': {
    switches: at('/authorize', () => away(`${REDIRECT}?error=invalid_request`)),
    finding: wrong('redirect URI', /answers invalid_request$/),
  },
  'that logs in without a question': {
    switches: at('/authorize', () => away(`${REDIRECT}?code=1`)),
    finding: right('redirect URI', /^https/),
  },
  'with another secret': {
    changes: { clientSecret: 'another' },
    finding: wrong('client', /401 invalid_client/, /Copy client id and secret again/),
  },
  'whose secret has expired, and is Microsoft': {
    switches: at('/token', () => refuse('invalid_client', 401, { error_description: 'AADSTS7000222: expired' })),
    finding: wrong('client', /AADSTS7000222/, /make a new one/),
  },
  'whose secret is an id, and is Microsoft': {
    switches: at('/token', () => refuse('invalid_client', 401, { error_description: 'AADSTS7000215: invalid' })),
    finding: wrong('client', /AADSTS7000215/, /Value/),
  },
  'that gives this client no codes': {
    switches: at('/token', () => refuse('unauthorized_client')),
    finding: wrong('client', /authorization code flow/),
  },
  'that says something else of the secret': {
    switches: at('/token', () => refuse('invalid_request', 400, { error_description: '<b>\u202emalformed' })),
    finding: open('client', /could not be tried: the provider answers 400 invalid_request <b>malformed$/),
  },
  'that answers a page instead of tokens': { switches: at('/token', () => page('<html>')), finding: open('client', /answers 200$/) },
  'whose tokens are down': { switches: at('/token', down), finding: wrong('client', /ECONNREFUSED/) },
  'that wants the secret in the form': {
    switches: { metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] } },
    finding: right('client', /accepts/),
  },
  'that says who logged out': {
    switches: { metadata: { backchannel_logout_supported: true } },
    finding: open('logout', /sessions here end/, /https:\/\/auth\.example\.com\/login\/acme\/backchannel-logout$/),
  },
  'without a scope that is asked for': {
    changes: { settings: { domains: [], follow: true, scopes: ['openid', 'groups', 'offline_access'] } },
    finding: open('scopes', /doesn't list groups/),
  },
  'that can not be asked again': {
    switches: { metadata: { scopes_supported: undefined } },
    finding: open('scopes', /offline_access/, /PROVIDER_GRACE/),
  },
}
for (const [name, { switches = {}, changes, finding }] of Object.entries(CASES)) {
  t.test(`a provider ${name}`, async (t) => {
    const found = await check(switches, changes)
    t.match(
      found.find(({ about, verdict }) => about === finding.about && verdict === finding.verdict),
      finding,
      { found },
    )
    const others = found.filter(({ about, verdict }) => about !== finding.about && verdict === 'wrong')
    // Where nothing else can be looked at, nothing else is wrong either.
    t.strictSame(others, [], 'nothing else is wrong')
  })
}

t.test('a provider on this machine needs no encryption', async (t) => {
  const local = await createProvider(() => NOW, 'http://localhost:9000')
  const connection = { ...ACME, issuer: 'http://localhost:9000' }
  const found = await checkProvider(connection, () => NOW, { fetch: local.fetch })
  t.ok(
    found.every(({ verdict }) => verdict === 'right'),
    JSON.stringify(found),
  )
  local.switches = { metadata: { token_endpoint: 'http://id.example.com/token' } }
  t.match((await checkProvider(connection, () => NOW, { fetch: local.fetch }))[0], wrong('issuer', /not encrypted/))
})

t.test('Microsoft has issuers for the accounts of any tenant', async (t) => {
  const issuerOf = (tenant: string) => `https://login.microsoftonline.com/${tenant}/v2.0`
  const TENANT = '9188040d-6c67-4c5b-b112-36a304b66dad'
  const ask = async (tenant: string, told: string) => {
    provider.switches = { metadata: { issuer: issuerOf(told), token_endpoint_auth_methods_supported: ['client_secret_post'] } }
    const connection = { ...ACME, kind: 'microsoft', issuer: issuerOf(tenant) } as const
    return (await checkProvider(connection, () => NOW, { fetch: provider.fetch }))[0]!.verdict
  }
  for (const tenant of ['common', 'organizations']) t.equal(await ask(tenant, '{tenantid}'), 'right')
  t.equal(await ask('consumers', TENANT), 'right')
  t.equal(await ask(TENANT, TENANT), 'right')
  t.equal(await ask(TENANT, '{tenantid}'), 'wrong')
  t.equal(await ask('common', TENANT), 'wrong')
})
