import t from 'tap'
import { breaking, json, page, withMembers } from '#test/doctor/fixture-server.ts'
import { testBrokenServers } from '#test/doctor/run-verify.ts'

const keys = 'The signing keys can be read'

testBrokenServers(t, [
  {
    broken: 'its jwks_uri is no URL',
    change: withMembers('oauth', { jwks_uri: 'keys' }),
    fails: [keys],
    says: [/jwks_uri: "keys" is not an absolute URL/],
  },
  {
    broken: 'its keys are not there',
    change: breaking('jwks', () => json(404, {})),
    fails: [keys],
    says: [/status 404/, /the route exists/],
  },
  { broken: 'its keys are not JSON', change: breaking('jwks', () => page(200, 'keys')), fails: [keys], says: [/not JSON/] },
  { broken: 'its key set is empty', change: withMembers('jwks', { keys: [] }), fails: [keys], says: [/an empty list "keys"/] },
  { broken: 'its key set has no keys', change: withMembers('jwks', { keys: undefined }), fails: [keys], says: [/no list "keys"/] },
  {
    broken: 'it publishes a private key',
    change: withMembers('jwks', { keys: [{ kty: 'EC', d: 'PRIVATE' }, null] }),
    fails: [keys],
    says: [/private key members d/, /Take the keys offline/],
  },
  { broken: 'the connection for its keys drops', change: breaking('jwks', () => 'drop'), fails: [keys], says: [/closed the connection/] },
  {
    broken: 'its keys are guarded',
    change: breaking('jwks', () => json(403, {})),
    fails: [keys],
    says: [/status 403/, /open to everybody/],
  },
])
