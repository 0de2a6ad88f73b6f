/** What people log in with besides a password, as it is stored. Instants are milliseconds since the epoch. */
import { roleOf } from './role.ts'
import type { User } from './user.ts'

/** A key of one person, which a browser or a phone keeps (Web Authentication). */
export interface Passkey {
  /** Of the credential, in base64url. */
  readonly id: string
  readonly userId: string
  /** COSE, in base64url. */
  readonly publicKey: string
  /** How often it has signed; 0 if it doesn't count. */
  readonly counter: number
  readonly transports: readonly string[]
  /** As its owner calls it. */
  readonly name: string
  /** Whether it may be on several devices, and whether it is. */
  readonly synced: boolean
  readonly backedUp: boolean
  /** The host for which it was made. */
  readonly rpId: string
  readonly createdAt: number
  readonly lastUsedAt?: number | undefined
}

/** The secret of an app that shows one-time codes (RFC 6238). */
export interface OneTimeCodes {
  readonly userId: string
  /** Sealed. */
  readonly secret: string
  /** The latest step whose code was accepted: none before it counts. */
  readonly lastStep: number
  readonly createdAt: number
}

/** All that a person has set up. */
export interface FactorsOf {
  readonly passkeys: readonly Passkey[]
  readonly codes: OneTimeCodes | undefined
  /** Recovery codes that are left. */
  readonly recoveryCodes: number
}

/** The ways to log in; what each is, plugins/login/methods/ says. */
export type MethodName = 'password' | 'passkey' | 'provider' | 'one-time-code' | 'recovery-code'

/** Who must have a second factor. */
export const SECOND_FACTOR_RULES = ['off', 'offered', 'operators', 'everyone'] as const
export type SecondFactorRule = (typeof SECOND_FACTOR_RULES)[number]

/** A person as the rule sees them. */
export interface Standing extends Pick<User, 'origin' | 'role' | 'createdAt'> {
  readonly hasCodes: boolean
  readonly hasPasskeys: boolean
}

/** What counts in the login of a person. */
export interface FactorNeeds {
  readonly hasCodes: boolean
  readonly hasPasskeys: boolean
  /** Whether they need a second factor to log in. */
  readonly isRequired: boolean
  /** Whether a password is enough to set the first one up. */
  readonly maySetUp: boolean
}

/** How long after an account was made its password is enough to set up the first second factor, in ms. */
export const SET_UP_MS = 72 * 3_600_000

/** Users who may manage the server. */
const isOperator = (person: Pick<User, 'origin' | 'role'>): boolean => roleOf(person) !== undefined

/** What counts in the login of a person. `counting`: the methods that this server accepts. */
export function needsOf(
  standing: Standing,
  { secondFactor, isOwnMachine, counting }: { secondFactor: SecondFactorRule; isOwnMachine: boolean; counting: ReadonlySet<MethodName> },
  now: number,
): FactorNeeds {
  const hasCodes = standing.hasCodes && counting.has('one-time-code')
  const hasPasskeys = standing.hasPasskeys && counting.has('passkey')
  const ruled = secondFactor === 'everyone' || (secondFactor === 'operators' && isOperator(standing))
  return {
    hasCodes,
    hasPasskeys,
    isRequired: secondFactor !== 'off' && (ruled || standing.hasCodes || standing.hasPasskeys),
    maySetUp: !standing.hasCodes && !standing.hasPasskeys && (isOwnMachine || now - standing.createdAt < SET_UP_MS),
  }
}
