import t from 'tap'
import { withHeader, withMembers } from '#test/doctor/fixture-server.ts'
import { testBrokenServers } from '#test/doctor/run-verify.ts'

const issuer = 'issuer equals the URL'

testBrokenServers(t, [
  {
    broken: 'its metadata are text/plain',
    change: withHeader('oauth', 'content-type', 'text/plain'),
    fails: ['The metadata is application/json'],
    says: [/Content-Type: text\/plain/],
  },
  {
    broken: 'its metadata have no type',
    change: withHeader('oauth', 'content-type', undefined),
    fails: ['The metadata is application/json'],
    says: [/no Content-Type/],
  },
  {
    broken: 'an optional member is null',
    change: withMembers('oauth', { service_documentation: null, op_policy_uri: null }),
    fails: ['The metadata holds no null'],
    says: [/null in service_documentation, op_policy_uri/, /Leave members without a value out/],
  },
  {
    broken: 'its issuer ends with a slash',
    change: withMembers('oauth', (url) => ({ issuer: `${url}/` })),
    fails: [issuer],
    says: [/without the trailing slash/],
  },
  {
    broken: 'its issuer is another host',
    change: withMembers('oauth', { issuer: 'http://internal:8000' }),
    fails: [issuer],
    says: [/"issuer": "http:\/\/internal:8000"/, /exactly the address/],
  },
  { broken: 'it has no issuer', change: withMembers('oauth', { issuer: undefined }), fails: [issuer], says: [/received {2}no issuer/] },
  {
    broken: 'it does not publish registration',
    change: withMembers('oauth', { registration_endpoint: undefined }),
    fails: ['registration_endpoint is published'],
    says: [
      /registration_endpoint not found/,
      /RFC 7591/,
      /– A client can register \(there is no usable registration_endpoint\)/,
      /– An authorization leads to a login page \(no client was registered\)/,
    ],
  },
  {
    broken: 'its registration endpoint is a path',
    change: withMembers('oauth', { registration_endpoint: '/register' }),
    fails: ['registration_endpoint is published'],
    says: [/"\/register" is not an absolute URL/],
  },
  {
    broken: 'its authorization endpoint is missing',
    change: withMembers('oauth', { authorization_endpoint: undefined }),
    fails: ['authorization_endpoint is published'],
    says: [/authorization_endpoint not found/, /– An authorization leads to a login page \(there is no usable authorization_endpoint\)/],
  },
  {
    broken: 'its authorization endpoint is a script',
    change: withMembers('oauth', { authorization_endpoint: 'javascript:alert(1)' }),
    fails: ['authorization_endpoint is published'],
    says: [/neither http nor https/],
  },
  {
    broken: 'its token endpoint is a number',
    change: withMembers('oauth', { token_endpoint: 7 }),
    fails: ['token_endpoint is published'],
    says: [
      /token_endpoint: it is 7, not a string/,
      /– Clients in browsers may read token errors \(CORS\) \(the token endpoint did not answer\)/,
    ],
  },
  {
    broken: 'its token endpoint holds credentials',
    change: withMembers('oauth', { token_endpoint: 'http://a:b@127.0.0.1/token' }),
    fails: ['token_endpoint is published'],
    says: [/holds credentials/],
  },
  {
    broken: 'its token endpoint has a fragment',
    change: withMembers('oauth', { token_endpoint: 'http://127.0.0.1/token#x' }),
    fails: ['token_endpoint is published'],
    says: [/has a fragment/],
  },
  {
    broken: 'it knows PKCE with plain only',
    change: withMembers('oauth', { code_challenge_methods_supported: ['plain'] }),
    fails: ['PKCE with S256 is supported'],
    says: [/"code_challenge_methods_supported": \["plain"\]/],
  },
  {
    broken: 'it does not say which PKCE it knows',
    change: withMembers('oauth', { code_challenge_methods_supported: undefined }),
    fails: ['PKCE with S256 is supported'],
    says: [/code_challenge_methods_supported not found/],
  },
  {
    broken: 'it knows only the implicit flow',
    change: withMembers('oauth', { response_types_supported: ['token'] }),
    fails: ['The code flow is supported'],
    says: [/response_type=code/],
  },
  {
    broken: 'it announces iss as a string',
    change: withMembers('oauth', { authorization_response_iss_parameter_supported: 'true' }),
    fails: ['iss in authorization responses is announced'],
    says: [/without quotes/],
  },
  {
    broken: 'its metadata have no CORS header',
    change: withHeader('oauth', 'access-control-allow-origin', undefined),
    fails: ['Clients in browsers may read the metadata'],
    says: [/no Access-Control-Allow-Origin header/],
  },
  {
    broken: 'its metadata allow one foreign origin',
    change: withHeader('oauth', 'access-control-allow-origin', 'https://elsewhere.example'),
    fails: ['Clients in browsers may read the metadata'],
    says: [/Access-Control-Allow-Origin: https:\/\/elsewhere\.example/],
  },
])
