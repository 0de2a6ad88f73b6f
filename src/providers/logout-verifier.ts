/** Verifies logout tokens of a provider by its published keys. Owns the signature; not what the claims mean (domain). */
import { createRemoteJWKSet, customFetch, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import type { JWTVerifyGetKey } from 'jose'
import { err } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import { readLogoutToken } from '../domain/provider/logout-token.ts'
import type { LogoutRequest } from '../domain/provider/logout-token.ts'
import type { JsonObject } from '../domain/protocol/json.ts'
import type { ProviderFetch } from '../fetch/provider-fetch.ts'
import { ASYMMETRIC } from './id-token-algorithms.ts'
import type { Connection, ProviderFailure } from './provider-client.ts'
import { failureOf } from './provider-failure.ts'

export type VerifyLogout = (token: string) => Promise<Result<LogoutRequest, ProviderFailure>>

/**
 * @param findKeys where the provider publishes its keys
 * @param now ms
 */
export function createLogoutVerifier(
  connection: Pick<Connection, 'issuer' | 'clientId'>,
  fetch: ProviderFetch,
  findKeys: () => Promise<string>,
  now: () => number,
): VerifyLogout {
  let known: { readonly url: string; readonly keys: JWTVerifyGetKey } | undefined

  async function keys(): Promise<JWTVerifyGetKey> {
    const url = await findKeys()
    // It asks again for a key that it doesn't know, but not twice in half a minute.
    if (known?.url !== url) known = { url, keys: createRemoteJWKSet(new URL(url), { [customFetch]: fetch }) }
    return known.keys
  }

  return async (token) => {
    try {
      const read = readLogoutToken(decodeProtectedHeader(token) as JsonObject, decodeJwt(token), connection, now())
      if (!read.ok) return err({ kind: 'invalid', reason: read.error })
      // What the claims say is true once the signature is; their times were compared with our clock.
      await jwtVerify(token, await keys(), { algorithms: ASYMMETRIC, currentDate: new Date(now()), clockTolerance: 60 })
      return read
    } catch (error) {
      return err(failureOf(error))
    }
  }
}
