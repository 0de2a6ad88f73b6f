import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { openTerminal } from './terminal/terminal.ts'
import type { Terminal } from './terminal/terminal.ts'

const DAY_MS = 86_400_000
const tokens = ({ look }: Terminal) => look(({ initialAccessTokens }) => initialAccessTokens.list())
const events = ({ look }: Terminal) => look(({ auditEvents }) => auditEvents.list({ since: 0, limit: 10 }))

t.test('an operator makes a token, which is shown once and kept as a hash', async (t) => {
  const terminal = openTerminal(t)
  const { code, output, errors } = await terminal.pipe('initial-access-token create partners')
  t.equal(code, 0)
  t.match(output, /^[\w-]{43}\n$/, 'alone on its line, to be piped on')
  t.match(errors, /^The token is shown only once\./)
  const [kept, ...more] = await tokens(terminal)
  t.strictSame(more, [])
  t.match(kept, { name: 'partners', tokenHash: sha256(output.trim()), policy: {}, usesLeft: undefined, expiresAt: undefined })
  const told = await events(terminal)
  t.match(told, [{ name: 'registration_token.created', actor: 'operator', details: { token: 'partners', policy: {} } }])
  t.notOk(JSON.stringify(told).includes(output.trim()) || JSON.stringify(told).includes(kept!.tokenHash))
})

t.test('an operator bounds a token in time, in uses and in what is registered', async (t) => {
  const terminal = openTerminal(t)
  const bounds =
    '--redirect-hosts "app.example.com, APP.example.com:8443,[::1]" --redirect-kinds loopback,custom --scopes openid,mcp:tools --auth-methods none --grant-types authorization_code'
  t.equal((await terminal.pipe(`initial-access-token create partners --expires 30d --uses 5 ${bounds}`)).code, 0)
  const [token] = await tokens(terminal)
  t.match(token, {
    usesLeft: 5,
    policy: {
      redirectHosts: ['app.example.com', 'app.example.com:8443', '[::1]'],
      redirectKinds: ['loopback', 'custom'],
      scopes: ['openid', 'mcp:tools'],
      authMethods: ['none'],
      grantTypes: ['authorization_code'],
    },
  })
  t.equal(token!.expiresAt, token!.createdAt + 30 * DAY_MS)
  t.match(await events(terminal), [{ details: { uses: 5, expires: '30d', policy: { redirectKinds: ['loopback', 'custom'] } } }])
})

t.test('an operator who asks for what cannot be reads one sentence, and nothing is kept', async (t) => {
  const terminal = openTerminal(t)
  for (const [options, sentence] of [
    ['"a b"', /^The name must have 1 to 64 letters/],
    ['x --expires soon', /^--expires must be a duration such as 12h or 30d, of at most 3650d, but is "soon"\.\n$/],
    ['x --expires 0s', /^--expires must be/],
    ['x --expires 4000d', /^--expires must be/],
    ['x --uses 0', /^--uses must be a whole number from 1 to 1000000, but is "0"\.\n$/],
    ['x --uses 1.5', /^--uses must be/],
    ['x --redirect-hosts https://app.example.com', /^--redirect-hosts must be hosts .*; "https:\/\/app\.example\.com" is not one\.\n$/],
    ['x --redirect-hosts app.example.com/path', /^--redirect-hosts/],
    ['x --redirect-hosts u@app.example.com', /^--redirect-hosts/],
    ['x --redirect-hosts *.example.com', /^--redirect-hosts must be hosts .*, without wildcards; "\*\.example\.com" is not one\.\n$/],
    ['x --redirect-hosts a.example,%2A.example.com', /"%2A\.example\.com" is not one/],
    ['x --redirect-hosts ＊.example.com', /without wildcards/],
    ['x --redirect-hosts a.*', /without wildcards/],
    ['x --redirect-hosts a.example,', /^--redirect-hosts .*"" is not one/],
    ['x --redirect-kinds http', /^--redirect-kinds must be any of https, loopback, custom; "http" is not one\.\n$/],
    ['x --scopes "a b"', /^--scopes must be scopes without spaces/],
    ['x --auth-methods basic', /^--auth-methods must be any of none, client_secret_basic/],
    ['x --grant-types password', /^--grant-types must be any of authorization_code, /],
  ] as const) {
    const { code, output, errors } = await terminal.pipe(`initial-access-token create ${options}`)
    t.match({ code, output }, { code: 1, output: '' }, options)
    t.match(errors, sentence)
  }
  t.strictSame(await tokens(terminal), [])
})

t.test('a name is given once, and is free again when its token is deleted', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe('initial-access-token create partners')
  const [first] = await tokens(terminal)
  t.match(await terminal.pipe('initial-access-token create partners'), {
    code: 1,
    output: '',
    errors: 'There is already a token partners. Choose another name, or delete that token first.\n',
  })
  t.strictSame(await tokens(terminal), [first])
  t.match(await terminal.pipe('initial-access-token delete partners'), {
    code: 0,
    output: /^No client can register with partners any more\./,
  })
  t.match(await terminal.pipe('initial-access-token delete partners'), {
    code: 1,
    errors: 'There is no token partners. List them with: solar initial-access-token list\n',
  })
  t.match((await events(terminal)).map(({ name }) => name).sort(), ['registration_token.created', 'registration_token.deleted'])
})

t.test('an operator sees what was handed out, as a table or as JSON, without the tokens', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.pipe('initial-access-token list'), {
    code: 0,
    output: 'There are none yet. Create one with: solar initial-access-token create <name>\n',
  })
  const forPrograms = JSON.parse((await terminal.pipe('initial-access-token create programs --uses 1 --json')).output) as { token: string }
  t.match(forPrograms, { name: 'programs', uses_left: 1, policy: {}, token: /^[\w-]{43}$/ })
  t.match((await tokens(terminal))[0], { tokenHash: sha256(forPrograms.token) })
  await terminal.pipe('initial-access-token delete programs')
  const made = await terminal.pipe('initial-access-token create partners --uses 2 --expires 1d --redirect-hosts a.example')
  await terminal.pipe('initial-access-token create free')
  const { output } = await terminal.pipe('initial-access-token list')
  t.match(output, /│ free .*│ any .*│ never .*│ none /u)
  t.match(output, /│ partners .*│ 2 .*│ 20\d\d-\d\d-\d\d \d\d:\d\d │ redirect hosts: a\.example /u)
  const json = await terminal.pipe('initial-access-token list --json')
  t.match(JSON.parse(json.output), [
    { name: 'free' },
    { name: 'partners', uses_left: 2, expires_at: /T.*Z$/, policy: { redirect_hosts: ['a.example'] } },
  ])
  for (const shown of [output, json.output]) t.notOk(shown.includes(made.output.trim()) || shown.includes(sha256(made.output.trim())))
})
