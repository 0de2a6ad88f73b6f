import t from 'tap'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { createPerson } from '#test/support/people/person.ts'
import { createConversation } from '#test/support/conversation.ts'

const { app, authorize, authorizeUrl, person } = await createConversation(t)

//= https://www.rfc-editor.org/rfc/rfc9207#section-2
//# In authorization responses to the client, including error responses, an authorization server supporting this specification MUST indicate its identity by including the iss parameter in the response.
t.test('iss comes with a code, and with every error', async (t) => {
  t.match(await authorize(), { code: /./, iss: ISSUER })
  const errors: [Record<string, string | string[] | undefined>, string][] = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: undefined }, 'invalid_request'],
    [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    [{ scope: ['a', 'b'] }, 'invalid_request'],
    [{ resource: 'no URI' }, 'invalid_target'],
    [{ request: 'x' }, 'invalid_request_object'],
    [{ request_uri: 'https://client.example/request' }, 'invalid_request_uri'],
    [{ prompt: 'none consent' }, 'invalid_request'],
  ]
  for (const [parameters, error] of errors) t.match(await authorize(parameters), { error, iss: ISSUER, state: 'xyz' }, error)
  t.match(await authorize({ prompt: 'none' }, createPerson(ISSUER, injectFetch(app))), { error: 'login_required', iss: ISSUER })
})

t.test('iss comes with a denial', async (t) => {
  const { page } = await person.open(authorizeUrl({ prompt: 'consent' }))
  const { away } = await person.submit(page!, { decision: 'deny' })
  t.match(Object.fromEntries(away!.searchParams), { error: 'access_denied', iss: ISSUER })
})

t.test('iss comes by form_post, too', async (t) => {
  const { page } = await person.open(authorizeUrl({ response_mode: 'form_post' }))
  t.equal(page!.form!.action, 'https://client.example/callback')
  t.match(page!.form!.fields, { code: /./, state: 'xyz', iss: ISSUER })
})

//= https://www.rfc-editor.org/rfc/rfc9207#section-3
//# Boolean value indicating whether the authorization server provides the iss parameter in the authorization response.
//= https://www.rfc-editor.org/rfc/rfc9207#section-2.3
//# The issuer identifier included in the server's metadata value issuer MUST be identical to the iss parameter's value.
//= https://www.rfc-editor.org/rfc/rfc9207#section-2.3
//# The server MUST indicate its support for the iss parameter by setting the metadata parameter authorization_response_iss_parameter_supported, defined in Section 3, to true.
t.test('the metadata promises it, with the very same issuer', async (t) => {
  const document = (await app.inject('/.well-known/oauth-authorization-server')).json<Record<string, unknown>>()
  t.match(document, { authorization_response_iss_parameter_supported: true, issuer: (await authorize())['iss'] })
})
