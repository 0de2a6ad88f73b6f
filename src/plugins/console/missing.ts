/** Nothing is at an address of the console. */
import { OAuthError } from '../../domain/protocol/errors.ts'
import type { Outcome } from '../../operations/outcome.ts'

export function missing(): never {
  throw new OAuthError('invalid_request', 'there is no such record, or it was deleted', { status: 404 })
}

/** What an operation found; if it found nothing, nothing is at this address. */
export const found = <T>(outcome: Outcome<T>): T => (outcome.ok ? outcome.value : missing())
