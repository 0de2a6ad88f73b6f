import { decodeJwt } from 'jose'
import t from 'tap'
import { ISSUER } from '../support/app.ts'
import { RESOURCE, createConversation } from '../support/conversation.ts'
import type { Tokens } from '../support/conversation.ts'

const { authorize, exchange, refresh, tokens } = await createConversation(t)
const OTHER = 'https://other.example/'
const audienceOf = (issued: Tokens) => decodeJwt(issued.access_token).aud

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# Its value MUST be an absolute URI, as specified by Section 4.3 of [RFC3986].
t.test('a resource that is no absolute URI is invalid_target', async (t) => {
  for (const resource of ['mcp', '/mcp', 'mcp.example.com', [RESOURCE, 'x']]) t.match(await authorize({ resource }), { error: 'invalid_target' }, String(resource))
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# The URI MUST NOT include a fragment component.
t.test('a resource with a fragment is invalid_target', async (t) => {
  for (const resource of [`${RESOURCE}#`, `${RESOURCE}#x`]) t.match(await authorize({ resource }), { error: 'invalid_target' })
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# The authorization server SHOULD audience-restrict issued access tokens to the resource(s) indicated by the "resource" parameter.
t.test('the audience of a token is the resource byte for byte, after a refresh, too', async (t) => {
  const issued = await tokens({ resource: RESOURCE }, { resource: RESOURCE })
  t.equal(audienceOf(issued), RESOURCE)
  t.equal(audienceOf(await tokens({ resource: RESOURCE })), RESOURCE, 'also if the token request does not repeat it')
  t.equal(audienceOf((await refresh(issued.refresh_token, { resource: RESOURCE })).json()), RESOURCE)
  t.equal(audienceOf(await tokens()), ISSUER, 'none: the issuer')
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# Multiple "resource" parameters MAY be used to indicate that the requested token is intended to be used at multiple resources.
t.test('several resources are asked together, and taken together or one by one', async (t) => {
  const all = await tokens({ resource: [RESOURCE, OTHER] })
  t.strictSame(audienceOf(all), [RESOURCE, OTHER])
  const one = (await refresh(all.refresh_token, { resource: OTHER })).json<Tokens>()
  t.equal(audienceOf(one), OTHER)
  t.strictSame(audienceOf((await refresh(one.refresh_token)).json()), [RESOURCE, OTHER])
})

//= https://www.rfc-editor.org/rfc/rfc8707#section-2
//# The requested resource is invalid, missing, unknown, or malformed.
t.test('a token request cannot turn to a resource that was not granted (T7)', async (t) => {
  const { code } = await authorize({ resource: RESOURCE })
  for (const resource of [OTHER, `${RESOURCE}/`, `${RESOURCE}/x`, 'https://mcp.example.com', [RESOURCE, OTHER], 'x']) {
    const response = await exchange(code, { resource })
    t.match([response.statusCode, response.json()], [400, { error: 'invalid_target' }], String(resource))
  }
  const issued = (await exchange(code, { resource: RESOURCE })).json<Tokens>()
  t.match((await refresh(issued.refresh_token, { resource: OTHER })).json(), { error: 'invalid_target' })
  t.match((await exchange((await authorize())['code'], { resource: OTHER })).json(), { error: 'invalid_target' }, 'nor where none was asked for')
})

t.test('a slash may be missing on an empty path (CLIENTS.md 10)', async (t) => {
  t.equal(audienceOf(await tokens({ resource: 'https://mcp.example.com' }, { resource: 'https://mcp.example.com/' })), 'https://mcp.example.com')
})
