/** An identity provider, by which people log in, as it is stored. Instants are milliseconds since the epoch. */

export const PROVIDER_KINDS = ['google', 'github', 'microsoft', 'oidc'] as const
export type ProviderKind = (typeof PROVIDER_KINDS)[number]

export interface Provider {
  readonly id: string
  /** Part of its redirect URI, and what rules and commands call it. */
  readonly name: string
  readonly kind: ProviderKind
  /** `environment`: each start applies what the environment says of it. */
  readonly origin: 'environment' | 'operator'
  readonly issuer: string
  readonly clientId: string
  /** Undefined once the secret that encrypted it is lost. */
  readonly encryptedClientSecret?: string | undefined
  readonly settings: ProviderSettings
  readonly disabledAt?: number | undefined
  readonly createdAt: number
  readonly updatedAt: number
}

export interface ProviderSettings {
  /** What the button says. */
  readonly label?: string | undefined
  /** Instead of the scopes of its kind. */
  readonly scopes?: readonly string[] | undefined
  /** Lower-case domains whose addresses are this provider's to give: a verified one finds the person whom an operator made with it. */
  readonly domains: readonly string[]
  /** Whether names, pictures and verified addresses of people follow the provider at each login. */
  readonly follow: boolean
  /** The claim that says which groups people are in, as a JSON Pointer. */
  readonly groups?: string | undefined
}
