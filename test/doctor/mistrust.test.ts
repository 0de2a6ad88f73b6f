/** What the doctor finds wrong, it doesn't do: no code, token or request goes where a check has just failed. */
import t from 'tap'
import { FINDINGS } from '#src/doctor/findings.ts'
import { attempt } from '#src/doctor/probe/run-step.ts'
import { breaking, startFixture, withMembers } from './fixture-server.ts'
import { allOf, withParameter } from './breakages.ts'
import { CASES } from './findings.ts'
import { obliging, runDoctor } from './run-doctor.ts'
import { runVerify } from './run-verify.ts'
import { createWorld } from './world.ts'
import type { World } from './world.ts'

/** What was asked, as `route` or, for what carries a token, `route with a token`. */
const asked = (world: World): string[] =>
  world.asked.map(([route, { headers }]) => (headers.authorization ? `${route} with a token` : route))

/** An access token for somebody else. */
const foreign = (aud: unknown) => `e30.${Buffer.from(JSON.stringify({ aud })).toString('base64url')}.c2ln`

for (const { finding, change, world: options, circumstances } of CASES.filter(({ login }) => login === undefined)) {
  if (FINDINGS[finding].stops !== 'all' && !['plain-http', 'authorization-elsewhere', 'iss-elsewhere'].includes(finding)) continue
  t.test(`a developer whose server has ${finding} is not asked to log in`, async (t) => {
    const world = createWorld(change, options)
    const { findings, outcomes } = await runDoctor(world, { ...circumstances, browser: () => t.fail('asked to log in') })
    t.strictSame(findings, [finding])
    t.notOk(asked(world).includes('mcp with a token'))
    t.notOk(outcomes.some(([title, { kind }]) => title.startsWith('The user logs in') && kind !== 'skipped'))
  })
}

// RFC 8414 section 3.3
for (const issuer of [
  'https://auth.example/',
  'http://localhost:8000',
  'https://honest.example',
  undefined,
  null,
  7,
  ['https://auth.example'],
]) {
  t.test(`nothing is asked at the endpoints of metadata whose issuer is ${JSON.stringify(issuer)}`, async (t) => {
    const world = createWorld(withMembers('oauth', { issuer }))
    await runDoctor(world, { browser: () => t.fail('asked to log in') })
    t.strictSame([...new Set(asked(world))], ['mcp', 'resource', 'preflight', 'oauth'])
    t.ok(
      world.asked.every(([route, { url }]) => route !== 'preflight' || url.href === world.mcp),
      'nor is a preflight',
    )
    const fixture = await startFixture(t, withMembers('oauth', { issuer }))
    await runVerify(fixture.issuer)
    t.strictSame([...new Set(fixture.asked.map(([route]) => route))], ['oauth'])
  })
}

// RFC 9728 sections 3.3 and 7.3
for (const resource of [
  'https://victim.example/mcp',
  'https://mcp.example/other',
  'http://mcp.example/mcp',
  'https://mcp.example:8443/mcp',
  undefined,
  {},
]) {
  t.test(`no authorization server is asked that metadata about ${JSON.stringify(resource)} names`, async (t) => {
    const world = createWorld(withMembers('resource', { resource }))
    const { findings, diagnosis } = await runDoctor(world, { browser: () => t.fail('asked to log in') })
    t.strictSame(findings, ['resource-other'])
    t.equal(diagnosis.issuer, undefined)
    t.ok(world.asked.every(([, { url }]) => url.host === 'mcp.example'))
    t.notMatch(JSON.stringify(world.asked), 'victim')
  })
}

// RFC 9207 section 2.4
for (const [what, change] of [
  ['of another issuer', withParameter('iss', 'https://honest.example')],
  ['with a slash more in iss', withParameter('iss', 'https://auth.example/')],
  ['with an empty iss', withParameter('iss', '')],
  ['without the announced iss', withParameter('iss', undefined)],
  [
    'of another issuer, where iss is not announced',
    allOf(
      withParameter('iss', 'https://honest.example'),
      withMembers('oauth', { authorization_response_iss_parameter_supported: undefined }),
    ),
  ],
] as const) {
  t.test(`the code and the verifier of an answer ${what} are sent nowhere`, async (t) => {
    const world = createWorld(change)
    let answer = ''
    const { diagnosis } = await runDoctor(world, {
      browser(url) {
        answer = world.approve(url)
        void fetch(answer)
      },
    })
    t.match(JSON.stringify(diagnosis.findings), '"login-iss"')
    t.notOk(asked(world).includes('exchange'))
    t.notMatch(JSON.stringify(world.asked.map(([, { url, body }]) => url.href + body)), new URL(answer).searchParams.get('code')!)
    t.equal(world.clients.size, 0)
  })
}

// RFC 8707 section 2
for (const route of ['exchange', 'refresh'] as const) {
  for (const aud of [
    'https://victim.example/mcp',
    ['https://auth.example', 'https://mcp.example.evil/mcp'],
    undefined,
    { toString: 0 },
    [null],
  ]) {
    t.test(`a token of the ${route} for ${JSON.stringify(aud)} does not reach the MCP server`, async (t) => {
      const world = createWorld(withMembers(route, { access_token: foreign(aud) }))
      const { findings } = await runDoctor(world, { browser: obliging(world) })
      t.strictSame(findings, ['token-audience'])
      t.notOk(asked(world).includes('mcp with a token'))
      t.ok(asked(world).includes('revoke'), 'and it is revoked')
      t.equal(world.clients.size, 0)
    })
  }
}

t.test('a token that cannot be read, and one for several that are right, reach the MCP server', async (t) => {
  for (const token of ['opaque', foreign(['https://other.example', 'https://mcp.example/mcp/'])]) {
    const world = createWorld(
      allOf(
        breaking('refresh', (answer) => ({ ...answer, status: 400 })),
        withMembers('exchange', { access_token: token }),
      ),
    )
    await runDoctor(world, { browser: obliging(world) })
    t.ok(asked(world).includes('mcp with a token'))
  }
})

t.test('work that throws becomes an outcome, whatever it throws', async (t) => {
  for (const [thrown, words] of [
    [new TypeError('Cannot convert object'), /Cannot convert object/],
    [{ toString: 0 }, /\{"toString":0\}/],
  ] as const)
    t.match(await attempt('https://mcp.example', () => Promise.reject(thrown as Error)), {
      kind: 'failed',
      finding: 'check-unfinished',
      url: 'https://mcp.example',
      received: words,
    })
})
