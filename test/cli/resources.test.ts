import t from 'tap'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { openTerminal } from './terminal/terminal.ts'
import type { Terminal } from './terminal/terminal.ts'

const URI = 'https://mcp.example.com/mcp'
const ADD = `resource add ${URI} --name Planets --scope "tools:read=Read your tools" --scope tools:write`

const find = ({ look }: Terminal, identifier = URI) => look(({ resources }) => resources.findByIdentifier(identifier))
const json = async ({ pipe }: Terminal, words: string) =>
  JSON.parse((await pipe(words)).output) as Record<string, unknown> & { secret: string }
const secretIn = (output: string) => /^ {2}([\w-]{43})$/m.exec(output)?.[1] ?? ''

t.test('an operator registers an MCP server, and reads its id and secret this once', async (t) => {
  const terminal = openTerminal(t)
  const { code, output, errors } = await terminal.pipe(ADD)
  const warning = `Users will read "tools:write" on the consent page: say in words what it allows, with --scope 'tools:write=...'\n`
  t.strictSame({ code, errors }, { code: 0, errors: warning })
  t.match(output, /^Planets is registered: clients can get tokens for https:\/\/mcp\.example\.com\/mcp\.\n/)
  const resource = (await find(terminal))!
  const scopes = [
    { name: 'tools:read', description: 'Read your tools' },
    { name: 'tools:write', description: 'tools:write' },
  ]
  t.match(resource, {
    id: /^resource_[\w-]{22}$/,
    identifier: URI,
    name: 'Planets',
    scopes,
    accessTokenTtl: undefined,
    accessTokenFormat: undefined,
    accessTokenAlg: undefined,
  })
  t.ok(output.includes(`  ${resource.id}\n`))
  t.equal(sha256(secretIn(output)), resource.secretHash)
})

t.test('a program that registers one reads JSON; what is not said has a default', async (t) => {
  const terminal = openTerminal(t)
  const printed = await json(terminal, 'resource add https://mcp.example.com/ --token-ttl 15m --token-format OPAQUE --alg rs256 --json')
  const { id, secret, ...rest } = printed
  const resource = (await find(terminal, 'https://mcp.example.com'))!
  t.strictSame([id, sha256(secret)], [resource.id, resource.secretHash])
  const instant = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
  t.match(rest, {
    resource: 'https://mcp.example.com/',
    name: 'mcp.example.com',
    scopes: [],
    access_token_ttl: 900,
    access_token_format: 'opaque',
    access_token_alg: 'RS256',
    created_at: instant,
    updated_at: instant,
  })
})

t.test('an operator describes a scope in several languages, and reads them back', async (t) => {
  const terminal = openTerminal(t)
  const scopes = '--scope "tools:read=Read your tools" --scope "tools:read#ko=도구 읽기" --scope "tools:read#pt-BR=Ler = ferramentas"'
  t.match(await terminal.pipe(`resource add ${URI} ${scopes}`), { code: 0, errors: '' })
  const translations = { ko: '도구 읽기', 'pt-br': 'Ler = ferramentas' }
  t.strictSame((await find(terminal))!.scopes, [{ name: 'tools:read', description: 'Read your tools', translations }])
  const { output } = await terminal.pipe(`resource show ${URI}`)
  for (const line of ['tools:read: Read your tools', 'tools:read#ko: 도구 읽기', 'tools:read#pt-br: Ler = ferramentas'])
    t.match(output, line)
  t.match((await terminal.pipe('audit list')).output, 'tools:read#ko=도구 읽기')
  t.match(await terminal.pipe(`resource update ${URI} --scope a`), { code: 0, errors: /^Users will read "a" on the consent page/ })
  t.match(await terminal.pipe(`resource update ${URI} --name Tools`), { code: 0, errors: '' })
})

t.test('T1: what people will read loses what could mislead them', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe(`resource add ${URI} --name "Pla\u202enets\u0000  \u200bInc" --scope "a=Read\u2066 = all\n of it" --scope "b=\u200b"`)
  t.match(await find(terminal), {
    name: 'Planets Inc',
    scopes: [
      { name: 'a', description: 'Read = all of it' },
      { name: 'b', description: 'b' },
    ],
  })
})

t.test('an operator who asks for what cannot be reads one sentence, and nothing changes', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe(ADD)
  const before = await find(terminal)
  for (const [words, sentence] of [
    [ADD, /^https:\/\/mcp\.example\.com\/mcp is already registered\. Change it with: solar resource update\n$/],
    ['resource add http://mcp.example.com', /^"http:\/\/mcp\.example\.com" is not the address of an MCP server: give its https URL/],
    ['resource add https://mcp.example.com/#x', /without a fragment\.\n$/],
    ['resource add https://b.example --name " "', /^--name is empty: leave it out\.\n$/],
    ['resource add https://b.example --scope "a b=x"', /^"a b" is not a scope: use visible ASCII/],
    ['resource add https://b.example --scope "" --scope a', /^"" is not a scope/],
    ['resource add https://b.example --scope openid=Mine', /^openid is a scope of this server itself: choose another name\.\n$/],
    ['resource add https://b.example --scope a --scope a=x', /^The scope a appears twice\.\n$/],
    ['resource add https://b.example --scope a=x --scope "a#korean!=y"', /^"a#korean!" must end in a language, such as ko or pt-BR\.\n$/],
    ['resource add https://b.example --scope a=x --scope a#=y', /^"a#" must end in a language/],
    ['resource add https://b.example --scope a=x --scope b#ko=y', /^"b#ko" translates a scope that is not given/],
    ['resource add https://b.example --scope a=x --scope a#ko', /^"a#ko" has no words\.\n$/],
    ['resource add https://b.example --scope a=x --scope a#ko=y --scope a#KO=z', /^"a#KO" appears twice\.\n$/],
    ['resource add https://b.example --token-ttl 2d', /^--token-ttl must be a duration from 30s to 1d, but is "2d"\.\n$/],
    ['resource add https://b.example --token-ttl soon', /^--token-ttl must be .* but is "soon"/],
    ['resource add https://b.example --token-format saml', /^--token-format must be one of jwt, opaque, but is "saml"\.\n$/],
    ['resource add https://b.example --alg none', /^--alg must be .* but is "none"/],
    [`resource update ${URI}`, /^There is nothing to change\. See: solar help resource update\n$/],
    [
      `resource update ${URI}/ --name x`,
      /^There is no resource https:\/\/mcp\.example\.com\/mcp\/\. List them with: solar resource list\n$/,
    ],
    ['resource show nothing', /^There is no resource nothing/],
    [`resource delete ${URI}`, /^There is no terminal to ask for confirmation in: add --yes\.\n$/],
  ] as const) {
    const { code, output, errors } = await terminal.pipe(words)
    t.match({ code, output }, { code: 1, output: '' }, words)
    t.match(errors, sentence, words)
  }
  t.strictSame(await terminal.look(({ resources }) => resources.list()), [before])
})

t.test('an update changes what it names, and default lets the setting hold again', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe(`${ADD} --token-ttl 15m --token-format opaque`)
  const before = (await find(terminal))!
  t.match(await terminal.pipe(`resource update ${URI} --token-ttl default --alg ES256`), {
    code: 0,
    output: /^https:\/\/mcp\.example\.com\/mcp is changed\./,
  })
  const changed = (await find(terminal))!
  t.ok(changed.updatedAt >= before.updatedAt)
  t.strictSame(changed, { ...before, accessTokenTtl: undefined, accessTokenAlg: 'ES256', updatedAt: changed.updatedAt })
  await terminal.pipe(`resource update ${before.id} --name Moons --scope moons=Count`)
  t.match(
    await find(terminal),
    { name: 'Moons', scopes: [{ name: 'moons', description: 'Count' }], accessTokenFormat: 'opaque' },
    'by its id, too',
  )
  await terminal.pipe(`resource update ${URI} --token-format default --alg default`)
  t.match(await find(terminal), { accessTokenFormat: undefined, accessTokenAlg: undefined })
  await terminal.pipe(`resource update ${URI} --scope ""`)
  t.strictSame((await find(terminal))!.scopes, [], 'an empty scope takes them all away')
})

t.test('a new secret takes the place of the earlier one', async (t) => {
  const terminal = openTerminal(t)
  const first = secretIn((await terminal.pipe(ADD)).output)
  const { output } = await terminal.pipe(`resource rotate-secret ${URI}`)
  t.match(output, /has a new secret; the previous one is refused from now on\./)
  const second = secretIn(output)
  t.not(second, first)
  t.equal((await find(terminal))!.secretHash, sha256(second))
  t.equal(sha256((await json(terminal, `resource rotate-secret ${URI} --json`)).secret), (await find(terminal))!.secretHash)
})

t.test('an operator sees later who did what to a resource, and no secret', async (t) => {
  const terminal = openTerminal(t)
  const secrets = [secretIn((await terminal.pipe(ADD)).output)]
  await terminal.pipe(ADD)
  await terminal.pipe(`resource update ${URI} --name Moons`)
  secrets.push(secretIn((await terminal.pipe(`resource rotate-secret ${URI}`)).output))
  await terminal.pipe(`resource delete ${URI} --yes`)
  const { output } = await terminal.pipe('audit list --json')
  const events = JSON.parse(output) as { event: string; actor: string; details: object }[]
  const byName = Object.fromEntries(events.map(({ event, actor, details }) => [event, { actor, details }]))
  const registered = { resource: URI, name: 'Planets', scopes: ['tools:read=Read your tools', 'tools:write=tools:write'] }
  t.strictSame(byName, {
    'resource.registered': { actor: 'operator', details: registered },
    'resource.updated': { actor: 'operator', details: { resource: URI, name: ['Planets', 'Moons'] } },
    'resource.secret_rotated': { actor: 'operator', details: { resource: URI } },
    'resource.deleted': { actor: 'operator', details: { ...registered, name: 'Moons' } },
  })
  t.equal(events.length, 4, 'and of what was refused nothing')
  for (const secret of secrets) t.notOk(output.includes(secret) || output.includes(sha256(secret)))
})

t.test('a list and one of them are tables for people and JSON for programs, without any secret', async (t) => {
  const terminal = openTerminal(t)
  t.match(await terminal.pipe('resource list'), {
    code: 0,
    output: 'No MCP server is registered. Register one with: solar resource add <url>\n',
  })
  t.strictSame(JSON.parse((await terminal.pipe('resource list --json')).output), [])
  await terminal.pipe(ADD)
  await terminal.pipe('resource add https://a.example --token-format opaque --token-ttl 1h')
  const { id, secretHash } = (await find(terminal))!
  const table = (await terminal.pipe('resource list')).output
  t.match(table, /│ https:\/\/a\.example +│ a\.example +│ +│ opaque, 1h/u)
  t.match(table, /│ https:\/\/mcp\.example\.com\/mcp │ Planets +│ tools:read +│ as by default/u)
  t.notMatch(table, '\x1b', 'no colours')
  const shown = (await terminal.pipe(`resource show ${URI}`)).output
  for (const part of ['Planets', 'tools:read: Read your tools', id]) t.ok(shown.includes(part), part)
  const one = await json(terminal, `resource show ${URI} --json`)
  t.match(one, { id, resource: URI, name: 'Planets' })
  const all = (await terminal.pipe('resource list --json')).output
  t.strictSame((JSON.parse(all) as object[])[1], one)
  t.notOk([table, shown, all].some((text) => text.includes(secretHash)))
})

t.test('a person who confirms by the address deletes the resource, another answer changes nothing', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe('resource add https://mcp.example.com')
  const words = 'resource delete https://mcp.example.com'
  t.match(await terminal.type(words, [['Type its address', 'yes\r']]), {
    code: 1,
    errors: /The address does not match; nothing was changed\.\n$/,
  })
  t.ok(await find(terminal, 'https://mcp.example.com'))
  t.match(await terminal.type(words, [['Type its address', ' https://mcp.example.com/\r']]), {
    code: 0,
    output: /^https:\/\/mcp\.example\.com is deleted\. Its opaque tokens are invalid now/,
  })
  t.equal(await find(terminal, 'https://mcp.example.com'), undefined)
  await terminal.pipe(ADD)
  t.match(await terminal.pipe(`resource delete ${URI} --yes`), { code: 0 })
  t.strictSame(await terminal.look(({ resources }) => resources.list()), [])
})

t.test('a person whose resource goes while a question is open is told so', async (t) => {
  const terminal = openTerminal(t)
  await terminal.pipe(ADD)
  const meanwhile = async () => {
    await terminal.pipe(`resource delete ${URI} --yes`)
    return `${URI}\r`
  }
  t.match(await terminal.type(`resource delete ${URI}`, [['Type its address', meanwhile]]), {
    code: 1,
    errors: /There is no resource \S+\.\n$/,
  })
})

t.test('an operator sees what scopes let apps do, and which tools no scope or several unlock', async (t) => {
  const terminal = openTerminal(t)
  const traits =
    '--scope-kind tools:read=read --required-scope tools:read --scope-tool tools:read=look --scope-tool tools:write=look --scope-tool tools:write=move'
  t.match(await terminal.pipe(`${ADD} ${traits}`), { code: 0 })
  t.notMatch((await terminal.pipe(`resource show ${URI}`)).output, 'Known tools')
  await terminal.look(async (storage) => {
    const before = (await storage.resources.findByIdentifier(URI))!
    const tools = ['look', 'move', 'new'].map((name) => ({ name }))
    await storage.resources.update({ before, after: { ...before, tools, updatedAt: before.updatedAt + 1 } })
  })
  const { output } = await terminal.pipe(`resource show ${URI}`)
  for (const line of [
    /tools:read: Read your tools \(read\) \(required\)/,
    /tools:read: tool look/,
    /Known tools +│ 3/,
    /Tools of no scope +│ new/,
    /Tools of several scopes +│ look/,
  ])
    t.match(output, line)
  t.match(JSON.parse((await terminal.pipe(`resource show ${URI} --json`)).output), { uncovered: ['new'], ambiguous: ['look'] })
  await terminal.pipe(`resource update ${URI} --scope-tool tools:write=move --scope-tool tools:write=new --required-scope ""`)
  t.notMatch((await terminal.pipe(`resource show ${URI}`)).output, /Tools of|required/)
})
