import t from 'tap'
import { breaking, json, page } from '#test/doctor/fixture-server.ts'
import { testBrokenServers } from '#test/doctor/run-verify.ts'

const found = 'The metadata is found'

testBrokenServers(t, [
  {
    broken: 'it has no metadata at all',
    change: (route, answer) => (route === 'oauth' || route === 'oidc' ? json(404, {}) : answer),
    fails: [found],
    says: [/status 404 from .*oauth-authorization-server, status 404 from \S*openid-configuration$/m, /not of the MCP server/],
  },
  {
    broken: 'its metadata answers 500',
    change: breaking('oauth', () => json(500, { error: 'server_error' })),
    fails: [found],
    says: [/status 500, which ends a client's search/, /server's log/],
  },
  {
    broken: 'it answers every path with its web page',
    change: breaking('oauth', () => page(200, '<div id="app"></div>')),
    fails: [found],
    says: [/a body that is not JSON \(text\/html\)/, /try the next address/],
  },
  { broken: 'its metadata is a list', change: breaking('oauth', () => json(200, [])), fails: [found], says: [/JSON, but not an object/] },
  {
    broken: 'its metadata is empty',
    change: breaking('oauth', () => ({ status: 200, headers: {}, body: '' })),
    fails: [found],
    says: [/an empty body/, /body {6}\(empty\)/],
  },
  {
    broken: 'its metadata is not JSON and has no type',
    change: breaking('oauth', () => ({ status: 200, headers: {}, body: 'hello' })),
    fails: [found],
    says: [/a body that is not JSON, which/],
  },
  {
    broken: 'its metadata never ends',
    change: breaking('oauth', () => json(200, { padding: 'x'.repeat(300 * 1024) })),
    fails: [found],
    says: [/larger than 256 KB/],
  },
  {
    broken: 'it closes the connection',
    change: breaking('oauth', () => 'drop'),
    fails: [found],
    says: [/closed the connection without a complete answer/],
  },
  {
    broken: 'it never answers',
    change: breaking('oauth', () => 'silence'),
    fails: [found],
    says: [/did not answer completely within 0\.1 s/],
    timeoutMs: 100,
  },
])
