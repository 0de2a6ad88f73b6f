/** Nothing is at an address of the console. */
import { OAuthError } from '../../domain/protocol/errors.ts'

export function missing(): never {
  throw new OAuthError('invalid_request', 'there is no such record, or it was deleted', { status: 404 })
}
