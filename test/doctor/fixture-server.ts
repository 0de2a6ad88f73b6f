/** A small authorization server that passes verify, and that a test can break in one place. Not a test itself. */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export type Answer = { status: number; headers: Record<string, string>; body: string }
export type Route = 'oauth' | 'oidc' | 'jwks' | 'register' | 'authorize' | 'login' | 'token' | 'client' | 'nowhere' | McpRoute
/** What the doctor's world has in addition. */
export type McpRoute = 'mcp' | 'resource' | 'preflight' | 'bad-registration' | 'approve' | 'exchange' | 'refresh' | 'revoke'
export type Asked = { method: string; url: URL; headers: IncomingMessage['headers']; body: string }

/** Changes a correct answer; `silence` never answers, `drop` closes the connection. */
export type Breakage = (route: Route, answer: Answer, asked: Asked, issuer: string) => Answer | 'silence' | 'drop'

type Method = 'client_secret_basic' | 'client_secret_post' | 'none'
type Client = { secret: string | undefined; accessToken: string }

/** Its clients may authenticate only by `method`. */
export type Fixture = { issuer: string; method: Method; asked: [Route, Asked][]; clients: Map<string, Client> }

/** `path` is the issuer's, with its slash in front; none by default. */
type Options = { path?: string; method?: Method }

const intact: Breakage = (_, answer) => answer

export async function startFixture(
  t: Test,
  breakage = intact,
  { path = '', method = 'client_secret_basic' }: Options = {},
): Promise<Fixture> {
  const fixture: Fixture = { issuer: '', method, asked: [], clients: new Map() }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const asked: Asked = { method: request.method ?? '', url: new URL(request.url ?? '', fixture.issuer), headers: request.headers, body }
      const route = routeOf(asked, path)
      fixture.asked.push([route, asked])
      const answer = breakage(route, answerTo(route, asked, fixture), asked, fixture.issuer)
      if (answer === 'silence') return
      if (answer === 'drop') return void request.socket.destroy()
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  fixture.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  return fixture
}

export function routeOf({ method, url: { pathname } }: Asked, path: string): Exclude<Route, McpRoute> {
  if (pathname === `/.well-known/oauth-authorization-server${path}`) return 'oauth'
  if (pathname === `${path}/.well-known/openid-configuration`) return 'oidc'
  if (pathname === `${path}/jwks`) return 'jwks'
  if (pathname === `${path}/register` && method === 'POST') return 'register'
  if (pathname === `${path}/authorize`) return 'authorize'
  if (pathname === `${path}/login`) return 'login'
  if (pathname === `${path}/token` && method === 'POST') return 'token'
  if (pathname.startsWith(`${path}/register/`) && method === 'DELETE') return 'client'
  return 'nowhere'
}

export function answerTo(route: Exclude<Route, McpRoute>, asked: Asked, fixture: Fixture): Answer {
  const { issuer, clients } = fixture
  switch (route) {
    case 'oauth':
    case 'oidc':
      return json(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        registration_endpoint: `${issuer}/register`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      })
    case 'jwks':
      return json(200, { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: '1' }] })
    case 'register':
      return register(asked, fixture)
    case 'authorize': {
      const parameters = asked.url.searchParams
      if (!clients.has(parameters.get('client_id') ?? '')) return page(400, '<h1>Unknown client</h1>')
      const wanted = ['redirect_uri', 'code_challenge', 'state'].every((name) => parameters.get(name))
      if (!wanted || parameters.get('response_type') !== 'code' || parameters.get('code_challenge_method') !== 'S256')
        return page(400, '<h1>Bad request</h1>')
      return { status: 303, headers: { location: 'login', 'set-cookie': 'visit=1; HttpOnly; Path=/' }, body: '' }
    }
    case 'login':
      return asked.headers.cookie === 'visit=1'
        ? page(200, '<form method="post"><input name="username"></form>')
        : page(400, '<h1>No cookie</h1>')
    case 'token': {
      const { id, secret } = credentials(asked, fixture.method)
      const client = clients.get(id)
      if (!client || client.secret !== secret) return json(401, { error: 'invalid_client' })
      return json(400, { error: 'invalid_grant' })
    }
    case 'client': {
      const id = asked.url.pathname.split('/').at(-1) ?? ''
      if (asked.headers.authorization !== `Bearer ${clients.get(id)?.accessToken}`) return json(401, { error: 'invalid_token' })
      clients.delete(id)
      return { status: 204, headers: {}, body: '' }
    }
    case 'nowhere':
      return json(404, { error: 'not_found' })
  }
}

function register(asked: Asked, { issuer, clients, method }: Fixture): Answer {
  const metadata = JSON.parse(asked.body) as Record<string, unknown>
  const id = randomUUID()
  const client = { secret: method === 'none' ? undefined : 'a secret: 100%', accessToken: randomUUID() }
  clients.set(id, client)
  return json(201, {
    ...metadata,
    client_id: id,
    ...(client.secret === undefined ? {} : { client_secret: client.secret, client_secret_expires_at: 0 }),
    token_endpoint_auth_method: method,
    registration_client_uri: `${issuer}/register/${id}`,
    registration_access_token: client.accessToken,
  })
}

/** The credentials that the request sends by the only accepted method (RFC 6749 section 2.3.1). */
function credentials(asked: Asked, method: Method): { id: string; secret: string | undefined } {
  const form = new URLSearchParams(asked.body)
  if (method !== 'client_secret_basic') return { id: form.get('client_id') ?? '', secret: form.get('client_secret') ?? undefined }
  const [user, password] = Buffer.from(asked.headers.authorization?.slice('Basic '.length) ?? '', 'base64')
    .toString()
    .split(':')
  const pair = new URLSearchParams(`user=${user ?? ''}&password=${password ?? ''}`)
  return { id: pair.get('user') ?? '', secret: pair.get('password') ?? undefined }
}

export function json(status: number, body: unknown): Answer {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'access-control-allow-origin': '*', 'cache-control': 'no-store' }
  return { status, headers, body: JSON.stringify(body) }
}

export function page(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: `<!doctype html><title>Fixture</title>${body}` }
}

/** Breaks one route only. */
export function breaking(broken: Route, change: (answer: Answer, asked: Asked, issuer: string) => Answer | 'silence' | 'drop'): Breakage {
  return (route, answer, asked, issuer) => (route === broken ? change(answer, asked, issuer) : answer)
}

/** Changes members of a route's JSON; undefined leaves a member out. */
export function withMembers(broken: Route, members: Record<string, unknown> | ((issuer: string) => Record<string, unknown>)): Breakage {
  return breaking(broken, (answer, _, issuer) => {
    const changes = typeof members === 'function' ? members(issuer) : members
    return { ...answer, body: JSON.stringify({ ...(JSON.parse(answer.body) as object), ...changes }) }
  })
}

/** Changes or, with undefined, removes a header of a route. */
export function withHeader(broken: Route, name: string, value: string | undefined): Breakage {
  return breaking(broken, (answer) => {
    const { [name]: _, ...others } = answer.headers
    return { ...answer, headers: value === undefined ? others : { ...others, [name]: value } }
  })
}
