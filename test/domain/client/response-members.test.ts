import t from 'tap'
import { parseResponseMembers } from '#src/domain/client/response-members.ts'

t.test('a client chooses how responses to it are signed', async (t) => {
  t.same(parseResponseMembers({}), {
    ok: true,
    value: { authorizationSignedResponseAlg: undefined, introspectionSignedResponseAlg: undefined },
  })
  for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA'] as const)
    t.same(parseResponseMembers({ authorization_signed_response_alg: alg, introspection_signed_response_alg: alg }), {
      ok: true,
      value: { authorizationSignedResponseAlg: alg, introspectionSignedResponseAlg: alg },
    })
  t.same(
    parseResponseMembers({
      authorization_signed_response_alg: null,
      introspection_signed_response_alg: '',
      authorization_encrypted_response_alg: null,
    }),
    parseResponseMembers({}),
    'null and nothing count as absent',
  )
})

t.test('an algorithm that is not there is refused, and so is encryption: the client would wait for what never comes', async (t) => {
  for (const name of ['authorization_signed_response_alg', 'introspection_signed_response_alg'])
    for (const alg of ['none', 'HS256', 'RS512', 'es256', 'constructor'])
      t.same(parseResponseMembers({ [name]: alg }), { ok: false, error: `${name} must be one of RS256, ES256, PS256, EdDSA` }, alg)
  for (const kind of ['authorization', 'introspection'])
    for (const member of ['alg', 'enc']) {
      const name = `${kind}_encrypted_response_${member}`
      t.same(parseResponseMembers({ [name]: 'x' }), {
        ok: false,
        error: `${name} is not supported: responses are signed, and never encrypted`,
      })
    }
})
