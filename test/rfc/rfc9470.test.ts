import { decodeJwt } from 'jose'
import t from 'tap'
import { PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { ADMIN } from '#test/support/app.ts'
import { RESOURCE, createConversation } from '#test/support/conversation.ts'

const conversation = await createConversation(t, { metadata: { token_endpoint_auth_method: 'client_secret_basic' } })
const { authorizeUrl, clock, exchange, person, refresh, send, tokens } = conversation

//= https://www.rfc-editor.org/rfc/rfc9470#section-5
//# including acr and auth_time in the access token
t.test('a resource reads from the token, or by introspection, how and when the person logged in', async (t) => {
  const loggedInAt = Math.floor(clock.now / 1000)
  const issued = await tokens({ resource: RESOURCE })
  const expected = { auth_time: loggedInAt, acr: PASSWORD_LOGIN.acr }
  t.match(decodeJwt(issued.access_token), expected)
  t.match((await send('/introspect', { token: issued.access_token })).json(), { active: true, ...expected })
  clock.now += 60_000
  t.match(decodeJwt((await refresh(issued.refresh_token)).json<typeof issued>().access_token), expected, 'a refresh is no login')
})

//= https://www.rfc-editor.org/rfc/rfc9470#section-5
//# the authorization server SHOULD consider the requested acr value as
t.test('a client whose resource wants what no login here meets is told so, rather than sent around in circles', async (t) => {
  const answer = (parameters: Record<string, string>) => conversation.authorize(parameters)
  t.match(await answer({ resource: RESOURCE, acr_values: 'urn:example:gold urn:example:silver' }), {
    error: 'unmet_authentication_requirements',
    state: 'xyz',
  })
  t.ok((await answer({ resource: RESOURCE, acr_values: `urn:example:gold ${PASSWORD_LOGIN.acr}` }))['code'])
  t.ok((await answer({ resource: RESOURCE, acr_values: '' }))['code'])
  t.ok((await answer({ acr_values: 'urn:example:gold' }))['code'], 'to an id_token alone they are voluntary')
})

//= https://www.rfc-editor.org/rfc/rfc9470#section-1
//# a mechanism for a client to request that an authorization server achieve a specific authentication strength or recentness when processing an authorization request
t.test('a client that was challenged by insufficient_user_authentication gets a token of a fresh login', async (t) => {
  await tokens({ resource: RESOURCE })
  clock.now += 120_000
  // WWW-Authenticate: Bearer error="insufficient_user_authentication", max_age="60", acr_values="..."
  const challenged = { resource: RESOURCE, max_age: '60', acr_values: PASSWORD_LOGIN.acr }
  const { page } = await person.open(authorizeUrl(challenged))
  t.match(page?.html, /type="password"/)
  const { away } = await person.submit(page!, ADMIN)
  const code = away?.searchParams.get('code') ?? (await person.authorize(authorizeUrl(challenged))).searchParams.get('code')!
  const claims = decodeJwt((await exchange(code)).json<{ access_token: string }>().access_token)
  t.match(claims, { acr: PASSWORD_LOGIN.acr, auth_time: Math.floor(clock.now / 1000), aud: RESOURCE })
})
