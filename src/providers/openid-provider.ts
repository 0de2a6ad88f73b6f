/**
 * Providers that speak OpenID Connect: Google, Microsoft, and any other. Signatures are verified although the id_token comes straight
 * from the provider (threat-model.md T20, T21). Owns the protocol; not what claims mean (domain/provider/openid-claims.ts).
 */
import * as oidc from 'openid-client'
import { isLoopback } from '../domain/protocol/loopback.ts'
import { err, ok } from '../domain/protocol/result.ts'
import type { Result } from '../domain/protocol/result.ts'
import type { JsonObject } from '../domain/protocol/json.ts'
import { promptFor } from '../domain/provider/freshness.ts'
import { readIdentityClaims } from '../domain/provider/openid-claims.ts'
import type { IdentityClaims } from '../domain/provider/identity.ts'
import type { ProviderFetch } from '../fetch/provider-fetch.ts'
import { isOfAccessToken } from './access-token-hash.ts'
import { createLogoutVerifier } from './logout-verifier.ts'
import type { Connection, ProviderClient, ProviderFailure } from './provider-client.ts'
import { failureOf } from './provider-failure.ts'

/** How long metadata is used, in ms. */
const METADATA_TTL_MS = 60 * 60_000
/** How much clocks may differ, in seconds. */
const TOLERANCE = 60
/** A clock that a test moves further than this, in seconds, needs another configuration. */
const SKEW = 5

interface Known {
  readonly configuration: oidc.Configuration
  readonly at: number
  readonly skew: number
}

/**
 * @param now ms; signatures are verified at that time
 */
export function createOpenIdClient(connection: Connection, fetch: ProviderFetch, now: () => number): ProviderClient {
  const { issuer, clientId, clientSecret, redirectUri, kind } = connection
  let known: Known | undefined

  /** @throws what openid-client throws, if the metadata can't be used */
  async function configured(): Promise<oidc.Configuration> {
    const skew = Math.round((now() - Date.now()) / 1000)
    if (known !== undefined && now() - known.at < METADATA_TTL_MS && Math.abs(known.skew - skew) < SKEW) return known.configuration
    const metadata = { client_secret: clientSecret, [oidc.clockSkew]: skew, [oidc.clockTolerance]: TOLERANCE }
    const configuration = await oidc.discovery(new URL(issuer), clientId, metadata, authenticateBy(clientSecret), {
      execute: [oidc.enableNonRepudiationChecks, ...(isInsecure(issuer) ? [oidc.allowInsecureRequests] : [])],
      [oidc.customFetch]: fetch as oidc.CustomFetch,
    })
    known = { configuration, at: now(), skew }
    return configuration
  }

  /** A failure may come of metadata or keys that have changed: the next attempt asks for them again. */
  async function attempt<T>(work: (configuration: oidc.Configuration) => Promise<Result<T, ProviderFailure>>) {
    try {
      return await work(await configured())
    } catch (error) {
      known = undefined
      return err(failureOf(error))
    }
  }

  /** What UserInfo says, where the provider has it and keeps some claims for it. */
  async function userinfoOf(configuration: oidc.Configuration, accessToken: string, sub?: string): Promise<oidc.UserInfoResponse | object> {
    const asks = kind === 'oidc' && configuration.serverMetadata().userinfo_endpoint !== undefined
    return asks ? oidc.fetchUserInfo(configuration, accessToken, sub ?? oidc.skipSubjectCheck) : {}
  }

  const read = (claims: JsonObject): Result<IdentityClaims, ProviderFailure> => {
    const identity = readIdentityClaims(kind, claims)
    return identity.ok ? identity : err({ kind: 'invalid', reason: identity.error })
  }

  const findKeys = async () => (await configured()).serverMetadata().jwks_uri!
  return {
    readLogout: createLogoutVerifier(connection, fetch, findKeys, now),
    depart: ({ state, nonce, codeVerifier }, wish) =>
      attempt(async (configuration) => {
        const prompt = promptFor(kind, wish)
        const parameters = {
          redirect_uri: redirectUri,
          scope: scopesOf(connection, configuration.serverMetadata().scopes_supported).join(' '),
          state,
          nonce,
          code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: 'S256',
          ...(kind === 'google' && { access_type: 'offline' }),
          ...(prompt !== undefined && { prompt }),
          ...(wish.maxAge !== undefined && kind === 'oidc' && { max_age: String(wish.maxAge) }),
          ...(wish.loginHint !== undefined && { login_hint: wish.loginHint }),
          ...(wish.acrValues !== undefined && kind === 'oidc' && { acr_values: wish.acrValues }),
          // It gives a refresh token at the first consent, and later only at another one.
          ...(kind === 'google' && wish.consentOf !== undefined && { prompt: 'consent', login_hint: wish.consentOf }),
          ...(wish.uiLocales !== undefined && { [kind === 'google' ? 'hl' : 'ui_locales']: wish.uiLocales }),
        }
        return ok(oidc.buildAuthorizationUrl(configuration, parameters))
      }),
    arrive: (query, { state, nonce, codeVerifier }) =>
      attempt(async (configuration) => {
        const url = new URL(`${redirectUri}?${query}`)
        const tokens = await oidc.authorizationCodeGrant(configuration, url, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: codeVerifier,
        })
        const idToken = tokens.claims()!
        if (!isOfAccessToken(tokens.id_token!, idToken.at_hash, tokens.access_token))
          return err({ kind: 'invalid', reason: 'the at_hash of the id_token is of another access token' })
        const claims = read({ ...(await userinfoOf(configuration, tokens.access_token, idToken.sub)), ...idToken })
        if (!claims.ok) return claims
        const { auth_time: authTime, sid, amr } = idToken
        return ok({
          claims: claims.value,
          refreshToken: tokens.refresh_token,
          sid: typeof sid === 'string' ? sid : undefined,
          authTime: typeof authTime === 'number' ? authTime * 1000 : undefined,
          amr: Array.isArray(amr) ? amr.filter((each) => typeof each === 'string') : [],
        })
      }),
    recheck: (refreshToken, before) =>
      attempt(async (configuration) => {
        const tokens = await oidc.refreshTokenGrant(configuration, refreshToken)
        const idToken = tokens.claims()
        const userinfo = await userinfoOf(configuration, tokens.access_token, idToken?.sub)
        // Section 12.2: a refresh need not bring an id_token. Then what was said before counts, as far as UserInfo says nothing else.
        const claims = read(idToken === undefined ? { ...before.named, ...userinfo, iss: before.issuer } : { ...userinfo, ...idToken })
        return claims.ok ? ok({ claims: claims.value, refreshToken: tokens.refresh_token }) : claims
      }),
  }
}

const isInsecure = (issuer: string): boolean => issuer.startsWith('http:') && isLoopback(new URL(issuer).hostname)

/** `client_secret_basic` is what providers have if they say nothing (OpenID Connect Discovery section 3); some have only the other. */
function authenticateBy(secret: string): oidc.ClientAuth {
  const [basic, post] = [oidc.ClientSecretBasic(secret), oidc.ClientSecretPost(secret)]
  return (server, client, body, headers) =>
    (takesBasic(server.token_endpoint_auth_methods_supported) ? basic : post)(server, client, body, headers)
}

export const takesBasic = (supported: unknown): boolean => !Array.isArray(supported) || supported.includes('client_secret_basic')

/** With `offline_access` a provider gives a refresh token, by which it can be asked again later; Google has a parameter for it. */
export function scopesOf({ kind, settings }: Pick<Connection, 'kind' | 'settings'>, supported: readonly string[] = []): readonly string[] {
  if (settings.scopes !== undefined) return settings.scopes
  const usual = ['openid', 'profile', 'email']
  const offline = kind === 'microsoft' || (kind === 'oidc' && supported.includes('offline_access'))
  return offline ? [...usual, 'offline_access'] : usual
}
