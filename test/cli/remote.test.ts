// `--server`: the same commands at a server from afar, with the same words, tables and JSON as on the machine.
import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ADMIN, listen } from '#test/support/app.ts'
import { pageOf } from '#test/support/authorization.ts'
import { createPerson } from '#test/support/people/person.ts'
import { addProvider, makeClient } from '#test/storage/conformance/records.ts'
import { openTerminal } from './terminal/terminal.ts'

const PASSWORD = 'correct horse battery 1'
const folder = t.testdir()
const state = join(folder, 'state')
const server = await listen(t, {
  ADMIN: '',
  DATABASE_URL: `sqlite:${join(folder, 'server.db')}`,
  RATE_LIMIT_TOKEN: 'off',
  RATE_LIMIT_LOGIN: 'off',
})
const { issuer } = server.config
let who = ADMIN
/** Somebody who opens the address that the command line prints, logs in and allows it. */
const openBrowser = (url: string): void => {
  void createPerson(issuer)
    .authorize(url, who)
    .then((back) => fetch(back))
}
const variables = { DATABASE_URL: server.config.databaseUrl, XDG_STATE_HOME: state, ISSUER: issuer, SECRET: server.config.secret! }
const terminal = openTerminal(t, variables, { openBrowser })
const far = (words: string, input?: string) => terminal.pipe(`${words} --server ${issuer}`, input)
const near = (words: string, input?: string) => terminal.pipe(words, input)
const tokenFile = () => join(state, 'solar-system-oauth-server', `${encodeURIComponent(issuer)}.json`)
const eventsSince = async (at: number) =>
  (await server.storage.auditEvents.list({ since: at, limit: 100 })).map(({ name, actor }) => `${name} by ${actor}`).reverse()

t.test('without a login a script is told how to get one, and nobody waits', async (t) => {
  t.strictSame(await far('user list'), {
    code: 1,
    output: '',
    errors: `You are not logged in at ${issuer}. Log in with: solar login --server ${issuer}\n`,
  })
})

t.test('a person logs in by the browser, and what they get is in a file of theirs', async (t) => {
  const { code, output, errors } = await far('login')
  t.match({ code, output }, { code: 0, output: `You are logged in at ${issuer}.\n` })
  t.match(errors, `Log in at ${issuer} in your browser:\n  ${issuer}/authorize?`)
  t.match(errors, /code_challenge_method=S256/)
  t.equal(statSync(tokenFile()).mode & 0o777, 0o600)
  t.equal(statSync(join(state, 'solar-system-oauth-server')).mode & 0o777, 0o700)
})

t.test('lists and records are the same as on the machine, word by word', async (t) => {
  for (const [words, input] of [
    ['user add helen --email helen@example.com --given-name Helen --password-stdin', PASSWORD],
    ['group add staff --description "All of us"'],
    ['group join staff helen'],
    ['client add --name Notes --redirect-uri https://notes.example/callback --confidential'],
    ['client add --name Machine --grant-type client_credentials --keys https://machine.example/jwks'],
    ['resource add https://mcp.example.com/mcp --scope "tools:read=Read your tools" --token-ttl 15m'],
    ['access allow https://mcp.example.com/mcp --group staff --scope tools:read'],
    ['admission add @acme.example'],
    ['initial-access-token create partners --expires 30d --redirect-hosts a.example'],
    ['user invite --group staff --email new@example.com'],
    ['provider add corp --kind google --client-id x'],
  ] as const)
    t.match(await near(words, input), { code: words.startsWith('provider') ? 1 : 0 }, words)
  const [{ client_id: id }] = JSON.parse((await near('client list --json')).output) as [{ client_id: string }]
  for (const words of [
    ...['user list', 'user show helen', 'group list', 'group show staff', 'client list', `client show ${id}`, 'resource list'],
    ...['resource show https://mcp.example.com/mcp', 'access list', 'access explain helen https://mcp.example.com/mcp'],
    ...['admission list', 'admission explain x@acme.example', 'initial-access-token list', 'link list', 'provider list', 'keys list'],
    ...['grant list', 'session list', 'personal-token list', 'audit list', 'client list --limit 1', 'client list --waiting'],
    ...['user show nobody', 'group show nothing', 'client list --limit 0', 'client list --limit many', 'client show nothing'],
    ...['client list --after nothing', 'access explain nobody https://mcp.example.com/mcp', 'link revoke nothing', 'keys revoke nothing'],
  ]) {
    t.strictSame(await far(words), await near(words), words)
    if (!/list|show|explain/.test(words)) continue
    t.strictSame(await far(`${words} --json`), await near(`${words} --json`), `${words} --json`)
  }
  const exported = await far('audit export')
  t.strictSame(exported, await near('audit export'))
  t.ok(exported.output.split('\n').length > 10)
  t.match(await near('resource add https://gated.example/mcp --upstream http://127.0.0.1:9/mcp --upstream-header "X-Key: env:HOME"'), {
    code: 0,
  })
  const gated = await far('resource show https://gated.example/mcp')
  t.match(gated.output, /Upstream.*set, not shown.*Headers +│ X-Key: set, not shown /s)
  t.notMatch(gated.output + (await far('resource show https://gated.example/mcp --json')).output, /127\.0\.0\.1:9|env:HOME/)
  await near('resource add https://command.example/mcp --command "npx tools-of-ours" --env OURS')
  const command = (await far('resource show https://command.example/mcp')).output
  t.match(command, /Upstream +│ set, not shown .*Process +│ set, not shown /s)
  t.notMatch(command, /npx|OURS/)
  await near('resource add https://protected.example/mcp --identity none')
  for (const show of [near, far])
    t.match((await show('resource show https://protected.example/mcp')).output, /Upstream +│ given at the start \(protect\) /)
  await addProvider(server.storage, { name: 'inside', issuer: 'https://10.0.0.7' })
  t.match((await near('provider show inside')).output, /issuer +│ https:\/\/10\.0\.0\.7 /)
  t.match((await far('provider show inside')).output, /issuer +│ set, not shown /)
  await near('provider delete inside --yes')
  t.match(JSON.parse((await far('status --json')).output), { issuer, users: 2 })
  t.match(await terminal.pipe(`--server ${issuer} client show -- nothing`), { code: 1, errors: /There is no client nothing/ })
  t.match(await terminal.pipe(`--server=${issuer} group list`), { code: 0, output: /staff/ })
  t.match((await far('status')).output, /Issuer.*Users +│ 2 /s)
})

t.test('what is changed from afar has the person as its actor', async (t) => {
  const at = Date.now()
  const said: [words: string, output: RegExp, input?: string][] = [
    ['user add paris --email helen@example.com --password-stdin', /^paris can log in now\.\n$/, PASSWORD],
    ['user update paris --name Paris', /^What clients learn about paris is changed/],
    ['user role paris viewer', /^paris is viewer now/],
    ['user passwd paris --end-grants --password-stdin', /^The password of paris is changed/, `${PASSWORD}2`],
    ['user reset-password paris', new RegExp(`^${issuer}/`)],
    ['user disable paris', /^paris is disabled/],
    ['user enable paris', /^paris can log in again/],
    ['user unlock paris', /^paris can try/],
    ['group join staff paris', /^paris is in staff now/],
    ['group leave staff paris', /^paris is not in staff any more/],
    ['session end --user paris', /^$/],
    ['access deny https://mcp.example.com/mcp --user paris', /^Rule \S+: deny user paris, everything at/],
    ['resource update https://mcp.example.com/mcp --name Tools', /is changed/],
    ['resource rotate-secret https://mcp.example.com/mcp', /has a new secret/],
    ['keys rotate', /is the next ES256 key/],
    ['user delete paris --yes', /^paris is deleted/],
  ]
  for (const [words, output, input] of said) t.match(await far(words, input), { code: words.startsWith('session') ? 1 : 0, output }, words)
  const events = await eventsSince(at)
  t.ok(events.length >= 15)
  for (const event of events) t.match(event, / by user admin$/)
})

t.test('a client that is approved from afar follows the rule of that server, of which this machine says nothing', async (t) => {
  await server.storage.clients.insert(makeClient({ id: 'client_turned_away', approval: 'refused' }))
  t.strictSame(await far('client approve client_turned_away'), {
    code: 0,
    output: 'client_turned_away is approved: people can use it from now on.\n',
    errors: '',
  })
})

t.test('what is for the machine itself is refused before anything is asked', async (t) => {
  const at = Date.now()
  const nowhere = 'https://nowhere.invalid'
  for (const words of [
    ...['serve', 'protect http://localhost:1/mcp', 'verify', 'doctor http://localhost:1', 'config show', 'mail check', 'migrate'],
    ...['backup x', 'restore x', 'export x', 'import x', 'keys reset', 'personal-token create helen x', 'provider check google'],
    ...['resource sync x', 'resource check x'],
  ])
    t.match(
      await terminal.pipe(`${words} --server ${nowhere}`),
      { code: 1, output: '', errors: /is for the machine itself, and never/ },
      words,
    )
  for (const option of [
    ...['--upstream http://169.254.169.254/', '--command id', '--identity headers', '--upstream-header "X: env:HOME"', '--tool a=b'],
    ...['--env A=env:B', '--per person', '--user root', '--directory /'],
  ])
    t.match(
      await terminal.pipe(`resource add https://x.example/ ${option} --server ${nowhere}`),
      { code: 1, errors: /^--[a-z-]+ is for the machine itself, and never for a server from afar/ },
      option,
    )
  t.match(await terminal.pipe('user list --device'), { code: 1, errors: /^--device says how to log in/ })
  t.match(await terminal.pipe('login'), { code: 1, errors: 'Say which server, with --server.\n' })
  for (const address of ['http://auth.example.com', 'ftp://x', 'https://a:b@x.example'])
    t.match(await terminal.pipe(`user list --server ${address}`), { code: 1, errors: /^--server must / }, address)
  t.strictSame(await eventsSince(at), [])
})

t.test('an access token that ended is renewed, and so is one that the server refuses', async (t) => {
  const kept = JSON.parse(readFileSync(tokenFile(), 'utf8')) as { accessToken: string; refreshToken: string; expiresAt: number }
  for (const changed of [{ expiresAt: 0 }, { accessToken: 'nonsense' }]) {
    const before = JSON.parse(readFileSync(tokenFile(), 'utf8')) as object
    writeFileSync(tokenFile(), JSON.stringify({ ...before, ...changed }))
    t.match(await far('user list --json'), { code: 0, output: /helen/ })
    t.not((JSON.parse(readFileSync(tokenFile(), 'utf8')) as typeof kept).accessToken, kept.accessToken)
  }
  writeFileSync(tokenFile(), JSON.stringify({ accessToken: 'x', expiresAt: 0, refreshToken: 'nonsense' }))
  t.match(await far('user list'), { code: 1, errors: /^You are not logged in/ }, 'a login that the server does not know')
  writeFileSync(tokenFile(), 'half of')
  t.match(await far('user list'), { code: 1, errors: /^You are not logged in/ }, 'a file that is no file of ours')
  chmodSync(tokenFile(), 0o644)
  t.match(await far('user list'), { code: 1, errors: /can be read by other accounts of this machine/ })
  chmodSync(tokenFile(), 0o600)
})

t.test('a person logs in with the browser of another machine', async (t) => {
  const person = createPerson(issuer)
  const allow = async (shown: string): Promise<string> => {
    const code = /enter this code:\n {2}(\S+)\n/.exec(shown)![1]!
    const form = pageOf(await person.submit(pageOf(await person.open(`${issuer}/device`)), ADMIN))
    await person.submit(pageOf(await person.submit(form, { user_code: code })), { decision: 'allow' })
    return ''
  }
  t.match(await terminal.type(`login --device --server ${issuer}`, [['enter this code', allow]]), {
    code: 0,
    output: `You are logged in at ${issuer}.\n`,
  })
  t.match(await far('group list'), { code: 0, output: /staff/ })
})

t.test('a server says what somebody lacks', async (t) => {
  await near('user add vera --password-stdin', PASSWORD)
  await near('user role vera viewer')
  who = { username: 'vera', password: PASSWORD }
  t.match(await far('login'), { code: 0 })
  t.match(await far('group list'), { code: 0, output: /staff/ })
  t.match(await far('group add theirs'), { code: 1, errors: 'This takes the role operator, and user vera is viewer.\n' })
})

t.test('who logs out leaves nothing behind', async (t) => {
  const { refreshToken } = JSON.parse(readFileSync(tokenFile(), 'utf8')) as { refreshToken: string }
  t.match(await far('logout'), { code: 0, output: `You are logged out at ${issuer}.\n`, errors: '' })
  t.notOk(readdirSync(join(state, 'solar-system-oauth-server')).includes(`${encodeURIComponent(issuer)}.json`))
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: 'command-line' }
  t.equal((await fetch(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })).status, 400)
  t.match(await far('logout'), { code: 0, output: `You were not logged in at ${issuer}.\n` })
})

t.test('a person in a terminal who is not logged in is asked to, and the command goes on', async (t) => {
  t.match(await terminal.type(`group list --server ${issuer}`, []), { code: 0, output: /staff/, errors: /^Log in at / })
})
