// OAuth 2.0 Token Exchange, as far as it goes: a personal access token for a short JWT.
import t from 'tap'
import { createApi } from '#test/support/api.ts'
import { addUser } from '#test/support/authorization.ts'
import { addPersonalToken, addResource } from '#test/support/people/personal-tokens.ts'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const api = await createApi(t, { PERSONAL_TOKENS: 'on' })
const { text } = await addPersonalToken(api, await addUser(api, 'ada', 'engine'), await addResource(api))
const exchange = (changes: Record<string, string> = {}) =>
  api.post('/token', {
    client_id: 'personal-access-token',
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: text,
    subject_token_type: ACCESS_TOKEN,
    ...changes,
  })

//= https://www.rfc-editor.org/rfc/rfc8693#section-2.2
//# The authorization server responds to a token exchange request with a normal OAuth 2.0 response from the token endpoint, as specified in Section 5 of [RFC6749].
t.test('an exchange answers with a token, and says what kind of token it is', async (t) => {
  t.match((await exchange()).json(), { access_token: /^[\w-]+\.[\w-]+\.[\w-]+$/, issued_token_type: ACCESS_TOKEN, token_type: 'Bearer' })
})

//= https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2
//# If the request itself is not valid or if either the subject_token or actor_token are invalid for any reason, or are unacceptable based on policy, the authorization server MUST construct an error response, as specified in Section 5.2 of [RFC6749].  The value of the error parameter MUST be the invalid_request error code.
t.test('a subject token that does not count is an invalid request', async (t) => {
  for (const changes of [{ subject_token: 'another' }, { subject_token_type: 'urn:example:other' }, { actor_token: 'any' }]) {
    const response = await exchange(changes)
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_request' }])
  }
})

//= https://www.rfc-editor.org/rfc/rfc8693#section-2.2.2
//# If the authorization server is unwilling or unable to issue a token for any target service indicated by the resource or audience parameters, the invalid_target error code SHOULD be used in the error response.
t.test('a target that the token is not for is an invalid target', async (t) => {
  for (const name of ['resource', 'audience'])
    t.match((await exchange({ [name]: 'https://other.example/' })).json(), { error: 'invalid_target' })
})
