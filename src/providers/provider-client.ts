/** What every kind of provider can do for us: send somebody there, and read who came back. */
import type { RecentLogin } from '../domain/provider/freshness.ts'
import type { IdentityClaims } from '../domain/provider/identity.ts'
import type { LogoutRequest } from '../domain/provider/logout-token.ts'
import type { Provider } from '../domain/provider/provider.ts'
import type { Result } from '../domain/protocol/result.ts'

/** A provider as it is used: with its secret, and where it sends people back to. */
export interface Connection extends Pick<Provider, 'name' | 'kind' | 'issuer' | 'clientId' | 'settings'> {
  readonly clientSecret: string
  readonly redirectUri: string
}

/** Ties the answer to this attempt (RFC 9700 section 2.1, OpenID Connect Core section 3.1.2.1). */
export interface AttemptSecrets {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** How somebody shall log in there. */
export interface Wish extends RecentLogin {
  readonly loginHint?: string | undefined
  readonly acrValues?: string | undefined
  readonly uiLocales?: string | undefined
  /** The account that came a moment ago, whose provider gives something to ask it again with only after a consent. */
  readonly consentOf?: string | undefined
}

/** Who came back. */
export interface Arrival {
  readonly claims: IdentityClaims
  readonly refreshToken?: string | undefined
  /** The session there (OpenID Connect Back-Channel Logout section 2.1). */
  readonly sid?: string | undefined
  /** When the person logged in there, in ms, where the provider says so. */
  readonly authTime?: number | undefined
  /** Names of RFC 8176, as the provider says them. */
  readonly amr: readonly string[]
}

/**
 * Why nobody came back. `denied`: the person or the provider said no. `unreachable`: it may work later. `invalid`: the answer can't be
 * believed. `refused`: the provider doesn't accept us, or a token is over. `reason` is for the log, and for the operator.
 */
export interface ProviderFailure {
  readonly kind: 'denied' | 'unreachable' | 'invalid' | 'refused'
  readonly reason: string
  /** The account is gone, or what the person allowed: nothing that may pass. */
  readonly ended?: true
}

export interface ProviderClient {
  /** Where the browser goes. */
  depart(secrets: AttemptSecrets, wish: Wish): Promise<Result<URL, ProviderFailure>>
  /**
   * Who it was, and when. Whether that is recent enough is not decided here (domain/provider/freshness.ts).
   *
   * @param query of the address at which the browser came back
   */
  arrive(query: URLSearchParams, secrets: AttemptSecrets): Promise<Result<Arrival, ProviderFailure>>
  /**
   * Who it is now, by the token that the provider gave for it; `refused` if it is over.
   *
   * @param before what the provider said last
   */
  recheck(refreshToken: string, before: IdentityClaims): Promise<Result<Pick<Arrival, 'claims' | 'refreshToken'>, ProviderFailure>>
  /** Whose sessions end, by a token that the provider sent. */
  readLogout(token: string): Promise<Result<LogoutRequest, ProviderFailure>>
}
