import t from 'tap'
import { breaking, json, withMembers } from '#test/doctor/fixture-server.ts'
import { testBrokenServers } from '#test/doctor/run-verify.ts'

const deleted = 'The registered client is deleted again'

testBrokenServers(t, [
  {
    broken: 'it cannot delete the client',
    change: breaking('client', () => json(500, {})),
    fails: [deleted],
    says: [/stays until the server removes it/],
  },
  {
    broken: 'the connection drops at the deletion',
    change: breaking('client', () => 'drop'),
    fails: [deleted],
    says: [/closed the connection/],
  },
  {
    broken: 'the management token is missing',
    change: withMembers('register', { registration_access_token: undefined }),
    fails: [deleted],
    says: [/registration_access_token is absent/],
  },
  {
    broken: 'the management token is a number',
    change: withMembers('register', { registration_access_token: 1 }),
    fails: [deleted],
    says: [/registration_access_token is not a string/],
  },
  {
    broken: 'the management address is missing',
    change: withMembers('register', { registration_client_uri: undefined }),
    fails: [deleted],
    says: [/registration_client_uri: it is undefined/],
  },
])
