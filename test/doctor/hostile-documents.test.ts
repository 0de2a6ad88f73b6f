/** Documents that are JSON, but nothing that a standard describes: the doctor reports on them, and cleans up after itself. */
import t from 'tap'
import { shown, stringsOf } from '#src/doctor/probe/shown.ts'
import { breaking } from './fixture-server.ts'
import type { Breakage, Route } from './fixture-server.ts'
import { allOf } from './breakages.ts'
import { obliging, runDoctor } from './run-doctor.ts'
import { createWorld } from './world.ts'

const deep = '['.repeat(20_000) + ']'.repeat(20_000)
const VALUES: Readonly<Record<string, string>> = {
  'an object that is no text': '{"toString":0,"valueOf":0}',
  'nested deeply': deep,
  'a list of null': '[null]',
  'a list of lists': '[[{"toString":0}],[[]]]',
  null: 'null',
  'a number': '1e999',
}

/** Replaces one member by JSON that may be too deep to be built from a value. */
const withRaw = (broken: Route, member: string, raw: string): Breakage =>
  breaking(broken, (answer) => {
    if (answer.body === '') return answer
    const body = { ...(JSON.parse(answer.body) as object), [member]: '@' }
    return { ...answer, body: JSON.stringify(body).replace('"@"', () => raw) }
  })

const DOCUMENTS: Readonly<Partial<Record<Route, readonly string[]>>> = {
  resource: ['resource', 'authorization_servers', 'scopes_supported'],
  oauth: [
    'issuer',
    'authorization_endpoint',
    'token_endpoint',
    'registration_endpoint',
    'revocation_endpoint',
    'jwks_uri',
    'scopes_supported',
    'response_types_supported',
    'code_challenge_methods_supported',
    'token_endpoint_auth_methods_supported',
    'authorization_response_iss_parameter_supported',
    'client_id_metadata_document_supported',
    'protected_resources',
  ],
  jwks: ['keys'],
  register: [
    'client_id',
    'client_secret',
    'redirect_uris',
    'token_endpoint_auth_method',
    'registration_client_uri',
    'registration_access_token',
  ],
  'bad-registration': ['error', 'error_description'],
  token: ['error', 'error_description'],
  exchange: ['access_token', 'token_type', 'refresh_token', 'scope', 'error'],
  refresh: ['access_token', 'token_type', 'refresh_token'],
  mcp: ['result', 'error', 'id', 'jsonrpc'],
}

for (const [route, members] of Object.entries(DOCUMENTS) as [Route, readonly string[]][]) {
  t.test(`a server that answers ${route} with anything ends no examination`, async (t) => {
    for (const member of members) {
      for (const [what, raw] of Object.entries(VALUES)) {
        const world = createWorld(withRaw(route, member, raw))
        const { findings, diagnosis } = await runDoctor(world, { browser: obliging(world), waitMs: 30 })
        t.notOk(findings.includes('check-unfinished'), `${member} is ${what}: ${JSON.stringify(diagnosis.findings).slice(0, 500)}`)
        const isKept = route === 'register'
        if (!isKept) t.equal(world.clients.size, 0, `${member} is ${what}`)
      }
    }
  })
}

t.test('an MCP server whose tools are anything ends no examination', async (t) => {
  const tools = [
    '{"name":"a","inputSchema":@}',
    '{"name":"a","inputSchema":{"required":@}}',
    '{"name":"a","annotations":@}',
    '{"name":@}',
    '@',
  ]
  for (const tool of tools) {
    for (const raw of Object.values(VALUES)) {
      const list = withResult('tools/list', `{"tools":[null,7,${tool.replace('@', () => raw)}]}`)
      const world = createWorld(allOf(list, withResult('tools/call', `{"content":${raw}}`)))
      const { findings } = await runDoctor(world, { browser: obliging(world) })
      t.strictSame(findings, [])
      t.equal(world.clients.size, 0)
    }
  }
  for (const raw of Object.values(VALUES)) {
    const world = createWorld(withResult('initialize', `{"protocolVersion":${raw}}`))
    t.strictSame((await runDoctor(world, { browser: obliging(world) })).findings, [])
  }
})

t.test('a tool that may destroy, as far as anybody can tell, is not called', async (t) => {
  for (const hint of ['true', '"no"', 'null', '0']) {
    const world = createWorld(withResult('tools/list', `{"tools":[{"name":"drop","annotations":{"destructiveHint":${hint}}}]}`))
    const { outcomes } = await runDoctor(world, { browser: obliging(world) })
    t.match(outcomes.find(([title]) => title.includes('a tool answers'))?.[1], { detail: /^no tool was called: of 1/ })
  }
})

t.test('a value is shown as JSON, within bounds', async (t) => {
  t.equal(shown(undefined), 'absent')
  t.equal(shown({ a: [1] }), '{"a":[1]}')
  t.equal(shown(JSON.parse(deep)), 'a value that is nested too deeply')
  t.equal(shown('x'.repeat(1000)).length, 301)
  t.strictSame(stringsOf(['a', null, ['b'], 'c']), ['a', 'c'])
  t.strictSame(stringsOf('a'), [])
})

/** What the MCP server answers to a method once it has the token, as raw JSON. */
function withResult(method: string, raw: string): Breakage {
  return breaking('mcp', (answer, asked) => {
    if (asked.headers.authorization === undefined || !asked.body.includes(`"${method}"`)) return answer
    const { id } = JSON.parse(asked.body) as { id: number }
    return { ...answer, status: 200, body: `{"jsonrpc":"2.0","id":${id},"result":${raw}}` }
  })
}
