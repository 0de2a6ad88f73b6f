// threat-model.md T9: PKCE can't be talked away, neither by the side that starts an authorization nor by the one that ends it.
import { createHash } from 'node:crypto'
import t from 'tap'
import { wayBackOf } from '#test/support/people/person.ts'
import { ISSUER } from '#test/support/app.ts'
import { REDIRECT_URI, createApi, credentials, isOAuthError } from '#test/support/api.ts'

const api = await createApi(t)
const open = await api.register({ token_endpoint_auth_method: 'none' })
const confidential = await api.register()
const VERIFIER = 'v'.repeat(43)
const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url')
const S256 = { value: CHALLENGE, method: 'S256' } as const
const PLAIN = { value: VERIFIER, method: 'plain' } as const

const exchange = (code: string, client = open, changes: Record<string, string | string[]> = {}) =>
  api.post('/token', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, ...credentials(client), ...changes })

//= https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1
//# Authorization servers MUST mitigate PKCE downgrade attacks by ensuring that a token request containing a "code_verifier"
//# parameter is accepted only if a "code_challenge" parameter was present in the authorization request
t.test('T9: a verifier without a challenge is an error, and uses nothing up', async (t) => {
  const code = await api.code(confidential)
  isOAuthError(t, await exchange(code, confidential, { code_verifier: VERIFIER }), 400, 'invalid_grant', /held no code_challenge/)
  t.equal((await exchange(code, confidential)).statusCode, 200)
})

t.test('T9: a challenge makes the verifier mandatory, of every client, and no other will do', async (t) => {
  for (const client of [open, confidential]) {
    for (const codeChallenge of [S256, PLAIN]) {
      const code = await api.code(client, { codeChallenge })
      isOAuthError(t, await exchange(code, client), 400, 'invalid_grant', /code_verifier is required/)
      isOAuthError(t, await exchange(code, client, { code_verifier: '' }), 400, 'invalid_grant', /code_verifier is required/)
      isOAuthError(t, await exchange(code, client, { code_verifier: [VERIFIER, VERIFIER] }), 400, 'invalid_request', /repeated/)
      for (const code_verifier of [
        'w'.repeat(43),
        VERIFIER.slice(1),
        `${VERIFIER}v`,
        VERIFIER.toUpperCase(),
        'short',
        `${VERIFIER.slice(1)} `,
      ]) {
        isOAuthError(
          t,
          await exchange(code, client, { code_verifier }),
          400,
          'invalid_grant',
          'code_verifier does not match the code_challenge',
          code_verifier,
        )
      }
      t.equal((await exchange(code, client, { code_verifier: VERIFIER })).statusCode, 200)
    }
  }
})

t.test('T9: the method is the one of the authorization request: a stolen challenge is no verifier', async (t) => {
  const code = await api.code(open, { codeChallenge: S256 })
  isOAuthError(
    t,
    await exchange(code, open, { code_verifier: CHALLENGE, code_challenge_method: 'plain' }),
    400,
    'invalid_grant',
    /does not match/,
  )
  const plain = await api.code(open, { codeChallenge: { value: CHALLENGE, method: 'plain' } })
  isOAuthError(t, await exchange(plain, open, { code_verifier: VERIFIER }), 400, 'invalid_grant', /does not match/)
})

t.test('T9: a public client cannot begin without a challenge, and nobody with a bad one', async (t) => {
  const start = async (client: { client_id: string }, changes: Record<string, string>, app = api.app) => {
    const query = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      state: 's',
      prompt: 'none',
      ...changes,
    })
    const { headers, body } = await app.inject(`/authorize?${query.toString()}`)
    const { searchParams } = headers.location === undefined ? wayBackOf({ html: body })! : new URL(headers.location)
    t.match(Object.fromEntries(searchParams), { state: 's', iss: ISSUER })
    return searchParams.get('error_description')
  }
  t.match(await start(open, {}), 'code_challenge is required')
  t.match(await start(open, { code_challenge_method: 'S256' }), 'needs a code_challenge')
  t.match(await start(open, { code_challenge: CHALLENGE, code_challenge_method: 's256' }), 'must be S256 or plain')
  t.match(await start(open, { code_challenge: 'short', code_challenge_method: 'S256' }), 'not a valid S256')
  t.match(await start(open, { code_challenge: 'short' }), 'not a valid plain')
  t.match(await start(confidential, {}), 'not logged in', 'a client with a secret may do without')

  const strict = await createApi(t, { REQUIRE_PKCE: 'true', CODE_CHALLENGE_METHODS: 'S256' })
  const client = await strict.register()
  t.match(await start(client, {}, strict.app), 'code_challenge is required')
  t.match(await start(client, { code_challenge: CHALLENGE }, strict.app), 'must be S256')
  t.match(await start(client, { code_challenge: CHALLENGE, code_challenge_method: 'S256' }, strict.app), 'not logged in')
})
