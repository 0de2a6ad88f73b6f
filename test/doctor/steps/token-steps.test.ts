import t from 'tap'
import { breaking, json, withHeader, withMembers } from '#test/doctor/fixture-server.ts'
import type { Breakage } from '#test/doctor/fixture-server.ts'
import { testBrokenServers } from '#test/doctor/run-verify.ts'

const unknown = 'The token endpoint refuses an unknown client'
const code = 'The token endpoint refuses a made-up code'
const both =
  (first: Breakage, second: Breakage): Breakage =>
  (route, answer, asked, issuer) => {
    const changed = first(route, answer, asked, issuer)
    return typeof changed === 'string' ? changed : second(route, changed, asked, issuer)
  }

testBrokenServers(t, [
  {
    broken: 'its token errors are JSON by another name',
    change: withHeader('token', 'content-type', 'text/html'),
    fails: [unknown, code],
    says: [/received {2}status 401, text\/html, "error": "invalid_client"/],
  },
  {
    broken: 'an unknown client gets 400',
    change: breaking('token', (answer) => (answer.status === 401 ? { ...answer, status: 400 } : answer)),
    fails: [unknown],
    says: [/status 400, application\/json, "error": "invalid_client"/, /only after 401/],
  },
  {
    broken: 'an unknown client gets invalid_grant',
    change: breaking('token', () => json(400, { error: 'invalid_grant' })),
    fails: [unknown],
    says: [/"error": "invalid_grant"/],
  },
  {
    broken: 'its token endpoint crashes',
    change: breaking('token', () => json(500, { statusCode: 500 })),
    fails: [unknown, code],
    says: [/"error": absent/, /server's log/],
  },
  {
    broken: 'its token endpoint has no route',
    change: breaking('token', () => json(404, {})),
    fails: [unknown, code],
    says: [/the route exists/],
  },
  {
    broken: 'its token errors are text',
    change: breaking('token', (answer) => ({ ...answer, headers: { 'access-control-allow-origin': '*' }, body: 'no' })),
    fails: [unknown, code],
    says: [/no Content-Type, a body that is not JSON/],
  },
  {
    broken: 'it does not know its own client',
    change: breaking('token', () => json(401, { error: 'invalid_client' })),
    fails: [code],
    says: [/authenticated by client_secret_basic/],
  },
  {
    broken: 'a made-up code is an invalid_request',
    change: breaking('token', (answer) => (answer.status === 400 ? json(400, { error: 'invalid_request' }) : answer)),
    fails: [code],
    says: [/drop a dead code/],
  },
  {
    broken: 'it registers for a secret and gives none',
    change: withMembers('register', { client_secret: undefined }),
    fails: [code],
    says: [/a registration without client_secret/],
  },
  {
    broken: 'the connection drops at the token endpoint',
    change: breaking('token', () => 'drop'),
    fails: [unknown, code],
    says: [/token endpoint did not answer/],
  },
  {
    broken: 'its token errors have no CORS header',
    change: withHeader('token', 'access-control-allow-origin', undefined),
    fails: ['Clients in browsers may read token errors'],
    says: [/no Access-Control-Allow-Origin/],
  },
  {
    broken: 'a public client is not known',
    change: both(
      withMembers('register', { token_endpoint_auth_method: 'none' }),
      breaking('token', () => json(401, { error: 'invalid_client' })),
    ),
    fails: [code],
    says: [/authenticated by none/],
  },
])
