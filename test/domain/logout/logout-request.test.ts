import t from 'tap'
import { clientOfLogout, verifyPostLogoutRedirect } from '#src/domain/logout/logout-request.ts'
import { sampleClient } from '#test/support/records.ts'

const client = sampleClient({ metadata: { postLogoutRedirectUris: ['https://client.example/bye?a=1', 'http://127.0.0.1/bye'] } })

/** Where the user goes, or why the request is refused. */
function outcomeOf(parameters: Parameters<typeof verifyPostLogoutRedirect>[1], of: typeof client | undefined = client): string | undefined {
  const redirect = verifyPostLogoutRedirect(of, parameters)
  return redirect.ok ? redirect.value?.location : redirect.error.description
}

t.test('a logout request is from the client that it names, or the one of its id_token_hint, and never from two', async (t) => {
  t.same(clientOfLogout({}, undefined), { ok: true, value: undefined })
  t.same(clientOfLogout({ client_id: 'a' }, undefined), { ok: true, value: 'a' })
  t.same(clientOfLogout({}, 'a'), { ok: true, value: 'a' })
  t.same(clientOfLogout({ client_id: 'a' }, 'a'), { ok: true, value: 'a' })
  t.match(clientOfLogout({ client_id: 'a' }, 'b'), {
    ok: false,
    error: { code: 'invalid_request', description: 'client_id differs from the client of id_token_hint' },
  })
})

t.test('after the logout a user only goes to a registered URI, with the state appended (T3)', async (t) => {
  t.equal(outcomeOf({}), undefined)
  t.equal(outcomeOf({ state: 's' }), undefined)
  t.equal(outcomeOf({ post_logout_redirect_uri: 'https://client.example/bye?a=1' }), 'https://client.example/bye?a=1')
  t.equal(
    outcomeOf({ post_logout_redirect_uri: 'https://client.example/bye?a=1', state: 'a b&' }),
    'https://client.example/bye?a=1&state=a%20b%26',
  )
  t.equal(outcomeOf({ post_logout_redirect_uri: 'http://127.0.0.1:4711/bye' }), 'http://127.0.0.1:4711/bye')
  for (const uri of [
    'https://client.example/bye',
    'https://client.example/callback',
    'https://client.example/bye?a=1&',
    'http://localhost/bye',
  ]) {
    t.match(outcomeOf({ post_logout_redirect_uri: uri }), /not one that this client registered/, uri)
  }
  t.match(
    outcomeOf({ post_logout_redirect_uri: 'https://client.example/callback' }, sampleClient()),
    /not one that this client registered/,
    'none registered',
  )
  const unknown = verifyPostLogoutRedirect(undefined, { post_logout_redirect_uri: 'https://client.example/bye?a=1' })
  t.match(unknown, { ok: false, error: { description: /needs the client_id/ } })
})
