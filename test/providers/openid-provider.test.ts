// The clients of providers by themselves: what is asked for, and what of an answer is taken.
import { createHash } from 'node:crypto'
import t from 'tap'
import { isOfAccessToken } from '#src/providers/access-token-hash.ts'
import { createProviderClients } from '#src/providers/provider-clients.ts'
import type { Connection } from '#src/providers/provider-client.ts'
import { CLIENT, createProvider } from '#test/support/providers/provider.ts'

const SECRETS = { state: 'state', nonce: 'nonce', codeVerifier: 'v'.repeat(43) }

async function start(changes: Partial<Connection> = {}) {
  const issuer = changes.issuer ?? 'https://id.example.com'
  const provider = await createProvider(Date.now, issuer)
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
  const client = createProviderClients(fetch, Date.now)(connection)
  const come = async (claims: Record<string, unknown> = {}) => {
    const left = await client.depart(SECRETS, {})
    if (!left.ok) return left
    return client.arrive(provider.visit(left.value, claims).searchParams, SECRETS, {})
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
  t.match(await client.recheck('refresh-1'), { ok: true, value: { claims: { named: { department: 'sales' } } } })
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

t.test('a provider that is asked again has to say who it is, and in what words it does not', async (t) => {
  const { come, client, provider } = await start()
  await come()
  t.match(await client.recheck('refresh-1'), { ok: true, value: { claims: { subject: 'subject-1' }, refreshToken: String } })
  provider.switches.tokens = { id_token: undefined }
  t.match(await client.recheck('refresh-1'), { ok: false, error: { kind: 'invalid', reason: 'the provider gave no id_token' } })
  provider.switches = { refresh: 'ends' }
  t.match(await client.recheck('refresh-1'), { ok: false, error: { ended: true } })
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
  t.match(await client.recheck('token'), { ok: false, error: { reason: /no id of the account/ } })
})
