/** Every endpoint, its standard and a command that tries it: the one list behind both forms of the home page. */
import { openidConfigurationUrl, serverMetadataUrl } from '../../domain/protocol/discovery-urls.ts'
import type { HomeEndpoint } from '../pages/page-models.ts'

export type EndpointId =
  | 'metadata'
  | 'openid_configuration'
  | 'jwks'
  | 'registration'
  | 'client_configuration'
  | 'pushed_request'
  | 'authorization'
  | 'token'
  | 'device_authorization'
  | 'device'
  | 'userinfo'
  | 'introspection'
  | 'revocation'
  | 'logout'
  | 'health'
  | 'readiness'

export type EndpointUrls = Record<Exclude<EndpointId, 'registration'>, string> & { registration?: string }

export type EndpointGroup = { id: 'discovery' | 'flow' | 'operation'; endpoints: Array<HomeEndpoint & { id: EndpointId }> }

/** The test vector of RFC 7636 appendix B, so that the commands fit each other and work where PKCE is required. */
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const callback = 'http://localhost:3000/callback'

const rfc = (number: number, title: string) => ({ name: `RFC ${number}`, title, url: `https://www.rfc-editor.org/rfc/rfc${number}` })
const openid = (name: string, document: string) => ({ name, title: name, url: `https://openid.net/specs/${document}.html` })

/** Which server it is; `registration`: whether anybody may register clients. */
export interface Described {
  /** Without a trailing slash. */
  readonly issuer: string
  readonly registration: boolean
}

/** The endpoints that answer, in the order in which a client meets them. */
export function endpointGroups({ issuer, registration }: Described): EndpointGroup[] {
  const answers = ({ id }: { id: EndpointId }) => registration || id !== 'registration'
  return allGroups(issuer).map(({ id, endpoints }) => ({ id, endpoints: endpoints.filter(answers) }))
}

function allGroups(issuer: string): EndpointGroup[] {
  const { origin } = new URL(issuer)
  const base = issuer.slice(origin.length)
  const lineBreak = ' \\\n  '
  const post = (path: string, ...lines: string[]) => [`curl -X POST '${issuer}${path}'`, ...lines].join(lineBreak)
  const client = '-u "$CLIENT_ID:$CLIENT_SECRET"'
  const metadata = serverMetadataUrl(issuer)
  const openidConfiguration = openidConfigurationUrl(issuer)

  return [
    {
      id: 'discovery',
      endpoints: [
        {
          id: 'metadata',
          methods: ['GET'],
          path: metadata.slice(origin.length),
          standards: [rfc(8414, 'Authorization Server Metadata')],
          curl: `curl '${metadata}'`,
        },
        {
          id: 'openid_configuration',
          methods: ['GET'],
          path: openidConfiguration.slice(origin.length),
          standards: [openid('OpenID Connect Discovery', 'openid-connect-discovery-1_0')],
          curl: `curl '${openidConfiguration}'`,
        },
        { id: 'jwks', methods: ['GET'], path: `${base}/jwks`, standards: [rfc(7517, 'JSON Web Key')], curl: `curl '${issuer}/jwks'` },
      ],
    },
    {
      id: 'flow',
      endpoints: [
        {
          id: 'registration',
          methods: ['POST'],
          path: `${base}/register`,
          standards: [rfc(7591, 'Dynamic Client Registration')],
          curl: post(
            '/register',
            "-H 'Content-Type: application/json'",
            `-d '{"client_name":"curl",\n      "redirect_uris":["${callback}"]}'`,
          ),
        },
        {
          id: 'client_configuration',
          methods: ['GET', 'PUT', 'DELETE'],
          path: `${base}/register/{client_id}`,
          standards: [rfc(7592, 'Client Management')],
          curl: [`curl "${issuer}/register/$CLIENT_ID"`, '-H "Authorization: Bearer $REGISTRATION_TOKEN"'].join(lineBreak),
        },
        {
          id: 'pushed_request',
          methods: ['POST'],
          path: `${base}/par`,
          standards: [rfc(9126, 'Pushed Authorization Requests')],
          curl: post(
            '/par',
            client,
            '-d response_type=code',
            `--data-urlencode redirect_uri=${callback}`,
            `-d code_challenge=${challenge}`,
            '-d code_challenge_method=S256',
          ),
        },
        {
          id: 'authorization',
          methods: ['GET', 'POST'],
          path: `${base}/authorize`,
          standards: [rfc(6749, 'OAuth 2.0'), rfc(7636, 'PKCE'), rfc(8707, 'Resource Indicators'), rfc(9207, 'Issuer Identification')],
          curl: [
            `curl -sG '${issuer}/authorize'`,
            "-o /dev/null -w '%{url_effective}\\n'",
            '-d response_type=code',
            '-d "client_id=$CLIENT_ID"',
            `--data-urlencode redirect_uri=${callback}`,
            '-d scope=openid -d state=xyz',
            `-d code_challenge=${challenge}`,
            '-d code_challenge_method=S256',
          ].join(lineBreak),
        },
        {
          id: 'token',
          methods: ['POST'],
          path: `${base}/token`,
          standards: [rfc(6749, 'OAuth 2.0'), rfc(9068, 'JWT Access Tokens')],
          curl: post(
            '/token',
            client,
            '-d grant_type=authorization_code',
            '-d "code=$CODE"',
            `--data-urlencode redirect_uri=${callback}`,
            `-d code_verifier=${verifier}`,
          ),
        },
        {
          id: 'device_authorization',
          methods: ['POST'],
          path: `${base}/device_authorization`,
          standards: [rfc(8628, 'Device Authorization Grant')],
          curl: post('/device_authorization', client, '-d scope=openid'),
        },
        {
          id: 'device',
          methods: ['GET', 'POST'],
          path: `${base}/device`,
          standards: [rfc(8628, 'Device Authorization Grant')],
          curl: `curl -i '${issuer}/device'`,
        },
        {
          id: 'userinfo',
          methods: ['GET', 'POST'],
          path: `${base}/userinfo`,
          standards: [openid('OpenID Connect', 'openid-connect-core-1_0'), rfc(6750, 'Bearer Tokens')],
          curl: [`curl -i '${issuer}/userinfo'`, '-H "Authorization: Bearer $ACCESS_TOKEN"'].join(lineBreak),
        },
        {
          id: 'introspection',
          methods: ['POST'],
          path: `${base}/introspect`,
          standards: [rfc(7662, 'Token Introspection')],
          curl: post('/introspect', client, '-d "token=$ACCESS_TOKEN"'),
        },
        {
          id: 'revocation',
          methods: ['POST'],
          path: `${base}/revoke`,
          standards: [rfc(7009, 'Token Revocation')],
          curl: post('/revoke', client, '-d "token=$ACCESS_TOKEN"'),
        },
        {
          id: 'logout',
          methods: ['GET', 'POST'],
          path: `${base}/logout`,
          standards: [openid('RP-Initiated Logout', 'openid-connect-rpinitiated-1_0')],
          curl: `curl -i '${issuer}/logout'`,
        },
      ],
    },
    {
      id: 'operation',
      endpoints: [
        { id: 'health', methods: ['GET'], path: `${base}/healthz`, standards: [], curl: `curl -i '${issuer}/healthz'` },
        { id: 'readiness', methods: ['GET'], path: `${base}/readyz`, standards: [], curl: `curl -i '${issuer}/readyz'` },
      ],
    },
  ]
}

/** The address of each endpoint by its id. */
export function endpointUrls(described: Described): EndpointUrls {
  const { origin } = new URL(described.issuer)
  const entries = endpointGroups(described).flatMap(({ endpoints }) => endpoints.map(({ id, path }) => [id, origin + path]))
  return Object.fromEntries(entries) as EndpointUrls
}
