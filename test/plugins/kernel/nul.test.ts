import t from 'tap'
import { createApi } from '#test/support/api.ts'
import { answerOf, startFlow } from '#test/support/authorization.ts'

const NUL = '\u0000'

t.test('a client that sends NUL characters is refused by name, never with a 5xx (PostgreSQL cannot keep them)', async (t) => {
  const { app } = await createApi(t)
  const form = (fields: Record<string, string>) => ({
    method: 'POST' as const,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(fields).toString(),
  })
  const unknown = await app.inject({ url: '/token', ...form({ client_id: `a${NUL}`, grant_type: 'refresh_token' }) })
  t.match({ status: unknown.statusCode, body: unknown.json() }, { status: 401, body: { error: 'invalid_client' } })
  const basic = await app.inject({
    method: 'POST',
    url: '/token',
    headers: { authorization: `Basic ${Buffer.from(`a${NUL}:b`).toString('base64')}` },
  })
  t.match({ status: basic.statusCode, body: basic.json() }, { status: 401, body: { error: 'invalid_client' } })
  const authorize = await app.inject({ url: '/authorize', query: { client_id: `a${NUL}` }, headers: { accept: 'application/json' } })
  t.match({ status: authorize.statusCode, body: authorize.json() }, { status: 400, body: { error: 'invalid_client' } })
})

t.test('a nonce that holds NUL travels back as an invalid_request', async (t) => {
  const { url, person } = await startFlow(t)
  t.match(answerOf(await person().open(url({ nonce: `a${NUL}` }))), {
    error: 'invalid_request',
    error_description: 'nonce holds a character that is not allowed',
  })
})
