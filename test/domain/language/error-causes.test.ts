import t from 'tap'
import { ERROR_ADVICES, ERROR_CAUSES, adviceOf, causeOf } from '#src/domain/language/error-causes.ts'
import { OAuthError } from '#src/domain/protocol/errors.ts'
import type { OAuthErrorCode } from '#src/domain/protocol/errors.ts'

t.test('a reader gets one cause and one advice for every error', async (t) => {
  const table: [OAuthErrorCode, ConstructorParameters<typeof OAuthError>[2], string, string][] = [
    ['invalid_client', { status: 400 }, 'client', 'reconnect'],
    ['invalid_request', {}, 'request', 'developer'],
    ['unsupported_response_type', {}, 'request', 'developer'],
    ['invalid_request_object', {}, 'request', 'developer'],
    ['invalid_scope', {}, 'scope', 'developer'],
    ['invalid_target', {}, 'target', 'developer'],
    ['unauthorized_client', {}, 'unauthorized', 'developer'],
    ['access_denied', {}, 'denied', 'restart'],
    ['login_required', {}, 'login', 'restart'],
    ['interaction_required', {}, 'login', 'restart'],
    ['temporarily_unavailable', {}, 'busy', 'retry'],
    ['temporarily_unavailable', { status: 429 }, 'limited', 'wait'],
    ['server_error', {}, 'server', 'contact'],
    ['invalid_request', { status: 404 }, 'missing', 'home'],
    ['invalid_request', { status: 405 }, 'missing', 'home'],
    ['invalid_request', { page: { cause: 'expired' } }, 'expired', 'restart'],
    ['invalid_request', { status: 403, page: { cause: 'foreign' } }, 'foreign', 'restart'],
    ['invalid_request', { page: { cause: 'redirect', tryAgain: 'https://client.example/' } }, 'redirect', 'developer'],
    ['invalid_client', { page: {} }, 'client', 'reconnect'],
  ]
  for (const [code, options, cause, advice] of table) {
    const found = causeOf(new OAuthError(code, 'words', options))
    t.strictSame([found, adviceOf(found)], [cause, advice], `${code} ${JSON.stringify(options)}`)
  }
  for (const cause of ERROR_CAUSES) t.ok(ERROR_ADVICES.includes(adviceOf(cause)), cause)
})
