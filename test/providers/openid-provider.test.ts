// The clients of providers by themselves: what is asked for, and what of an answer is taken.
import { createHash } from 'node:crypto'
import t from 'tap'
import { isOfAccessToken } from '#src/providers/access-token-hash.ts'
import { createProviderClients } from '#src/providers/provider-clients.ts'
import type { Connection } from '#src/providers/provider-client.ts'
import { CLIENT, createProvider } from '#test/support/providers/provider.ts'

const NOTHING = { issuer: '', subject: '', emailVerified: false, organizations: [], teams: [], named: {} }
const SECRETS = { state: 'state', nonce: 'nonce', codeVerifier: 'v'.repeat(43) }

const clock = { now: Date.now() }
const now = () => clock.now

async function start(changes: Partial<Connection> = {}) {
  const issuer = changes.issuer ?? 'https://id.example.com'
  const provider = await createProvider(now, issuer)
  const fetch = (url: string, init?: RequestInit) => provider.fetch(url, init)
  const connection: Connection = {
    name: 'acme',
    kind: 'oidc',
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    settings: { domains: [], follow: true },
    redirectUri: 'https://auth.example.com/login/acme/callback',
    ...changes,
    issuer,
  }
  const client = createProviderClients(fetch, now)(connection)
  const come = async (claims: Record<string, unknown> = {}) => {
    const left = await client.depart(SECRETS, {})
    if (!left.ok) return left
    return client.arrive(provider.visit(left.value, claims).searchParams, SECRETS)
  }
  return { provider, client, come }
}

t.test('of what the provider says besides who it is, only what has the right form is taken', async (t) => {
  const { come } = await start()
  t.match(await come({ sid: 'a session', auth_time: 17, amr: ['pwd', 7] }), {
    ok: true,
    value: { sid: 'a session', authTime: 17_000, amr: ['pwd'], refreshToken: String },
  })
  t.match(await come({ sid: 7, amr: 'pwd' }), { ok: true, value: { sid: undefined, authTime: undefined, amr: [] } })
  t.match(await come({ sub: 's'.repeat(256) }), { ok: false, error: { kind: 'invalid', reason: /no usable sub/ } })
})

t.test('what a provider has in its own way is asked for in that way', async (t) => {
  const { come, client, provider } = await start({ settings: { domains: [], follow: true, scopes: ['openid', 'department'] } })
  provider.switches = {
    userinfo: { department: 'sales' },
    metadata: { token_endpoint_auth_methods_supported: ['client_secret_post'] },
  }
  t.match(await come(), { ok: true, value: { claims: { named: { department: 'sales' } } } })
  t.equal(provider.asked.get('scope'), 'openid department')
  provider.switches.userinfo = {
    ...provider.switches.userinfo,
    email: 'ceo@acme.example',
    email_verified: true,
    iss: 'https://evil.example',
  }
  t.match(
    await come({ email: 'eve@acme.example', email_verified: false }),
    { value: { claims: { issuer: provider.issuer, email: 'eve@acme.example', emailVerified: false } } },
    'the id_token is signed, so its word counts first',
  )
  t.match(await client.recheck('refresh-1', NOTHING), { ok: true, value: { claims: { named: { department: 'sales' } } } })
})

t.test('an id_token that names its access token is of that one alone, whatever it is signed with', async (t) => {
  const headed = (alg: string) => `${Buffer.from(JSON.stringify({ alg })).toString('base64url')}.x.y`
  for (const [alg, name] of [
    ['RS256', 'sha256'],
    ['ES384', 'sha384'],
    ['PS512', 'sha512'],
    ['EdDSA', 'sha512'],
  ] as const) {
    const hash = createHash(name).update('the token').digest()
    const half = hash.subarray(0, hash.length / 2).toString('base64url')
    t.ok(isOfAccessToken(headed(alg), half, 'the token'), alg)
    t.notOk(isOfAccessToken(headed(alg), half, 'another token'), alg)
  }
  t.ok(isOfAccessToken(headed('RS256'), undefined, 'the token'))
})

//= https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse
//# Upon successful validation of the Refresh Token, the response body is the Token Response of Section 3.1.3.3 except that it might not contain an id_token.
t.test('a provider that is asked again need not repeat what it said; what it says counts, and that the account is gone', async (t) => {
  const { come, client, provider } = await start()
  const came = await come({ email: 'helen@acme.example', email_verified: true, department: 'sales' })
  const before = came.ok && 'claims' in came.value ? came.value.claims : NOTHING
  const isNow = async (claims: object) => t.match(await client.recheck('refresh-1', before), { ok: true, value: { claims } })
  await isNow({ subject: 'subject-1', email: 'helen@acme.example' })
  provider.switches = { tokens: { id_token: undefined } }
  t.strictSame(await client.recheck('refresh-1', before), { ok: true, value: { claims: before, refreshToken: 'refresh-1' } })

  clock.now += 2 * 60 * 60_000 // the metadata is asked for again
  const userinfo = { sub: 'subject-1', iss: 'https://evil.example', department: 'moons', email_verified: false }
  provider.switches = { ...provider.switches, userinfo }
  await isNow({ issuer: before.issuer, email: 'helen@acme.example', emailVerified: false, named: { department: 'moons' } })
  provider.switches.userinfo = { sub: 'another' }
  await isNow({ subject: 'another' })
  provider.switches.userinfo = { sub: undefined }
  t.match(await client.recheck('refresh-1', before), { ok: false, error: { kind: 'invalid' } })
  provider.switches.tokens = {}
  provider.switches.userinfo = { sub: 'another' }
  t.match(await client.recheck('refresh-1', before), { ok: false, error: { kind: 'invalid' } }, 'UserInfo of another than the id_token')
  provider.switches = { claims: { sub: 's'.repeat(256) } }
  t.match(await client.recheck('refresh-1', before), { ok: false, error: { reason: /no usable sub/ } })
  provider.switches = { refresh: 'ends' }
  t.match(await client.recheck('refresh-1', before), { ok: false, error: { ended: true } })
})

t.test('at the common issuer of Microsoft, the issuer of an id_token is that of its own tenant', async (t) => {
  const [tenant, other] = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222']
  const host = 'https://login.microsoftonline.com'
  const { come, provider } = await start({ kind: 'microsoft', issuer: `${host}/common/v2.0` })
  const metadata = { issuer: `${host}/{tenantid}/v2.0`, authorization_response_iss_parameter_supported: false }
  provider.switches = { metadata, callback: { iss: undefined } }
  const issuer = `${host}/${tenant}/v2.0`
  t.match(await come({ iss: issuer, tid: tenant, oid: 'o' }), { ok: true, value: { claims: { issuer, tenant, subject: `${tenant}:o` } } })
  t.match(await come({ iss: issuer, tid: other, oid: 'o' }), { ok: false, error: { kind: 'invalid' } })
  t.match(await come({ iss: 'https://evil.example', tid: tenant, oid: 'o' }), { ok: false, error: { kind: 'invalid' } })
})

t.test('an answer that is not to this attempt is none, no matter who asks for it to be read', async (t) => {
  const { client, provider } = await start()
  const left = await client.depart(SECRETS, {})
  const { searchParams } = provider.visit((left as { value: URL }).value)
  for (const secrets of [{ state: 'another' }, { nonce: 'another' }, { codeVerifier: 'w'.repeat(43) }])
    t.match(await client.arrive(new URLSearchParams(searchParams), { ...SECRETS, ...secrets }), { ok: false }, JSON.stringify(secrets))
  t.equal(provider.requests.filter((each) => each === 'POST /token').length, 2, 'with another state no code is shown')
})

t.test('http is for the loopback interface alone', async (t) => {
  t.match(await (await start({ issuer: 'http://127.0.0.1:9' })).come(), { ok: true })
  t.match(await (await start({ issuer: 'http://id.example.com' })).come(), { ok: false })
})

t.test('GitHub sends no logout tokens, and an account without an id is none', async (t) => {
  const answers = async (url: string) => Response.json(new URL(url).pathname === '/user' ? { login: 'octocat' } : [])
  const connection = {
    name: 'github',
    kind: 'github',
    issuer: 'https://github.com',
    clientId: 'x',
    clientSecret: 'x',
    redirectUri: 'https://x.example',
  } as const
  const client = createProviderClients(answers, Date.now)({ ...connection, settings: { domains: [], follow: true } })
  t.match(await client.readLogout('x'), { ok: false, error: { kind: 'invalid' } })
  t.match(await client.recheck('token', NOTHING), { ok: false, error: { reason: /no id of the account/ } })
})
