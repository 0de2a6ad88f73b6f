// `provider check`, without a socket to the provider: what an operator reads, and what a login there shows.
import { PassThrough } from 'node:stream'
import t from 'tap'
import type { Test } from 'tap'
import type { Call } from '#src/cli/command.ts'
import { checkProvider } from '#src/cli/providers/check.ts'
import { createVault } from '#src/crypto/vault.ts'
import type { Storage } from '#src/storage/storage.ts'
import { addIdentity, addProvider, addUser } from '#test/storage/conformance/records.ts'
import { CLIENT, PROVIDER, createProvider } from '#test/support/providers/provider.ts'
import type { Switches } from '#test/support/providers/provider.ts'
import { openTerminal } from './terminal/terminal.ts'

const SECRET = 'a secret of tests, longer than 32 characters'
const HELEN = { sub: 'helen', email: 'helen@acme.example', email_verified: true, groups: ['astronomers'] }
/** How the browser comes back: by the server, which sends it on here, or with the address that somebody pastes. */
type Back = 'loopback' | 'paste' | 'never'

async function prepare(t: Test, { env = {}, changes = {} }: { env?: Record<string, string>; changes?: object } = {}) {
  const provider = await createProvider(Date.now)
  const variables: Record<string, string> = { SECRET, ISSUER: 'https://auth.example.com', ADMIN_PASSWORD: 'a password of tests', ...env }
  const { databaseUrl, look } = openTerminal(t, variables)
  const given = {
    name: 'acme',
    issuer: PROVIDER,
    clientId: CLIENT.id,
    encryptedClientSecret: createVault(SECRET, undefined).encrypt(CLIENT.secret),
  }
  const acme = await look((storage) => addProvider(storage, { ...given, settings: { domains: [], follow: true }, ...changes }))

  async function check(options: Call['options'] = {}, switches: Switches = {}, claims: object = HELEN, back: Back = 'loopback') {
    provider.switches = switches
    const printed = { output: '', errors: '' }
    const collect = (name: 'output' | 'errors') =>
      new PassThrough().setEncoding('utf8').on('data', (chunk: string) => void (printed[name] += chunk))
    const input = Object.assign(new PassThrough(), { isTTY: back === 'paste' })
    const call: Call = {
      ...{ positionals: ['acme'], options, input, program: 'solar', variables: { ...variables, DATABASE_URL: databaseUrl } },
      ...{ output: collect('output'), errors: collect('errors') },
    }
    const open = async (url: string) => {
      const ended = provider.visit(url, { ...claims })
      if (back === 'paste') return void input.write(`hello\n\n${ended.href.replace(/state=[^&]*/, 'state=x')}\n${ended.href}\n`)
      if (back === 'never') return
      const trial = await look((storage) => waitingOf(storage, url))
      await fetch(`http://127.0.0.1:${trial}/callback${ended.search}`)
    }
    const code = await checkProvider(call, {
      open: (url) => void open(url),
      send: provider.fetch,
      ...(back === 'never' && { waitMs: 1 }),
    }).catch((error: Error) => error.message)
    await new Promise((resolve) => setImmediate(resolve))
    return { code, ...printed }
  }
  return { check, look, acme, provider }
}

/** As the server finds where it sends a browser on to. */
async function waitingOf(storage: Storage, url: string): Promise<number> {
  const { sha256 } = await import('#src/domain/protocol/sha256.ts')
  const [provider] = await storage.providers.list()
  const handleHash = sha256(new URL(url).searchParams.get('state')!)
  const attempt = await storage.providerAttempts.take({ handleHash, browserHash: 'trial', providerId: provider!.id }, Date.now())
  return (attempt!.progress as { port: number }).port
}

t.test('an operator reads line by line what is right and wrong, with the rules that are about it', async (t) => {
  const { check } = await prepare(t, { env: { ADMIT: '@acme.example, acme:hd=acme.example, github:org=acme' } })
  const fine = await check()
  t.match(fine.output, /^ok {5}provider {6}enabled\nok {5}issuer {8}https:\/\/id\.example\.com, and its metadata fits\n/)
  t.match(fine.output, /ok {5}redirect URI {2}https:\/\/auth\.example\.com\/login\/acme\/callback\n/)
  t.match(fine.output, /ok {5}rules {9}one of @acme\.example lets somebody in\n/)
  t.match(
    fine.output,
    /WRONG {2}rules {9}nobody ever meets acme:hd=acme\.example: a provider of the kind oidc doesn't say this\n {21}Delete the rule/,
  )
  t.equal(fine.code, 1, 'a rule that nobody can meet is wrong')
  t.match(fine.output, /Something is wrong: see above\.\n$/)
  const json = await check({ json: true })
  t.match(JSON.parse(json.output), [{ about: 'provider', verdict: 'right' }, { about: 'issuer' }])
})

t.test('a provider that is right ends with how to log in, one that is disabled or whose secret is lost says so', async (t) => {
  const fine = await prepare(t)
  t.match(await fine.check(), {
    code: 0,
    output: /note {3}rules {9}no rule is about it.*\n\nNothing is wrong.*: solar provider check acme --login\n$/s,
  })
  const disabled = await prepare(t, { changes: { disabledAt: 1 } })
  t.match(await disabled.check(), { code: 0, output: /^note {3}provider {6}disabled/ })
  for (const encryptedClientSecret of [undefined, 'sealed with another secret']) {
    const lost = await prepare(t, { changes: { encryptedClientSecret } })
    t.match(await lost.check(), { code: 1, output: /^WRONG {2}provider {6}The client secret of acme can't be read/ })
    t.match((await lost.check({ login: true })).code, /can't be read/)
    t.strictSame(lost.provider.requests, [])
  }
})

t.test('a login shows what the provider said, and which rule lets the operator in', async (t) => {
  const { check, look } = await prepare(t, { env: { ADMIT: '@acme.example' } })
  const came = await check({ login: true })
  t.equal(came.code, 0, came.output + came.errors)
  t.match(came.errors, /Log in by acme in your browser:\n {2}https:\/\/id\.example\.com\/authorize\?/)
  t.match(came.output, /ok {5}login {9}account helen of https:\/\/id\.example\.com: helen@acme\.example, verified\n/)
  t.match(came.output, /ok {5}login {9}claim groups: \["astronomers"\]\n/)
  t.match(came.output, /ok {5}login {9}comes in by @acme\.example, as somebody new\n$/)
  await look(async ({ users, identities, auditEvents, providers }) => {
    t.strictSame(await users.list(), [], 'nobody was made')
    t.strictSame(await auditEvents.list({ since: 0, limit: 9 }), [])
    const [acme] = await providers.list()
    t.equal(await identities.find({ providerId: acme!.id, issuer: PROVIDER, subject: 'helen' }), undefined)
  })
  const json = await check({ login: true, json: true }, { tokens: { refresh_token: undefined } })
  t.match(JSON.parse(json.output).slice(-2), [
    { about: 'login', verdict: 'open', text: /no refresh token/ },
    { about: 'login', verdict: 'right' },
  ])
})

t.test('a browser on another machine: the address where it ended is pasted', async (t) => {
  const { check } = await prepare(t, { env: { ADMIT: '@acme.example' } })
  const came = await check({ login: true }, {}, HELEN, 'paste')
  t.equal(came.code, 0)
  t.match(came.errors, /paste the address where it ended here:\n(?:This is not the address of this login.*\n){2}$/)
  t.match(came.output, /comes in by @acme\.example/)
  t.match(await check({ login: true }, {}, HELEN, 'never'), { code: 'Nobody came back from the provider.' })
})

t.test('why nobody comes in, or what is wrong with what came, is a line', async (t) => {
  const { check, look, acme } = await prepare(t, { env: { ADMIT: '@acme.example, acme:claim=/groups=admins' } })
  const last = async (switches: Switches, claims: object) =>
    (await check({ login: true }, switches, claims)).output.split('\n').slice(-3).join('\n')
  t.match(
    await last({}, { ...HELEN, email_verified: false }),
    /the provider does not vouch for it\n +Add a rule.* @acme\.example, acme:claim=/,
  )
  t.match(await last({}, { ...HELEN, email: undefined }), /no rule names them/)
  t.match(
    await last({}, { ...HELEN, email: 'x@b.example', _claim_names: { groups: 'src' } }),
    /left the groups out, because there are too many/,
  )
  t.match(await last({ claims: { nonce: 'another' } }, HELEN), /WRONG {2}login .*nonce/)
  t.match(await last({ claims: { aud: 'another' } }, HELEN), /WRONG {2}login .*aud/)
  t.match(await last({ userinfo: { sub: 'another' } }, HELEN), /WRONG {2}login .*sub/)
  t.match(await last({ callback: { code: undefined, error: 'access_denied' } }, HELEN), /the provider answered access_denied/)
  await look((storage) => addUser(storage, { email: 'helen@acme.example' }))
  t.match(await last({}, HELEN), /another user here has its address\n/)
  const known = { subject: 'helen', issuer: PROVIDER }
  const user = await look((storage) => addUser(storage, { username: 'helen.k', origin: 'operator' }))
  const identity = await look((storage) => addIdentity(storage, user.id, acme.id, known))
  t.match(await last({}, HELEN), /user helen\.k comes in \(needs no rule\)/)
  await look((storage) => storage.users.disable(user.id, 1))
  t.match(await last({}, HELEN), /user helen\.k is disabled\n +Let them in again: user enable helen\.k/)
  t.ok(identity)
})

t.test('a person whom an operator made is linked, and nobody comes in by a provider that is down', async (t) => {
  const { check, look } = await prepare(t, { changes: { settings: { domains: ['acme.example'], follow: true } } })
  await look((storage) => addUser(storage, { username: 'helen.k', email: 'helen@acme.example', origin: 'operator' }))
  t.match((await check({ login: true })).output, /is linked to user helen\.k, and comes in \(needs no rule\)\n$/)
  const down = await check({ login: true }, { answer: () => new Response('', { status: 503 }) })
  t.match(down.code, /^Nobody can log in by acme: .*answered 503\.$/)
})

t.test('without a rule nobody new comes in; whom the provider let in before needs one that holds, and a name is no address', async (t) => {
  const { check } = await prepare(t)
  t.match(
    (await check({ login: true })).output,
    /there is no rule, so only people whom you made or invited do\n +Add a rule with: admission add\.\n$/,
  )
  const ruled = await prepare(t, { env: { ADMIT: '@acme.example' } })
  const user = await ruled.look((storage) => addUser(storage, { username: 'helen.p', origin: 'provider' }))
  await ruled.look((storage) => addIdentity(storage, user.id, ruled.acme.id, { subject: 'helen', issuer: PROVIDER }))
  t.match((await ruled.check({ login: true })).output, /user helen\.p comes in \(by @acme\.example\)\n$/)
  const named = await prepare(t, { env: { ADMIT: '@acme.example' } })
  await named.look((storage) => addUser(storage, { username: 'helen@acme.example' }))
  t.match((await named.check({ login: true })).output, /another user here has its address/)
})
