import t from 'tap'
import { breaking, json, page, withHeader, withMembers } from '#test/doctor/fixture-server.ts'
import { testBrokenServers } from '#test/doctor/run-verify.ts'

const registers = 'A client can register'
const callback = 'http://localhost:33418/callback'

testBrokenServers(t, [
  {
    broken: 'registration wants a token',
    change: breaking('register', () => json(401, { error: 'invalid_token' })),
    fails: [registers],
    says: [/status 401 with error "invalid_token"/, /initial access token/],
  },
  {
    broken: 'registration refuses the body',
    change: breaking('register', () => json(400, { error: 'invalid_client_metadata', error_description: 'Invalid JSON in request body' })),
    fails: [registers],
    says: [/error "invalid_client_metadata" \(Invalid JSON in request body\)/, /– The registered client is deleted again/],
  },
  { broken: 'registration is a 404 page', change: breaking('register', () => page(404, 'no')), fails: [registers], says: [/status 404$/m] },
  { broken: 'registration is limited', change: breaking('register', () => json(429, {})), fails: [registers], says: [/rate limit/] },
  {
    broken: 'registration redirects',
    change: breaking('register', () => ({ status: 301, headers: { location: 'https://x.example/' }, body: '' })),
    fails: [registers],
    says: [/do not follow redirects here/],
  },
  {
    broken: 'registration answers 202',
    change: breaking('register', (answer) => ({ ...answer, status: 202 })),
    fails: [registers],
    says: [/status 202$/m, /Compare with what/],
  },
  {
    broken: 'registration answers 418',
    change: breaking('register', () => json(418, {})),
    fails: [registers],
    says: [/Compare with what was expected/],
  },
  {
    broken: 'registration answers with a page',
    change: breaking('register', () => page(201, 'Registered')),
    fails: [registers],
    says: [/not JSON \(text\/html\)/],
  },
  {
    broken: 'registration gives no client_id',
    change: withMembers('register', { client_id: undefined }),
    fails: [registers],
    says: [/no client_id/],
  },
  {
    broken: 'registration gives a number as client_id',
    change: withMembers('register', { client_id: 12 }),
    fails: [registers],
    says: [/"client_id": 12/],
  },
  {
    broken: 'the connection drops at registration',
    change: breaking('register', () => 'drop'),
    fails: [registers],
    says: [/closed the connection/],
  },
  {
    broken: 'registration forgets redirect_uris',
    change: withMembers('register', { redirect_uris: undefined }),
    fails: ['The registration echoes redirect_uris'],
    says: [/no redirect_uris/],
  },
  {
    broken: 'registration changes redirect_uris',
    change: withMembers('register', { redirect_uris: [`${callback}/`] }),
    fails: ['The registration echoes redirect_uris'],
    says: [/callback\/"\]/],
  },
  {
    broken: 'registration returns null',
    change: withMembers('register', { client_uri: null }),
    fails: ['The registration holds no null'],
    says: [/null in client_uri/],
  },
  {
    broken: 'registration may be cached',
    change: withHeader('register', 'cache-control', undefined),
    fails: ['The registration is kept out of caches'],
    says: [/no Cache-Control/],
  },
  {
    broken: 'registration is cached for an hour',
    change: withHeader('register', 'cache-control', 'max-age=3600'),
    fails: ['The registration is kept out of caches'],
    says: [/Cache-Control: max-age=3600/],
  },
])
