/** What the documents say is true: links lead somewhere, commands and endpoints exist, examples do what they show. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readQuotes } from '../scripts/quotes.ts'
import { COMMANDS } from '#src/cli/commands.ts'
import { loadConfig } from '#src/config/config.ts'
import { ConfigSchema } from '#src/config/schema.ts'
import { FINDINGS } from '#src/doctor/findings.ts'
import { WELL_KNOWN } from '#src/schemas/paths.ts'
import { freePort } from '#src/process/free-port.ts'
import { welcome } from '#src/process/welcome.ts'
import { createApp, listen } from './support/app.ts'
import { tokenFor } from './support/clients/manual-flow.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** The files of a folder whose names end in one of `ends`; what npm installed isn't ours. */
const filesOf = (folder: string, ...ends: string[]): string[] =>
  readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => ends.some((end) => path.endsWith(end)) && !path.includes('node_modules'))
const markdown = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...['docs', 'bench', 'examples', '.github'].flatMap((folder) => filesOf(folder, '.md')),
]
const text = new Map(markdown.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
const readme = text.get('README.md')!
const standards = filesOf('test/rfc', '.test.ts')

/** What is between ``` fences, by the language named there. */
const blocks = (document: string, language: string): string[] =>
  [...document.matchAll(/^```(\w*)\n(.*?)^```$/gms)].filter(([, name]) => name === language).map(([, , body]) => body!)
const withoutBlocks = (document: string): string => document.replace(/^ *```.*?^ *```$/gms, '')

/** How GitHub names the anchor of a heading; one that comes again gets a number. */
function anchors(document: string): string[] {
  const seen = new Map<string, number>()
  return [...withoutBlocks(document).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const anchor = heading!
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-')
    const before = seen.get(anchor) ?? 0
    seen.set(anchor, before + 1)
    return before === 0 ? anchor : `${anchor}-${before}`
  })
}

t.test('a reader who follows a relative link finds the file and the heading', async (t) => {
  for (const [path, document] of text) {
    for (const [, target = ''] of withoutBlocks(document).matchAll(/\]\(([^)]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [file = '', anchor] = target.split('#')
      const found = file === '' ? path : join(dirname(path), file)
      t.ok(existsSync(join(root, found)), `${path} links to ${target}`)
      if (anchor !== undefined) t.ok(anchors(text.get(found) ?? '').includes(anchor), `${path} links to the heading ${target}`)
    }
  }
})

t.test('a reader who is sent to a document by the code, or by a form, finds the file and the heading', async (t) => {
  const sources = [
    ...['src', 'scripts', 'examples'].flatMap((folder) => filesOf(folder, '.ts', '.js', '.mjs', '.hbs', '.json')),
    ...filesOf('.github', '.yml', '.md'),
    '.oxlintrc.json',
  ]
  let found = 0
  for (const path of sources) {
    for (const [, document = '', anchor] of readFileSync(join(root, path), 'utf8').matchAll(/\b(docs\/[\w/.-]+\.md)(?:#([\w-]+))?/g)) {
      found += 1
      t.ok(existsSync(join(root, document)), `${path} names ${document}`)
      if (anchor !== undefined) t.ok(anchors(text.get(document) ?? '').includes(anchor), `${path} names ${document}#${anchor}`)
    }
  }
  t.ok(found > 5)
  const cures = anchors(text.get('docs/troubleshooting.md')!)
  for (const finding of Object.keys(FINDINGS)) t.ok(cures.includes(finding), `the doctor sends people to #${finding}`)
})

t.test('a reader of the documents finds each of them from the index, and each setting in the configuration', async (t) => {
  const linked = [...['README.md', 'docs/README.md', 'docs/clients/README.md']].flatMap((path) =>
    [...text.get(path)!.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => join(dirname(path), target!)),
  )
  for (const path of markdown.filter((path) => path.startsWith('docs') && !path.includes('adr')))
    t.ok(linked.includes(path), `an index links to ${path}`)
  const settings = Object.values(ConfigSchema.properties).map(({ variable }) => variable.name)
  for (const [path, document] of text) {
    for (const [, name = ''] of document.matchAll(/`([A-Z]+(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g))
      t.ok(settings.includes(name) || NO_SETTINGS.test(name), `${path} names the setting ${name}`)
  }
})

/** What looks like a setting, and is a variable of the platform, of the tests, or of an example. */
const NO_SETTINGS = /^(RAILWAY_\w+|TEST_POSTGRES_URL|MCP_INSPECTOR|NODE_EXTRA_CA_CERTS|[A-Z]+_MS)$/

t.test('the README is short', async (t) => {
  t.ok(Buffer.byteLength(readme) <= 10 * 1024, `${Buffer.byteLength(readme)} bytes`)
})

t.test('a reader who looks for a test that a document names finds it', async (t) => {
  for (const [path, document] of text) {
    for (const [, named = ''] of document.matchAll(/`(test\/[\w./-]+)`/g)) t.ok(existsSync(join(root, named)), `${path} names ${named}`)
  }
  const ofStandards = standards.map((path) => basename(path))
  for (const [, named = ''] of text.get('docs/certification.md')!.matchAll(/`([\w-]+\.test\.ts)`/g))
    t.ok(ofStandards.includes(named), named)
})

/** The command line's names; the documents say `initial-access-token`, by which the command is known from now on. */
const commands = [...Object.keys(COMMANDS), 'help']

t.test('a reader who types a command that a document names gets that command', async (t) => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  for (const [path, document] of text) {
    for (const [, script] of document.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
      t.ok(scripts[script!], `${path} names npm run ${script}`)
    for (const [, command] of document.matchAll(/(?:npm run cli --|node dist\/cli\.js) ([a-z][\w-]*(?: [a-z]+(?:-[a-z]+)*)?)/g))
      t.ok(
        commands.some((name) => `${name} `.startsWith(`${command} `) || command!.startsWith(`${name} `)),
        `${path} names the command ${command}`,
      )
    // The name isn't ours on npm yet: this would run what somebody else published.
    t.notMatch(document, /npx (-y |--yes )?solar-system-oauth-server/, path)
  }
  t.match(readme, /npm install && npm start/)
  t.match(readme, /npm install && npm test/)
})

t.test('a reader of docs/cli.md finds every command there is, and no other', async (t) => {
  const named = [...text.get('docs/cli.md')!.matchAll(/^### (.+)$/gm)].map(([, name]) => name!)
  t.strictSame([...named].sort(), commands.filter((name) => name !== 'help').sort())
})

t.test('a reader of the README finds the three errors that brought most people there', async (t) => {
  for (const error of ['registration_endpoint not found', 'Invalid JSON in request body', 'redirect_uris is required']) {
    t.ok(readme.includes(error), error)
    t.ok(text.get('docs/troubleshooting.md')!.includes(error), error)
  }
})

t.test('a person who starts the server reads what docs/try-it.md shows', async (t) => {
  const config = loadConfig({})
  t.ok(config.ok)
  if (!config.ok) return
  const shown = /<!-- welcome -->\n```\n(.*?)\n```/s.exec(text.get('docs/try-it.md')!)?.[1]
  const printed = welcome(config.value, 'npm run cli --').replaceAll(process.cwd(), '/home/you/solar-system')
  t.equal(shown, printed.replace(/^\n+|\s+$/g, ''))
})

t.test('every endpoint of the README is there, and every advertised one is in the README', async (t) => {
  const { app } = await createApp(t)
  const rows = [...readme.matchAll(/^\| `(\/[^`]*)` \| ([A-Z, ]+) \|/gm)]
  const paths = rows.map(([, path]) => path!)
  for (const [, url, methods] of rows) {
    for (const method of methods!.split(', ')) t.ok(app.hasRoute({ method: method, url: url! }), `${method} ${url}`)
  }
  const { issuer, ...metadata } = (await app.inject(WELL_KNOWN.oauth)).json() as Record<string, unknown>
  const advertised = Object.entries(metadata).filter(([name]) => name.endsWith('_endpoint') || name === 'jwks_uri')
  for (const [name, url] of advertised) t.ok(paths.includes(String(url).slice(String(issuer).length)), name)
  for (const path of Object.values(WELL_KNOWN)) t.ok(paths.includes(path), path)
})

t.test('every file and folder that docs/architecture.md names is there', async (t) => {
  const named = [...text.get('docs/architecture.md')!.matchAll(/`((?:[a-z][\w-]*\/)+(?:[\w.-]+\.\w+)?|[a-z][\w-]*\.(?:ts|js))`/g)]
  t.ok(named.length > 100)
  for (const path of new Set(named.map(([, path]) => path!).filter((path) => !/\/[A-Z]+\./.test(path))))
    t.ok(existsSync(join(root, 'src', path)) || existsSync(join(root, path)), path)
})

t.test('docs/architecture.md says which folder may import what, as lint has it', async (t) => {
  const rules = (await import(String(new URL('../.dependency-cruiser.js', import.meta.url)))) as {
    default: { forbidden: { name: string; comment: string; from: { path?: string } }[] }
  }
  const enforced = rules.default.forbidden
    .filter(({ name, from }) => name.endsWith('-imports') && !from.path!.startsWith('^src/plugins/'))
    .map(({ comment }) => comment)
  const shown = [...text.get('docs/architecture.md')!.matchAll(/^\| `([\w.-]+)` \| ([\w., /-]+) \|$/gm)]
  t.ok(enforced.length > 15)
  const sentences = shown.map(([, folder, allowed]) => `${folder} may import ${allowed}.`)
  t.strictSame(sentences.sort(), enforced.sort())
})

/** Standards that are supported without a file of their own in test/rfc, and why. */
const WITHOUT_SENTENCES: Record<string, string> = {
  'MCP authorization, 2025-03-26': 'an older revision, of which only the fallback to fixed paths is left: whole runs hold that',
  'RFC 8176, authentication method references': 'a list of names',
  'Web Authentication Level 3': 'a browser does one half, @simplewebauthn/server the other',
}

t.test('a standard is called supported where sentences of it are held by tests, and the other way round', async (t) => {
  const support = text.get('docs/support.md')!
  const chapters = ['OAuth', 'OpenID Connect', 'Model Context Protocol'].map(
    (name) => new RegExp(`^## ${name}$.*?(?=^## )`, 'ms').exec(support)![0],
  )
  const rows = [...chapters.join('').matchAll(/^\| ([^|]+) \| (Complete|Partial|None) \| [^|]* \|([^|]*)\|$/gm)]
  t.ok(rows.length > 25)
  const claimed = new Set<string>()
  for (const [, name = '', howFar, tests = ''] of rows) {
    const files = [...tests.matchAll(/`(test\/rfc\/[\w./-]+)`/g)].map(([, file]) => file!)
    files.forEach((file) => claimed.add(file))
    if (howFar === 'None') t.strictSame(files, [], `${name} isn't there`)
    else t.equal(files.length > 0, !(name in WITHOUT_SENTENCES), `${name}: a file in test/rfc, or a reason for none`)
  }
  for (const name of Object.keys(WITHOUT_SENTENCES))
    t.ok(
      rows.some(([, row]) => row === name),
      name,
    )
  for (const file of standards) t.ok(claimed.has(file), `${file} belongs to a supported standard`)
})

t.test('a sentence that is quoted is above a test, or says why it is not met', async (t) => {
  const quotes = readQuotes(root)
  t.ok(quotes.length > 200)
  for (const { file, sentence, test, exception } of quotes) t.ok(sentence !== '' && (test ?? exception), `${file}: ${sentence}`)
})

t.test('no document names a place of one machine', async (t) => {
  for (const [path, document] of text) t.notMatch(document.replaceAll('/home/you/', ''), /\/(home|root|work|tmp|Users)\//, path)
})

t.test('a client that sends what docs/clients/registration.md shows gets the answer that it shows', async (t) => {
  const { app } = await createApp(t)
  const document = text.get('docs/clients/registration.md')!
  const register = (payload: string) =>
    app.inject({ method: 'POST', url: '/register', headers: { 'content-type': 'application/json' }, payload })

  const [request] = /(?<=-d ')\{.*?\}(?=')/s.exec(document)!
  const response = await register(request)
  t.equal(response.statusCode, 201)
  const shown = JSON.parse(blocks(document, 'json')[0]!) as Record<string, unknown>
  const issued = response.json() as Record<string, unknown>
  t.same(Object.keys(issued).sort(), Object.keys(shown).sort())
  const uri = `http://localhost:8000/register/${String(issued['client_id'])}`
  const made = {
    client_id: /^client_[\w-]{22}$/,
    client_secret: /^[\w-]{43}$/,
    client_id_issued_at: Number,
    registration_access_token: /^[\w-]{43}$/,
    registration_client_uri: uri,
  }
  t.match(issued, { ...shown, ...made })

  const refusals = [...document.matchAll(/^\| `(\{.*)` \| `(\w+)` \| `(.+)` \|$/gm)]
  t.ok(refusals.length > 8)
  for (const [, body, error, description] of refusals) {
    const refused = await register(body!)
    t.equal(refused.statusCode, 400, body!)
    t.same(refused.json(), { error, error_description: description }, body!)
  }
})

t.test('the MCP server by hand lets in who has a token for it, and shows everybody else the way', { timeout: 60_000 }, async (t) => {
  const { issuer } = await listen(t)
  const resource = `http://localhost:${await freePort()}/mcp`
  const example = join(
    t.testdir({ 'mcp-server.ts': blocks(text.get('docs/mcp.md')!, 'ts').find((code) => code.startsWith('// mcp-server.ts'))! }),
    'mcp-server.ts',
  )
  const server = spawn(process.execPath, ['--import', 'tsx', example], {
    cwd: root,
    env: { ...process.env, ISSUER: issuer, RESOURCE: resource },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => server.kill())
  await Promise.race([
    once(server.stdout, 'data'),
    once(server, 'exit').then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
  ])

  const refused = await fetch(resource)
  t.equal(refused.status, 401)
  const [, pointer = ''] = /^Bearer resource_metadata="(.+)"$/.exec(refused.headers.get('www-authenticate') ?? '') ?? []
  t.match(await (await fetch(pointer)).json(), { resource, authorization_servers: [issuer] })

  t.match(await (await callWith(await tokenFor(issuer, resource))).text(), /^hello [\w-]+$/)
  t.equal((await callWith(await tokenFor(issuer, 'https://other.example/mcp'))).status, 401, "another server's token")

  function callWith(token: string): Promise<Response> {
    return fetch(resource, { headers: { authorization: `Bearer ${token}` } })
  }
})
