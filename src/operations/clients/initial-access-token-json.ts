/** An initial access token as programs read it: never with its hash. */
import type { InitialAccessToken } from '../../domain/client/initial-access-token.ts'
import { policyJson } from './client-json.ts'

export function initialAccessTokenJson({ name, usesLeft, createdAt, expiresAt, policy }: InitialAccessToken) {
  return {
    name,
    uses_left: usesLeft,
    created_at: new Date(createdAt).toISOString(),
    expires_at: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString(),
    policy: policyJson(policy),
  }
}
