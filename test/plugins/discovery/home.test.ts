import { spawnSync } from 'node:child_process'
import t from 'tap'
import { endpointGroups } from '#src/plugins/discovery/endpoint-list.ts'
import { buildPageApp, unescape } from '#test/templates/page-app.ts'

const issuer = 'https://auth.example.com'
const app = await buildPageApp(issuer)
t.teardown(() => app.close())

const get = (accept: string | undefined, path = '/', from = app) =>
  from.inject({ url: path, headers: accept === undefined ? {} : { accept } })
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

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
  for (const { endpoints } of endpointGroups({ issuer, registration: true })) {
    for (const { path, curl, standards } of endpoints) {
      t.match(body, `<code class="path">${path}</code>`)
      t.match(body, `<code class="copy">${curl}</code>`)
      for (const { name, url } of standards) t.match(body, new RegExp(`href="${url}"[^>]*>${name}</a>`))
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
  for (const { endpoints } of endpointGroups({ issuer, registration: true })) {
    for (const { curl, path } of endpoints) {
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
  }
  t.equal(origins.length, 16)
})
