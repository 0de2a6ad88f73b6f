// Metrics count each request for tokens by its grant type, and what became of it.
import t from 'tap'
import { SILENT } from '#src/metrics/meter.ts'
import type { Meter } from '#src/metrics/meter.ts'
import { createApi, credentials } from '#test/support/api.ts'

t.test('what is issued and what is refused is counted, also where there was no form', async (t) => {
  const counted: unknown[] = []
  const count: Meter['count'] = (name, labels) => void (name === 'tokens' && counted.push(labels))
  const api = await createApi(t, {}, undefined, { meter: { ...SILENT, isOn: true, count } })
  const client = await api.register({ token_endpoint_auth_method: 'client_secret_post' })
  await api.tokens(client)
  await api.post('/token', { grant_type: 'made up', ...credentials(client) })
  await api.post('/token', credentials(client))
  await api.app.inject({ method: 'POST', url: '/token', headers: { 'content-type': 'text/plain' }, payload: 'x' })
  t.strictSame(counted, [
    { grant_type: 'authorization_code', outcome: 'issued' },
    { grant_type: 'other', outcome: 'unsupported_grant_type' },
    { grant_type: 'other', outcome: 'invalid_request' },
    { grant_type: 'other', outcome: 'invalid_request' },
  ])
})
