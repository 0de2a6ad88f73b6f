/** Form Post Response Mode 1.0, and what Multiple Response Types 1.0 says of response modes; test/browser goes the way itself. */
import t from 'tap'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { pageOf } from '#test/support/authorization.ts'
import { CALLBACK, createConversation } from '#test/support/conversation.ts'
import { createPerson } from '#test/support/people/person.ts'

const { app, authorize, authorizeUrl, exchange, person } = await createConversation(t)
await authorize()
const answer = async (parameters = {}) => pageOf(await person.open(authorizeUrl({ response_mode: 'form_post', ...parameters })))

//= https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#FormPostResponseMode
//# In this mode, Authorization Response parameters are encoded as HTML form values that are auto-submitted in the User Agent, and thus are transmitted via the HTTP POST method to the Client, with the result parameters being encoded in the body using the application/x-www-form-urlencoded format.
//= https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#FormPostResponseMode
//# The action attribute of the form MUST be the Client's Redirection URI. The method of the form attribute MUST be POST.
t.test('the answer is a form that posts itself to the client, a code or an error in it', async (t) => {
  const page = await answer()
  t.match(page.html, /<form method="post" action="https:\/\/client\.example\/callback" id="answer">/)
  t.match(page.form, { action: CALLBACK, fields: { code: /./, state: 'xyz', iss: ISSUER } })
  const [, script = ''] = /<script[^>]* src="([^"]+)"/.exec(page.html) ?? []
  t.match((await app.inject(new URL(script, page.url).pathname)).body, /submit\.call\(document\.getElementById\('answer'\)\)/)
  t.equal((await exchange(page.form!.fields['code'])).statusCode, 200)
  t.match((await answer({ response_type: 'token' })).form, {
    action: CALLBACK,
    fields: { error: 'unsupported_response_type', state: 'xyz', iss: ISSUER },
  })
})

//= https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html#FormPostResponseMode
//# Because the Authorization Response is intended to be used only once, the Authorization Server MUST instruct the User Agent (and any intermediaries) not to store or reuse the content of the response.
t.test('nobody keeps the page', async (t) => {
  t.match((await answer()).headers.get('cache-control'), 'no-store')
})

//= https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes
//# For purposes of this specification, the default Response Mode for the OAuth 2.0 code Response Type is the query encoding.
t.test('a client that asks for no mode, or for query, is answered in the query', async (t) => {
  for (const response_mode of [undefined, '', 'query']) {
    const away = await person.authorize(authorizeUrl({ response_mode }))
    t.match([away.searchParams.get('code'), away.hash], [/./, ''])
  }
})

//= https://openid.net/specs/oauth-v2-multiple-response-types-1_0.html#ResponseModes
//# Informs the Authorization Server of the mechanism to be used for returning Authorization Response parameters from the Authorization Endpoint.
t.test('a mode that is not there is an error, in the default one; the metadata names those that are', async (t) => {
  for (const response_mode of ['fragment', 'web_message', 'constructor'])
    t.match(await authorize({ response_mode }), { error: 'invalid_request', state: 'xyz' }, response_mode)
  const metadata = (await app.inject('/.well-known/openid-configuration')).json<Record<string, unknown>>()
  t.strictSame(metadata['response_modes_supported'], ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'])
  const stranger = createPerson(ISSUER, injectFetch(app))
  t.match(pageOf(await stranger.open(authorizeUrl({ response_mode: 'form_post', prompt: 'none' }))).form?.fields, {
    error: 'login_required',
  })
})
