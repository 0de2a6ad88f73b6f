import t from 'tap'
import { OAuthError, errorBody, wireText } from '#src/domain/protocol/errors.ts'
import { err, ok } from '#src/domain/protocol/result.ts'

t.test('an error has the status of its code, unless it is given another one', async (t) => {
  const table = [
    ['invalid_request', 400],
    ['invalid_grant', 400],
    ['invalid_client', 401],
    ['invalid_token', 401],
    ['insufficient_scope', 403],
    ['server_error', 500],
    ['temporarily_unavailable', 503],
  ] as const
  for (const [code, status] of table) t.equal(new OAuthError(code, 'x').status, status, code)
  t.equal(new OAuthError('invalid_client', 'x', { status: 400 }).status, 400)
})

t.test('details for the log never go over the wire (T17)', async (t) => {
  const error = new OAuthError('invalid_client', 'no', { detail: 'the secret was wrong' })
  t.strictSame(errorBody(error), { error: 'invalid_client', error_description: 'no' })
  t.equal(error.detail, 'the secret was wrong')
  t.notMatch(error.message, /secret/)
  t.equal(error.name, 'OAuthError')
})

t.test('a description holds only the characters of RFC 6749 section 5.2', async (t) => {
  t.equal(wireText('say "no" \\ or ü\n'), "say 'no' ' or ??")
  const every = Array.from({ length: 0x300 }, (_, code) => String.fromCharCode(code)).join('')
  t.match(wireText(every), /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
})

t.test('a rule returns a value or a reason', async (t) => {
  t.strictSame(ok(1), { ok: true, value: 1 })
  t.strictSame(err('no'), { ok: false, error: 'no' })
})
