/**
 * The signed transaction: an authorization request under way, carried by our own forms, so that nothing is stored for
 * a visitor who hasn't logged in. Bound to the browser by the hash of a cookie (threat-model.md T5, T6).
 */
import type { AuthorizationParameters } from '../../schemas/authorization.ts'
import { isMac, mac } from '../protocol/mac.ts'
import type { MacKeys } from '../protocol/mac.ts'
import type { Progress } from './next-step.ts'

export interface Transaction extends Pick<Progress, 'startedAt' | 'switchedAt' | 'chosenUserId'> {
  /** The request's own parameters, judged anew at each step. */
  readonly parameters: AuthorizationParameters
  /** The hash of the `request_uri` under which they were pushed: the request is good for one code. */
  readonly pushedAs?: string | undefined
  /** What a person typed, or an address held, who came to connect a device: no client sent the person then. */
  readonly userCode?: string | undefined
  /** SHA-256 of the browser's cookie. */
  readonly browserHash: string
  /** Whom a page showed, and which scope if it was the consent page: a decision counts for just that. */
  readonly shown?: { readonly userId: string; readonly scope?: string } | undefined
}

/** How long a person may take from the request to the last click. */
export const TRANSACTION_LIFETIME_MS = 60 * 60 * 1000

/** `base64url(JSON).base64url(HMAC-SHA256)`. */
export function signTransaction(transaction: Transaction, [key]: MacKeys): string {
  const payload = Buffer.from(JSON.stringify(transaction)).toString('base64url')
  return `${payload}.${mac(key, 'transaction', payload)}`
}

/** The transaction, if it is ours, of this browser, and not over. */
export function openTransaction(signed: string, keys: MacKeys, browserHash: string | undefined, now: number): Transaction | undefined {
  const [payload = '', signature = '', ...rest] = signed.split('.')
  if (rest.length > 0 || !isMac(signature, keys, 'transaction', payload)) return undefined
  const transaction = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Transaction
  return transaction.browserHash === browserHash && now - transaction.startedAt < TRANSACTION_LIFETIME_MS ? transaction : undefined
}
