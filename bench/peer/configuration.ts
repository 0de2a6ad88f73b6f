/** The peer, set up to do what our server does: the same paths, algorithms, scopes and lifetimes, and a new refresh token at each use. */
import { exportJWK, generateKeyPair } from 'jose'
import { OPENID_SCOPE, RESOURCE } from '../rows/requests.ts'
import { createRecords } from './records.ts'

const HOUR_S = 3600
const DAY_S = 24 * HOUR_S

export async function peerConfiguration() {
  const keys = await Promise.all(
    ['ES256', 'RS256'].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 })
      return { ...(await exportJWK(privateKey)), alg, use: 'sig' }
    }),
  )
  return {
    adapter: createRecords,
    jwks: { keys },
    clientDefaults: { grant_types: ['authorization_code', 'refresh_token'], id_token_signed_response_alg: 'RS256' },
    clientBasedCORS: () => false,
    cookies: { keys: ['a secret of the benchmark, longer than 32 characters'] },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    scopes: OPENID_SCOPE.split(' '),
    findAccount: (_context: unknown, sub: string) => ({
      accountId: sub,
      claims: async () => ({ sub, name: 'admin', preferred_username: 'admin', email: 'admin@example.com', email_verified: true }),
    }),
    routes: {
      authorization: '/authorize',
      token: '/token',
      userinfo: '/userinfo',
      introspection: '/introspect',
      jwks: '/jwks',
      registration: '/register',
      pushed_authorization_request: '/par',
    },
    features: {
      devInteractions: { enabled: false },
      registration: { enabled: true },
      registrationManagement: { enabled: true },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        // Our server has a resource that it takes when none is named; a machine's token is for it.
        defaultResource: (context: { oidc: { params: { grant_type?: string } } }) =>
          context.oidc.params.grant_type === 'client_credentials' ? RESOURCE : undefined,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: OPENID_SCOPE,
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: HOUR_S,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
    // It would ask for consent each time before it grants `offline_access`; so that comes without being asked for.
    issueRefreshToken: (_context: unknown, client: { grantTypeAllowed(type: string): boolean }) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: () => false,
    rotateRefreshToken: () => true,
    ttl: {
      AccessToken: HOUR_S,
      AuthorizationCode: 60,
      ClientCredentials: HOUR_S,
      Grant: 365 * DAY_S,
      IdToken: HOUR_S,
      Interaction: HOUR_S,
      RefreshToken: 30 * DAY_S,
      Session: 14 * DAY_S,
    },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
  }
}
