/**
 * The interface of a way to log in; each has a file, with what it is, when it is offered and how an answer is checked. The routes that
 * receive answers count attempts and go on (login.ts, passkey-login.ts, code-login.ts, provider/provider-login.ts).
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Transaction } from '../../../domain/authorization/transaction.ts'
import type { FactorNeeds, FactorsOf, MethodName } from '../../../domain/user/factors.ts'
import type { User, UserProfile } from '../../../domain/user/user.ts'
import type { ServerSettings } from '../../kernel/settings.ts'
import type { SecondFactorPage } from '../../pages/factor-models.ts'
import type { LoginPage } from '../../pages/page-models.ts'

export type MethodSettings = Pick<ServerSettings, 'passwordLogin' | 'secondFactor' | 'rpId'>

/** What a method adds to a page that asks for it, and the challenge that the transaction has to bring back. */
export interface Asked<Page> {
  readonly model: Partial<Page>
  readonly challenge?: Transaction['challenge']
}

export type FirstAsked = Pick<LoginPage, 'password' | 'passkey' | 'providers'>
export type SecondAsked = Pick<SecondFactorPage, 'typed' | 'passkey'>

/** Somebody who has shown a first factor. */
export interface FirstShown {
  readonly user: Pick<UserProfile, 'id'>
  readonly factors: FactorNeeds
  readonly stored: Pick<FactorsOf, 'passkeys'>
  readonly missing: 'second-factor' | 'passkey'
}

export interface LoginMethod {
  readonly name: MethodName
  /** Whether it logs somebody in, adds to a login, or does both. */
  readonly factor: 'first' | 'second' | 'either'
  /** What a login by it states (RFC 8176), from which its `acr` follows (`acrOf`). */
  readonly amr: readonly string[]
  /** Whether people set it up on the page for second factors. */
  readonly isSetUp?: true
  /** Whether it counts at this server. */
  counts(settings: MethodSettings): boolean
  /** On the login page. @param action the address below the issuer, in the page's language */
  askFirst?(app: FastifyInstance, action: (path: string) => string): Promise<Asked<FirstAsked>>
  /** On the page of the second factor. */
  askSecond?(app: FastifyInstance, person: FirstShown): Asked<SecondAsked>
  /** Whether what was typed there is right; `undefined` if it is nothing of this method. */
  checkTyped?(app: FastifyInstance, request: FastifyRequest, user: User, typed: string): Promise<boolean | undefined>
}
