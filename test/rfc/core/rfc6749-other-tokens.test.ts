// A token of another kind, where a code or a refresh token belongs: clients start again after `invalid_grant` only.
import t from 'tap'
import { createDeviceConversation } from '#test/support/clients/devices.ts'

const { tokens, exchange, refresh, poll, ask } = await createDeviceConversation(t)

//= https://www.rfc-editor.org/rfc/rfc6749#section-5.2
//# invalid_grant The provided authorization grant (e.g., authorization code, resource owner credentials) or refresh token is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.
t.test('a token of another kind is an invalid grant, however long it is', async (t) => {
  const { access_token, id_token, refresh_token } = await tokens()
  t.ok(access_token.length > 512)
  for (const token of [access_token, id_token, 'x'.repeat(513), 'x'.repeat(8192), `${refresh_token}x`, '한글', ' ', 'a b']) {
    t.match((await refresh(token)).json(), { error: 'invalid_grant' }, `refresh_token ${token.slice(0, 20)}`)
    t.match((await exchange(token)).json(), { error: 'invalid_grant' }, `code ${token.slice(0, 20)}`)
    t.match((await poll(await ask(), { device_code: token })).json(), { error: 'invalid_grant' }, `device_code ${token.slice(0, 20)}`)
  }
  t.match((await refresh(refresh_token)).json(), { token_type: 'Bearer' }, 'and the grant lives on')
})
