/** Sample records for tests of rules: valid ones, of which a test changes what it is about. */
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import type { Profile } from '#src/domain/user/profile.ts'
import type { Client } from '#src/domain/client/client.ts'
import type { Grant } from '#src/domain/token/grant.ts'
import type { Resource } from '#src/domain/resource/resource.ts'
import type { User } from '#src/domain/user/user.ts'
import type { ClientMetadata } from '#src/domain/client/client-metadata.ts'

export const NOW = 1_800_000_000_000

export function sampleMetadata(change: Partial<ClientMetadata> = {}): ClientMetadata {
  return {
    redirectUris: ['https://client.example/callback'],
    tokenEndpointAuthMethod: 'none',
    grantTypes: ['authorization_code', 'refresh_token'],
    scopes: [],
    display: {},
    ...change,
  }
}

/** The client of one origin. */
export type ClientOf<Origin> = Extract<Client, { origin: Origin }>

/** A record that was read back, as a client of that origin. */
export function ofOrigin<Origin extends Client['origin']>(origin: Origin, client: Client | undefined): ClientOf<Origin> {
  if (client?.origin !== origin) throw new Error(`expected a client of origin ${origin}, found ${client?.origin}`)
  return client as ClientOf<Origin>
}

/** A public client; one with `secretHash` is confidential. */
export function sampleClient<Origin extends Client['origin'] = 'registration'>({
  metadata,
  ...change
}: Partial<Omit<ClientOf<Origin>, 'metadata' | 'origin'>> & {
  origin?: Origin
  metadata?: Partial<ClientMetadata>
} = {}): ClientOf<Origin> {
  const sample = { id: 'client_sample', metadata: sampleMetadata(metadata), origin: 'registration', createdAt: NOW, ...change }
  return sample as unknown as ClientOf<Origin>
}

export function sampleUser(change: Partial<User> = {}): User {
  return {
    id: 'user_sample',
    username: 'helen',
    passwordHash: 'not a hash',
    origin: 'operator',
    profile: {},
    emailVerified: false,
    createdAt: NOW,
    updatedAt: NOW,
    ...change,
  }
}

/** All that can be known of somebody. */
export const FULL_PROFILE: Profile = {
  ...{
    name: 'Helen K',
    givenName: 'Helen',
    familyName: 'K',
    middleName: 'M',
    nickname: 'Nell',
    page: 'https://a.example/',
    picture: 'https://a.example/h.png',
  },
  ...{
    website: 'http://helen.example',
    gender: 'female',
    birthdate: '0000-02-29',
    zoneinfo: 'Asia/Seoul',
    locale: 'ko-KR',
    phoneNumber: '+8221234567',
    phoneNumberVerified: true,
  },
  address: {
    formatted: '1 Main Street, Seoul',
    streetAddress: '1 Main Street',
    locality: 'Seoul',
    region: 'Seoul',
    postalCode: '04524',
    country: 'KR',
  },
}

export function sampleGrant(change: Partial<Grant> = {}): Grant {
  return {
    id: 'grant_sample',
    userId: 'user_sample',
    clientId: 'client_sample',
    scopes: ['openid', 'profile', 'email', 'offline_access'],
    resources: [],
    authTime: NOW - 5000,
    ...PASSWORD_LOGIN,
    createdAt: NOW,
    expiresAt: NOW + 60_000,
    ...change,
  }
}

/** An MCP server with two scopes, which leaves its tokens to the server's settings. */
export function sampleResource(change: Partial<Resource> = {}): Resource {
  return {
    id: 'resource_sample',
    secretHash: 'not a hash',
    identifier: 'https://mcp.example/mcp',
    name: 'Planets',
    scopes: [
      { name: 'tools:read', description: 'Read your tools' },
      { name: 'tools:write', description: 'Change your tools' },
    ],
    createdAt: NOW,
    updatedAt: NOW,
    ...change,
  }
}
