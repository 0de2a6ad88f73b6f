/**
 * A transaction is an authorization request in progress. Our forms carry it, signed, so nothing is stored for visitors who
 * haven't logged in. It is bound to the browser by the hash of a cookie (threat-model.md T5, T6).
 */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { isMac, mac } from '../protocol/mac.ts'
import type { MacKeys } from '../protocol/mac.ts'
import type { Progress } from './next-step.ts'

export interface Transaction extends Pick<Progress, 'startedAt' | 'switchedAt' | 'chosenUserId' | 'asksAgain' | 'failures'> {
  /** The request's parameters, validated again at each step. */
  readonly parameters: AuthorizationParameters
  /** For a pushed request, the hash of its `request_uri`, which is good for one code. */
  readonly pushedAs?: string | undefined
  /** The user code, when the user connects a device: then no client sent the user here. */
  readonly userCode?: string | undefined
  /** The page of the person's own account that the login leads to, when no client sent them here. */
  readonly account?:
    | {
        readonly path: string
        /** Whether they are logged in, but not recently enough. */
        readonly again?: boolean
        /** Who wants to log in by a provider from now on, and in which session: only that one gains a way in. Never in a form. */
        readonly linkTo?: { readonly userId: string; readonly session: string }
      }
    | undefined
  /** Wrong passwords that were typed in this transaction: those of the person who logs in after them are no news. */
  readonly ownFailures?: number | undefined
  /** The user is back from an identity provider: no second time without a click. */
  readonly returned?: true | undefined
  /** What a passkey has to sign, once; for a second factor, also whose passkey. */
  readonly challenge?: { readonly value: string; readonly userId?: string } | undefined
  /** SHA-256 of the browser's cookie. */
  readonly browserHash: string
  /** The user that a page showed, and the digest of what a consent page showed: a decision counts for exactly these. With the device. */
  readonly shown?: { readonly userId: string; readonly digest?: string; readonly deviceCodeHash?: string } | undefined
}

/** How long the user may take from the request to the last click. */
export const TRANSACTION_LIFETIME_MS = 60 * 60 * 1000

/** `base64url(JSON).base64url(HMAC-SHA256)`. */
export function signTransaction(transaction: Transaction, [key]: MacKeys): string {
  const payload = Buffer.from(JSON.stringify(transaction)).toString('base64url')
  return `${payload}.${mac(key, 'transaction', payload)}`
}

/** The transaction; `undefined` if we didn't sign it, it belongs to another browser, or it has expired. */
export function openTransaction(signed: string, keys: MacKeys, browserHash: string | undefined, now: number): Transaction | undefined {
  const [payload = '', signature = '', ...rest] = signed.split('.')
  if (rest.length > 0 || !isMac(signature, keys, 'transaction', payload)) return undefined
  const transaction = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Transaction
  return transaction.browserHash === browserHash && now - transaction.startedAt < TRANSACTION_LIFETIME_MS ? transaction : undefined
}
