import { Value } from '@sinclair/typebox/value'
import t from 'tap'
import { RegistrationRequest, RegistrationResponse } from '#src/schemas/registration.ts'
import { shapeOf } from '#test/support/shape.ts'

const LISTS = [
  'redirect_uris',
  'grant_types',
  'response_types',
  'contacts',
  'default_acr_values',
  'request_uris',
  'post_logout_redirect_uris',
]
const FLAGS = [
  'require_auth_time',
  'dpop_bound_access_tokens',
  'backchannel_logout_session_required',
  'require_signed_request_object',
  'require_pushed_authorization_requests',
]
/** The schema accepts anything as a key set: domain/client/client-keys.ts validates it. */
const NO_TEXTS = ['jwks', 'default_max_age', ...FLAGS]

t.test('a registration may leave out any member, have null for it, and have unknown ones', async (t) => {
  const passes = await shapeOf(t, RegistrationRequest)
  t.ok(await passes({}), 'the rules check what is required')
  t.ok(await passes(Object.fromEntries(Object.keys(RegistrationRequest.properties).map((name) => [name, null]))))
  t.ok(
    await passes({
      redirect_uris: ['https://a.example'],
      jwks: { keys: [] },
      unknown: 7,
      'client_name#ko': '이름',
      'client_uri#ko': null,
      'tos_uri#': 7,
    }),
  )
})

t.test('a registration has texts and lists of texts, within limits (T18)', async (t) => {
  const passes = await shapeOf(t, RegistrationRequest)
  for (const name of Object.keys(RegistrationRequest.properties).filter((name) => !NO_TEXTS.includes(name))) {
    const list = LISTS.includes(name)
    for (const wrong of [7, true, {}, list ? 'x' : ['x']]) t.notOk(await passes({ [name]: wrong }), `${name} ${JSON.stringify(wrong)}`)
    t.notOk(await passes({ [name]: list ? ['x'.repeat(4097)] : 'x'.repeat(16_385) }), `${name} too long`)
    if (list)
      for (const entries of [[7], [null], Array.from({ length: 65 }, () => 'x')])
        t.notOk(await passes({ [name]: entries }), `${name} ${entries.length}`)
  }
  for (const wrong of [-1, 1.5, 1e10, '3600', true]) t.notOk(await passes({ default_max_age: wrong }), `default_max_age ${wrong}`)
  for (const wrong of [0, 'true', {}]) {
    for (const name of FLAGS) t.notOk(await passes({ [name]: wrong }), `${name} ${JSON.stringify(wrong)}`)
  }
  for (const wrong of [7, ['x'], 'x'.repeat(2049)]) t.notOk(await passes({ 'client_name#ko-KR': wrong }), 'names in a language, too')
  t.notOk(await passes(Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`member_${n}`, n]))), 'too many members')
})

t.test('a response has an id, and never null', async (t) => {
  const answer = {
    client_id: 'x',
    client_id_issued_at: 1,
    redirect_uris: [],
    token_endpoint_auth_method: 'none',
    grant_types: [],
    response_types: [],
  }
  t.ok(Value.Check(RegistrationResponse, { ...answer, 'client_name#ko': '이름' }))
  for (const name of Object.keys(RegistrationResponse.properties))
    t.notOk(Value.Check(RegistrationResponse, { ...answer, [name]: null }), name)
})
