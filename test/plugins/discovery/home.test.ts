import { spawnSync } from 'node:child_process'
import t from 'tap'
import { FRESH_MS } from '#src/plugins/kernel/resources.ts'
import { pageOf, startFlow, textOf } from '#test/support/authorization.ts'
import { sampleResource } from '#test/support/records.ts'
import { buildPageApp, unescape } from '#test/templates/page-app.ts'

const issuer = 'https://auth.example.com'
const app = await buildPageApp(issuer)
t.teardown(() => app.close())

const get = (accept: string | undefined, path = '/', from = app) =>
  from.inject({ url: path, headers: accept === undefined ? {} : { accept } })
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

/** The endpoints as the page lists them. */
async function listed(from = app) {
  const { body } = await get(browser, '/', from)
  const cards = body.slice(body.indexOf('<ul class="endpoints">')).split('<li class="card">').slice(1)
  return cards.map((card) => ({
    methods: [...card.matchAll(/<span class="method">(\w+)<\/span>/g)].map(([, method]) => method!),
    path: unescape(/<code class="path">([^<]+)<\/code>/.exec(card)![1]!),
    standards: [...card.matchAll(/<a class="standard" href="([^"]+)"[^>]*>([^<]+)<\/a>/g)].map(
      ([, url, name]) => [name!, unescape(url!)] as const,
    ),
    curl: unescape(/<pre dir="ltr"><code class="copy">([^<]+)<\/code><\/pre>/.exec(card)![1]!),
  }))
}

t.test('a person gets the page, a program that prefers JSON gets JSON', async (t) => {
  for (const accept of [browser, '*/*', undefined, 'text/html, application/json;q=0.9', 'image/png']) {
    const response = await get(accept)
    t.equal(response.statusCode, 200)
    t.equal(response.headers['content-type'], 'text/html; charset=utf-8', String(accept))
    t.equal(response.headers.vary, 'Accept, Accept-Language')
  }
  for (const accept of ['application/json', 'application/json, text/html;q=0.5']) {
    const response = await get(accept)
    t.equal(response.headers['content-type'], 'application/json; charset=utf-8', accept)
    t.equal(response.headers.vary, 'Accept')
  }
})

t.test('T18: the page is rendered once in each language, however often people look', async (t) => {
  const counted = await buildPageApp('https://example.com/t1')
  t.teardown(() => counted.close())
  let rendered = 0
  counted.addHook('onRequest', async (_request, reply) => {
    const { viewAsync } = reply
    Object.assign(reply, {
      viewAsync: (...args: Parameters<typeof viewAsync>) => {
        rendered++
        return viewAsync.apply(reply, args)
      },
    })
  })
  const look = async (path: string, language: string) =>
    (await counted.inject({ url: path, headers: { accept: browser, 'accept-language': language } })).body
  const pages = new Set<string>()
  for (let round = 0; round < 3; round++)
    for (const path of ['/', '/t1', '/?ui_locales=ko', '/t1?x'])
      for (const language of ['en', 'ko', 'fr', 'ko-KR']) pages.add(await look(path, language))
  t.equal(pages.size, 2)
  t.equal(rendered, 2)
})

t.test('a program learns where everything is', async (t) => {
  t.strictSame((await get('application/json')).json(), {
    name: 'Solar System OAuth Server',
    issuer,
    metadata: `${issuer}/.well-known/oauth-authorization-server`,
    endpoints: {
      metadata: `${issuer}/.well-known/oauth-authorization-server`,
      openid_configuration: `${issuer}/.well-known/openid-configuration`,
      jwks: `${issuer}/jwks`,
      registration: `${issuer}/register`,
      client_configuration: `${issuer}/register/{client_id}`,
      pushed_request: `${issuer}/par`,
      authorization: `${issuer}/authorize`,
      token: `${issuer}/token`,
      device_authorization: `${issuer}/device_authorization`,
      device: `${issuer}/device`,
      userinfo: `${issuer}/userinfo`,
      introspection: `${issuer}/introspect`,
      revocation: `${issuer}/revoke`,
      logout: `${issuer}/logout`,
      health: `${issuer}/healthz`,
      readiness: `${issuer}/readyz`,
    },
  })
})

t.test('a person sees every endpoint with its standard and a command', async (t) => {
  const body = unescape((await get(browser)).body)
  const endpoints = await listed()
  t.strictSame(
    endpoints.map(({ methods, path, standards }) => [methods.join(' '), path, standards.map(([name]) => name).join(', ')]),
    [
      ['GET', '/.well-known/oauth-authorization-server', 'RFC 8414'],
      ['GET', '/.well-known/openid-configuration', 'OpenID Connect Discovery'],
      ['GET', '/jwks', 'RFC 7517'],
      ['POST', '/register', 'RFC 7591'],
      ['GET PUT DELETE', '/register/{client_id}', 'RFC 7592'],
      ['POST', '/par', 'RFC 9126'],
      ['GET POST', '/authorize', 'RFC 6749, RFC 7636, RFC 8707, RFC 9207'],
      ['POST', '/token', 'RFC 6749, RFC 9068'],
      ['POST', '/device_authorization', 'RFC 8628'],
      ['GET POST', '/device', 'RFC 8628'],
      ['GET POST', '/userinfo', 'OpenID Connect, RFC 6750'],
      ['POST', '/introspect', 'RFC 7662'],
      ['POST', '/revoke', 'RFC 7009'],
      ['GET POST', '/logout', 'RP-Initiated Logout'],
      ['GET', '/healthz', ''],
      ['GET', '/readyz', ''],
    ],
  )
  const { endpoints: urls } = (await get('application/json')).json<{ endpoints: Record<string, string> }>()
  t.strictSame(
    endpoints.map(({ path }) => issuer + path),
    Object.values(urls),
    'the same as a program learns',
  )
  for (const { standards } of endpoints) {
    for (const [name, url] of standards) {
      const number = /^RFC (\d+)$/.exec(name)?.[1]
      t.match(
        url,
        number === undefined ? /^https:\/\/openid\.net\/specs\/openid-connect-[\w-]+\.html$/ : new RegExp(`/rfc${number}$`),
        name,
      )
    }
  }
  for (const rfc of [6749, 7636, 7591, 7592, 7662, 7009, 7517, 8414, 9068, 9207]) t.match(body, `>RFC ${rfc}</a>`)
})

t.test('a person sees how to connect ChatGPT, Claude and an MCP server to this address', async (t) => {
  const body = unescape((await get(browser)).body)
  t.match(body, `"authorization_servers": ["${issuer}"]`)
  t.match(body, `createRemoteJWKSet(new URL('${issuer}/jwks'))`)
  t.match(body, 'resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp"')
  t.match(body, '<h3>ChatGPT</h3>')
  t.match(body, 'claude mcp add --transport http')
  t.notMatch(body, 'works on this computer only')
})

t.test('a person with a local server learns that it is local', async (t) => {
  for (const address of ['http://localhost:8000', 'http://127.0.0.1:8000', 'http://[::1]:8000']) {
    const local = await buildPageApp(address)
    t.teardown(() => local.close())
    t.match((await get(browser, '/', local)).body, 'works on this computer only', address)
  }
})

//= https://www.rfc-editor.org/rfc/rfc8414#section-3.1
//# If the issuer identifier value contains a path component, any terminating "/" MUST be removed before inserting
//# "/.well-known/" and the well-known URI suffix between the host component and the path component.
t.test('an issuer with a path has its addresses where the standards put them', async (t) => {
  const below = await buildPageApp('https://example.com/t1')
  t.teardown(() => below.close())
  for (const path of ['/', '/t1']) {
    const { metadata, endpoints } = (await get('application/json', path, below)).json()
    t.equal(metadata, 'https://example.com/.well-known/oauth-authorization-server/t1')
    t.equal(endpoints.openid_configuration, 'https://example.com/t1/.well-known/openid-configuration')
    t.equal(endpoints.token, 'https://example.com/t1/token')
  }
  t.match((await get(browser, '/', below)).body, '<code class="path">/t1/token</code>')
})

t.test('every command can be pasted into a shell and asks this server', async (t) => {
  const origins: string[] = []
  for (const { curl, path } of await listed()) {
    // `curl` is a function here that prints its arguments, one a line: what the shell made of the command.
    const { stdout, status } = spawnSync('bash', ['-u', '-c', `curl() { printf '%s\\n' "$@"; }\n${curl}`], {
      encoding: 'utf8',
      timeout: 10_000,
      env: { CLIENT_ID: 'client_1', CLIENT_SECRET: 's', CODE: 'c', ACCESS_TOKEN: 't', REGISTRATION_TOKEN: 'r' },
    })
    t.equal(status, 0, curl)
    const urls = stdout.split('\n').filter((argument) => argument.startsWith('https://'))
    t.strictSame(urls, [issuer + path.replace('{client_id}', 'client_1')], curl)
    const body = stdout.match(/^\{[^]*\}$/m)?.[0]
    if (body !== undefined) t.match(JSON.parse(body), { redirect_uris: ['http://localhost:3000/callback'] })
    origins.push(...urls)
  }
  t.equal(origins.length, 16)
})

t.test('a person reads first what the page is for, and developers find theirs folded away', async (t) => {
  const { body } = await get(browser)
  const [people = '', developers = ''] = body.split('<details class="more developers">')
  t.match(people, 'To connect an app, begin in the app.')
  t.match(people, `<a href="${issuer}/logout">Sign out</a>`)
  t.match(people, `<code class="copy" dir="ltr">${issuer}</code>`)
  t.notMatch(people, /curl|RFC/)
  t.match(developers, 'WWW-Authenticate')
  t.ok(Buffer.byteLength(people) < 5000)
})

t.test('somebody who is signed in finds the addresses of the MCP servers to copy, and nobody else does', async (t) => {
  const flow = await startFlow(t)
  const somebody = flow.person()
  await somebody.authorize(flow.url())
  const home = async (who = somebody) => pageOf(await who.open(`${flow.issuer}/`)).html
  t.notMatch(await home(), 'Your MCP servers')
  await flow.storage.resources.insert(sampleResource())
  flow.clock.now += FRESH_MS
  const { name, identifier } = sampleResource()
  t.match(textOf(await home()), `Your MCP servers: addresses to copy into an app ${name} ${identifier}`)
  t.notMatch(await home(flow.person()), identifier)
})
