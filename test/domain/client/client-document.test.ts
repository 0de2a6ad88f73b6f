import t from 'tap'
import { documentHost, isDocumentUrl, parseClientDocument } from '#src/domain/client/client-document.ts'

const CLIENT_ID = 'https://client.example/oauth/client.json'
const KEY = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }
const DOCUMENT = { client_id: CLIENT_ID, client_name: 'Client', redirect_uris: ['https://client.example/callback'] }

const parse = (change: Record<string, unknown>) => parseClientDocument(CLIENT_ID, JSON.stringify({ ...DOCUMENT, ...change }))

t.test('a client id is the URL of a document if it is https, with a path, in normal form', async (t) => {
  for (const url of [
    CLIENT_ID,
    'https://client.example/',
    'https://client.example/a?version=2',
    'https://client.example:8443/a',
    'https://xn--bcher-kva.example/a',
    'https://client.example/a%20b/..c',
  ]) {
    t.equal(isDocumentUrl(url), true, url)
  }
})

t.test('no other client id is ever taken for the URL of a document', async (t) => {
  for (const id of [
    ...['', 'client_abc', 'http://client.example/a', 'HTTPS://client.example/a', 'ftp://client.example/a', 'urn:client'],
    ...['https://client.example', 'https://client.example?a=1'], // no path
    ...['https://client.example/a#b', 'https://client.example/a#'],
    ...['https://user@client.example/a', 'https://user:secret@client.example/a', 'https://@client.example/a'],
    ...[
      'https://client.example/a/./b',
      'https://client.example/a/../b',
      'https://client.example/..',
      'https://client.example/a/%2e%2E/b',
      'https://client.example/%2e',
    ],
    ...[
      'https://CLIENT.example/a',
      'https://client.example:443/a',
      'https:client.example/a',
      'https:///client.example/a',
      'https:\\\\client.example\\a',
    ],
    ...[
      'https://client.example/a b',
      'https://client.example/\t',
      'https://bücher.example/a',
      'https://0x7f.1/a',
      'https://client.example/"',
      'https:///a',
      'https://',
    ],
    `https://client.example/${'a'.repeat(1024)}`,
  ]) {
    t.equal(isDocumentUrl(id), false, id)
  }
})

t.test('the host of a document is known for clients that have one', async (t) => {
  t.equal(documentHost({ id: CLIENT_ID, origin: 'document' }), 'client.example')
  t.equal(documentHost({ id: 'https://client.example:8443/a', origin: 'document' }), 'client.example:8443')
  t.equal(documentHost({ id: CLIENT_ID, origin: 'operator' }), undefined)
  t.equal(documentHost({ id: 'client_abc', origin: 'registration' }), undefined)
})

t.test('a document cannot join the sector of another party', async (t) => {
  const sector = { sector_identifier_uri: 'https://party.example/sector.json', subject_type: 'pairwise' }
  t.match(parse(sector), { ok: true, value: { subjectType: 'pairwise', sectorIdentifierUri: undefined } })
  t.match(parse({ ...sector, redirect_uris: ['https://a.example/', 'https://b.example/'] }), {
    ok: false,
    error: /^subject_type pairwise needs a sector_identifier_uri/,
  })
})

t.test('the rules of registration apply to documents', async (t) => {
  t.match(parse({ logo_uri: 'https://client.example/logo.png', 'client_name#ko': '클라이언트', scope: 'openid email', unknown: [1] }), {
    ok: true,
    value: {
      redirectUris: ['https://client.example/callback'],
      tokenEndpointAuthMethod: 'none',
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'email'],
      display: { client_name: 'Client', 'client_name#ko': '클라이언트', logo_uri: 'https://client.example/logo.png' },
    },
  })
})

t.test('a document that violates the rules is refused, and the reason names the member', async (t) => {
  const cases: readonly [change: Record<string, unknown>, reason: RegExp][] = [
    [{ client_id: undefined }, /^client_id has the wrong type or size$/],
    [{ client_id: 7 }, /^client_id has the wrong type or size$/],
    [{ client_id: `${CLIENT_ID}/` }, /^its client_id is not the URL that it was fetched from$/],
    [{ client_id: CLIENT_ID.toUpperCase() }, /^its client_id is not/],
    [{ redirect_uris: undefined }, /^redirect_uris is required/],
    [{ redirect_uris: 'https://client.example/callback' }, /^redirect_uris has the wrong type or size$/],
    [{ redirect_uris: [7] }, /^redirect_uris has the wrong type or size$/],
    [{ redirect_uris: ['javascript:alert(1)'] }, /must not use the scheme javascript$/],
    [{ redirect_uris: ['http://client.example/callback'] }, /must be https unless/],
    [{ redirect_uris: ['https://client.example/callback?code=1'] }, /must not hold the parameter code/],
    [{ client_uri: 'javascript:alert(1)' }, /^client_uri must be an https URL$/],
    [{ grant_types: ['implicit'] }, /^grant_types must include authorization_code, /],
    [
      { grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [KEY] } },
      /^grant_types must include one of authorization_code, /,
    ],
    [{ client_secret: 'secret' }, /^it must not hold a client_secret$/],
    [{ client_secret: '' }, /^it must not hold a client_secret$/],
    [{ client_secret_expires_at: 0 }, /^it must not hold a client_secret$/],
    [{ jwks: { keys: [{ ...KEY, d: 'AA' }] } }, /^jwks must hold public keys only$/],
    [{ jwks: { keys: [KEY] }, jwks_uri: 'https://client.example/keys' }, /^jwks and jwks_uri must not both be given$/],
    [{ jwks_uri: 'http://127.0.0.1/keys' }, /^jwks_uri must be an https URL$/],
  ]
  for (const [change, reason] of cases) {
    const parsed = parse(change)
    t.match(parsed.ok ? '' : parsed.error, reason, JSON.stringify(change))
  }
})

t.test('what is not a JSON object is refused', async (t) => {
  for (const body of ['', '{', '<html>', 'undefined'])
    t.match(parseClientDocument(CLIENT_ID, body), { ok: false, error: 'it is not JSON' }, body)
  for (const body of ['null', '[]', '"text"', '7'])
    t.match(parseClientDocument(CLIENT_ID, body), { ok: false, error: /has the wrong type or size$/ }, body)
})

t.test('null means that a member is absent', async (t) => {
  t.match(
    parse({
      client_secret: null,
      client_secret_expires_at: null,
      token_endpoint_auth_method: null,
      token_endpoint_auth_methods_supported: null,
      jwks: null,
    }),
    {
      ok: true,
      value: { tokenEndpointAuthMethod: 'none' },
    },
  )
})

t.test('the methods of a document are those that both sides support, its preference first', async (t) => {
  const jwks = { keys: [KEY] }
  const cases: readonly [change: Record<string, unknown>, method: string, all?: readonly string[]][] = [
    [{}, 'none'],
    [{ token_endpoint_auth_methods_supported: [] }, 'none'],
    [{ token_endpoint_auth_method: 'none' }, 'none'],
    [{ token_endpoint_auth_method: 'private_key_jwt', jwks }, 'private_key_jwt'],
    [{ token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://client.example/keys' }, 'private_key_jwt'],
    [
      { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'], jwks },
      'private_key_jwt',
      ['private_key_jwt', 'none'],
    ],
    [
      { token_endpoint_auth_method: 'none', token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'], jwks },
      'none',
      ['none', 'private_key_jwt'],
    ],
    [{ token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'], jwks }, 'none', ['none', 'private_key_jwt']],
    [{ token_endpoint_auth_methods_supported: ['tls_client_auth', 'private_key_jwt'], jwks }, 'private_key_jwt'],
    [{ token_endpoint_auth_method: 'tls_client_auth', token_endpoint_auth_methods_supported: ['tls_client_auth', 'none'] }, 'none'],
    [{ token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'] }, 'none'],
    [{ token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'] }, 'none'], // no key
  ]
  for (const [change, method, all] of cases) {
    const parsed = parse(change)
    t.equal(parsed.ok ? parsed.value.tokenEndpointAuthMethod : parsed.error, method, JSON.stringify(change))
    t.same(parsed.ok ? parsed.value.authMethods : parsed.error, all, JSON.stringify(change))
  }
})

//= https://drafts.oauth.net/draft-ietf-oauth-client-id-metadata-document/draft-ietf-oauth-client-id-metadata-document.html#section-4.1
//# the `token_endpoint_auth_method` property MUST NOT include `client_secret_post`, `client_secret_basic`, `client_secret_jwt`, or any other method based around a shared symmetric secret
t.test('a document that wants a shared secret, or supports none of our methods, is refused', async (t) => {
  for (const method of ['client_secret_post', 'client_secret_basic', 'client_secret_jwt']) {
    t.match(
      parse({ token_endpoint_auth_method: method }),
      { ok: false, error: 'token_endpoint_auth_method must not need a shared secret' },
      method,
    )
    t.match(
      parse({ token_endpoint_auth_methods_supported: [method] }),
      { ok: false, error: 'token_endpoint_auth_method must be one of private_key_jwt, none' },
      method,
    )
  }
  t.match(parse({ token_endpoint_auth_method: 'tls_client_auth' }), {
    ok: false,
    error: 'token_endpoint_auth_method must be one of private_key_jwt, none',
  })
  t.match(parse({ token_endpoint_auth_method: 'private_key_jwt' }), { ok: false, error: 'private_key_jwt needs jwks or jwks_uri' })
  t.match(parse({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [KEY] }, token_endpoint_auth_signing_alg: 'HS256' }), {
    ok: false,
    error: 'token_endpoint_auth_signing_alg must be one of RS256, PS256, ES256, EdDSA',
  })
})
