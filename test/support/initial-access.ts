/** Initial access tokens for tests, made as the command line makes them. */
import type { InitialAccessToken } from '#src/domain/client/initial-access-token.ts'
import { sha256 } from '#src/domain/protocol/sha256.ts'
import { newSecret } from '#src/crypto/random.ts'
import type { TestApp } from './app.ts'

/** Keeps a token of that name, and returns the header by which it is sent. */
export async function handOut(
  { storage, clock }: TestApp,
  token: Partial<InitialAccessToken> & { name: string },
): Promise<{ authorization: string }> {
  const secret = newSecret()
  await storage.initialAccessTokens.insert({ tokenHash: sha256(secret), policy: {}, createdAt: clock.now, ...token })
  return { authorization: `Bearer ${secret}` }
}
