import fc from 'fast-check'
import t from 'tap'
import { displayName, displayed } from '#src/domain/client/client-display.ts'
import { renderClientMetadata } from '#src/domain/client/client-information.ts'
import { parseClientMetadata } from '#src/domain/client/client-metadata.ts'
import type { ClientMetadata } from '#src/domain/client/client-metadata.ts'
import { holds } from '#test/support/property.ts'
import { sampleClient } from '#test/support/records.ts'

const REDIRECT = { redirect_uris: ['https://client.example/cb'] }

function parsed(body: Record<string, unknown>): ClientMetadata {
  const metadata = parseClientMetadata({ ...REDIRECT, ...body })
  if (!metadata.ok) throw metadata.error
  return metadata.value
}

function refusal(body: Record<string, unknown>): [string, string] | undefined {
  const metadata = parseClientMetadata({ ...REDIRECT, ...body })
  return metadata.ok ? undefined : [metadata.error.code, metadata.error.description]
}

t.test('a client that registers next to nothing gets the defaults', async (t) => {
  const defaults = {
    redirect_uris: ['https://client.example/cb'],
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }
  t.strictSame(renderClientMetadata(parsed({})), defaults)
  const lists = ['grant_types', 'response_types', 'contacts', 'default_acr_values', 'request_uris', 'post_logout_redirect_uris']
  const texts = [
    'scope',
    'client_name',
    'client_uri',
    'application_type',
    'subject_type',
    'sector_identifier_uri',
    'initiate_login_uri',
    'backchannel_logout_uri',
    'id_token_signed_response_alg',
  ]
  const empty = Object.fromEntries([...lists.map((name) => [name, []]), ...texts.map((name) => [name, ''])])
  t.strictSame(renderClientMetadata(parsed(empty)), defaults, 'empty members count as absent')
  const absent = Object.fromEntries(
    [
      ...Object.keys(empty),
      'token_endpoint_auth_method',
      'logo_uri',
      'default_max_age',
      'require_auth_time',
      'dpop_bound_access_tokens',
      'backchannel_logout_session_required',
    ].map((name) => [name, null]),
  )
  t.strictSame(renderClientMetadata(parsed(absent)), defaults, 'so is null')
})

t.test('the response contains all that a client registered', async (t) => {
  const body = {
    redirect_uris: ['https://client.example/cb', 'http://localhost:1/cb'],
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    scope: 'openid mcp:tools',
    application_type: 'native',
    id_token_signed_response_alg: 'ES256',
    userinfo_signed_response_alg: 'EdDSA',
    contacts: ['ops@client.example'],
    client_name: 'Client',
    'client_name#ko': '클라이언트',
    client_uri: 'https://client.example/',
    'logo_uri#en-GB': 'https://client.example/logo.png',
    tos_uri: 'https://client.example/tos',
    policy_uri: 'http://localhost:3000/policy',
    software_id: 'x',
    software_version: '1.2',
    subject_type: 'pairwise',
    sector_identifier_uri: 'https://client.example/sector.json',
    default_max_age: 0,
    require_auth_time: false,
    default_acr_values: ['urn:mace:incommon:iap:silver'],
    initiate_login_uri: 'https://client.example/login',
    request_uris: ['https://client.example/request.jwt#Ks7_-'],
    post_logout_redirect_uris: ['https://client.example/bye', 'http://127.0.0.1/bye', 'com.example.app:/bye'],
    backchannel_logout_uri: 'https://client.example/logout?a=1',
    backchannel_logout_session_required: true,
  }
  t.strictSame(renderClientMetadata(parsed(body)), body)
})

t.test('unsupported values are replaced if possible, and the response shows it', async (t) => {
  t.match(parsed({ token_endpoint_auth_method: 'tls_client_auth' }), { tokenEndpointAuthMethod: 'client_secret_basic' })
  t.match(parsed({ token_endpoint_auth_method: 'none' }), { tokenEndpointAuthMethod: 'none' })
  t.strictSame(parsed({ grant_types: ['implicit', 'authorization_code', 'authorization_code'] }).grantTypes, ['authorization_code'])
  t.strictSame(parsed({ grant_types: ['refresh_token', 'authorization_code'] }).grantTypes, ['authorization_code', 'refresh_token'])
  t.match(renderClientMetadata(parsed({ response_types: ['token', 'code'] })), { response_types: ['code'] })
  for (const alg of ['none', 'HS256', 'ES512'])
    t.match(renderClientMetadata(parsed({ id_token_signed_response_alg: alg })), { id_token_signed_response_alg: 'RS256' }, `${alg} (T11)`)
  for (const alg of ['none', 'HS256', 'ES512'])
    t.notOk(
      'userinfo_signed_response_alg' in renderClientMetadata(parsed({ userinfo_signed_response_alg: alg })),
      `${alg}: UserInfo is plain JSON then`,
    )
  t.match(renderClientMetadata(parsed({ subject_type: 'ephemeral' })), { subject_type: 'public' })
  t.equal(parsed({ application_type: 'toaster' }).applicationType, undefined)
  t.equal(parsed({ application_type: 'web' }).applicationType, 'web')
  t.strictSame(parsed({ redirect_uris: ['https://a.example/', 'https://a.example/'] }).redirectUris, ['https://a.example/'])
  t.strictSame(parsed({ scope: 'openid  openid "bad" x' }).scopes, ['openid', 'x'], 'never refused over scope')
})

t.test('a client without a usable redirect URI is refused as RFC 7591 section 3.2.2 says', async (t) => {
  for (const redirect_uris of [undefined, null, []]) {
    const [code, description] = refusal({ redirect_uris })!
    t.equal(code, 'invalid_redirect_uri')
    t.match(description, /^redirect_uris is required/)
  }
  t.strictSame(refusal({ redirect_uris: Array.from({ length: 33 }, (_, n) => `https://a.example/${n}`) }), [
    'invalid_redirect_uri',
    'redirect_uris must have at most 32 entries',
  ])
  t.equal(refusal({ redirect_uris: Array.from({ length: 32 }, (_, n) => `https://a.example/${n}`) }), undefined)
  for (const uri of ['javascript:alert(1)', 'https://a.example/#x', 'http://a.example/', 'https://a.example/?code=1', '']) {
    t.match(refusal({ redirect_uris: ['https://fine.example/', uri] }), ['invalid_redirect_uri', /^redirect_uris: /], uri)
  }
  t.notMatch(refusal({ redirect_uris: ['x\u202Ey\u0000\n'] })?.[1], /[\u202E\u0000\n]/, 'the refusal does not carry on what was hostile')
})

t.test('a client without authorization requests needs no redirect URI and gets no response type', async (t) => {
  const machine = parsed({ grant_types: ['client_credentials'], redirect_uris: undefined, response_types: ['code'] })
  t.match(renderClientMetadata(machine), { grant_types: ['client_credentials'], redirect_uris: [], response_types: [] })
  t.match(refusal({ grant_types: ['client_credentials', 'authorization_code'], redirect_uris: [] }), [
    'invalid_redirect_uri',
    /is required/,
  ])
  t.match(
    refusal({ grant_types: ['client_credentials'], redirect_uris: ['javascript:alert(1)'] }),
    ['invalid_redirect_uri', /javascript/],
    'what is there is checked (T1)',
  )
})

t.test('only a client that authenticates has the client credentials grant (RFC 6749 section 4.4)', async (t) => {
  const grants = (token_endpoint_auth_method: string) =>
    parsed({ token_endpoint_auth_method, grant_types: ['authorization_code', 'client_credentials'] }).grantTypes
  t.strictSame(grants('none'), ['authorization_code'])
  t.strictSame(grants('client_secret_post'), ['authorization_code', 'client_credentials'])
  t.match(refusal({ grant_types: ['client_credentials'], token_endpoint_auth_method: 'none' }), [
    'invalid_client_metadata',
    /^grant_types must/,
  ])
})

t.test('a client that could never start a grant is refused', async (t) => {
  for (const grant_types of [['refresh_token'], ['implicit', 'password']]) {
    t.strictSame(refusal({ grant_types }), [
      'invalid_client_metadata',
      'grant_types must include authorization_code, or another one to begin with',
    ])
  }
  for (const response_types of [['token'], ['id_token', 'code id_token']]) {
    t.strictSame(refusal({ response_types }), ['invalid_client_metadata', 'response_types must include code'])
  }
})

t.test('a web client with a custom scheme is registered as native, and any other combination is accepted', async (t) => {
  const typeOf = (application_type: string, ...redirect_uris: string[]) => parsed({ application_type, redirect_uris }).applicationType
  t.equal(typeOf('web', 'https://a.example/cb', 'com.example.app:/cb'), 'native')
  t.equal(typeOf('web', 'http://localhost:3000/cb'), 'web', 'a web client under development')
  t.equal(typeOf('native', 'https://vscode.dev/redirect', 'http://127.0.0.1/'), 'native', 'VS Code')
  t.equal(typeOf('native', 'cursor://anysphere.cursor-mcp/oauth/callback'), 'native')
})

t.test('every other URI is checked as strictly, and refused by the name of its member (T1, T3, T4)', async (t) => {
  const hostile = [
    'javascript:alert(1)',
    'DATA:text/html,x',
    'http://a.example/',
    'https://u@a.example/',
    'https:a.example',
    'x',
    'https://a.example/<x>',
  ]
  for (const uri of hostile) {
    t.match(
      refusal({ post_logout_redirect_uris: ['https://fine.example/', uri] }),
      ['invalid_client_metadata', /^post_logout_redirect_uris: /],
      uri,
    )
    t.match(
      refusal({ request_uris: ['https://fine.example/', uri] }),
      ['invalid_client_metadata', /^request_uris: .* must be an https URL$/],
      uri,
    )
    t.strictSame(refusal({ initiate_login_uri: uri }), ['invalid_client_metadata', 'initiate_login_uri must be an https URL'], uri)
    t.strictSame(refusal({ sector_identifier_uri: uri }), ['invalid_client_metadata', 'sector_identifier_uri must be an https URL'], uri)
  }
  for (const uri of [...hostile, 'http://localhost/x', 'https://a.example/#x', 'https://a.example:8443/x']) {
    t.strictSame(
      refusal({ backchannel_logout_uri: uri }),
      ['invalid_client_metadata', 'backchannel_logout_uri must be an https URL on port 443'],
      uri,
    )
  }
  for (const member of ['initiate_login_uri', 'sector_identifier_uri']) {
    for (const uri of ['http://localhost/x', 'https://a.example/#x'])
      t.match(refusal({ [member]: uri }), ['invalid_client_metadata', /must be an https URL/], `${member} ${uri}`)
  }
  t.match(refusal({ post_logout_redirect_uris: ['https://a.example/#x'] })?.[1], /must not have a fragment/)
  t.match(refusal({ request_uris: ['https://a.example/r#a#b'] })?.[1], /must be an https URL/)
  const many = Array.from({ length: 33 }, (_, n) => `https://a.example/${n}`)
  for (const member of ['post_logout_redirect_uris', 'request_uris'])
    t.strictSame(refusal({ [member]: many }), ['invalid_client_metadata', `${member} must have at most 32 entries`])
})

t.test('URIs that users see are https, in every language (T1)', async (t) => {
  for (const member of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    for (const name of [member, `${member}#ko`, `${member}#zh-Hant-TW`]) {
      for (const uri of [
        `https://a.example/${'x'.repeat(2048)}`,
        'javascript:alert(1)',
        'JAVASCRIPT:alert(1)//https://a.example',
        'data:text/html,<script>',
        'http://a.example/',
        'https://u@a.example/',
        'https:a.example',
        'x',
      ]) {
        t.strictSame(refusal({ [name]: uri }), ['invalid_client_metadata', `${name} must be an https URL`], `${name} ${uri}`)
      }
      t.equal(parsed({ [name]: 'https://a.example/x' }).display[name], 'https://a.example/x')
    }
  }
})

t.test('names that users see have no invisible characters, and are short (T1)', async (t) => {
  const { display, contacts } = parsed({
    client_name: `\u202EClaude\u0000 <script>alert(1)</script>${'x'.repeat(300)}`,
    'client_name#ko': '\u200B',
    software_id: ' a\nb ',
    contacts: ['\u202Ea@b.example', '\u200B'],
  })
  t.match(display['client_name'], /^Claude <script>alert\(1\)<\/script>x+$/)
  t.equal([...display['client_name']!].length, 200)
  t.notOk('client_name#ko' in display, 'a name of nothing is none')
  t.equal(display['software_id'], 'a b')
  t.strictSame(contacts, ['a@b.example'])
})

t.test('unknown members are not stored, however similar they are to known ones', async (t) => {
  const unknown = {
    jwks_uri: 'http://169.254.169.254/',
    software_statement: 'a.b.c',
    client_id: 'client_chosen',
    client_secret: 'chosen',
    ['client_name#<script>']: 'x',
    ['client_name#']: 'x',
    [`client_name#${'x'.repeat(36)}`]: 'x',
    ['software_id#ko']: 'x',
    ['client_uri#ko\n']: 'https://a.example/',
    ['xclient_uri']: 'https://a.example/',
    ['constructor']: 'x',
  }
  t.strictSame(parsed(unknown).display, {})
  t.strictSame(parsed(JSON.parse('{"__proto__": {"client_name": "x"}}') as Record<string, unknown>).display, {})
  t.strictSame(parsed({ 'client_uri#ko': null, 'client_name#ko': 7 }).display, {}, 'nor what has the wrong type')
})

t.test('a user sees the name in the language of the page, else the plain one, else the id', async (t) => {
  const named = sampleClient({ metadata: { display: { client_name: 'Client', 'client_name#ko': '클라이언트' } } })
  t.equal(displayName(named, 'ko'), '클라이언트')
  t.equal(displayName(named, 'en'), 'Client')
  const regional = sampleClient({
    metadata: { display: { client_name: 'Client', 'client_name#ko-KR': '고객', 'client_name#kok': 'x', 'client_name#EN': 'English' } },
  })
  t.equal(displayName(regional, 'ko'), '고객', 'a region of the language will do')
  t.equal(displayName(regional, 'en'), 'English', 'tags know no case')
  t.equal(displayed(named, 'client_uri', 'ko'), undefined)
  t.equal(displayName(sampleClient({ metadata: { display: { client_uri: 'https://a.example/' } } }), 'en'), 'client_sample')
})

t.test('property: any registration is refused with one of two codes, or its response registers the same again', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.constantFrom('none', 'code', 'authorization_code', 'javascript:x', 'native'),
  )
  const value = fc.oneof(text, fc.constant(null), fc.array(text))
  const names = [
    'client_name',
    'client_uri',
    'logo_uri#ko',
    'software_id',
    'scope',
    'token_endpoint_auth_method',
    'application_type',
    'subject_type',
    'initiate_login_uri',
    'backchannel_logout_uri',
  ]
  const lists = ['grant_types', 'response_types', 'contacts', 'post_logout_redirect_uris', 'request_uris', 'default_acr_values']
  const body = fc.record(
    {
      redirect_uris: fc.array(fc.oneof(fc.webUrl(), text)),
      ...Object.fromEntries(names.map((name) => [name, fc.oneof(text, fc.constant(null))])),
      ...Object.fromEntries(lists.map((name) => [name, fc.array(text)])),
    },
    { requiredKeys: [] },
  )
  holds(
    t,
    fc.property(body, fc.dictionary(text, value), (known, unknown) => {
      const first = parseClientMetadata({ ...unknown, ...known })
      if (!first.ok) return ['invalid_redirect_uri', 'invalid_client_metadata'].includes(first.error.code)
      const response = renderClientMetadata(first.value)
      if (Object.values(response).some((member) => member === null || member === undefined)) return false
      const second = parseClientMetadata(response)
      return second.ok && JSON.stringify(renderClientMetadata(second.value)) === JSON.stringify(response)
    }),
    200,
  )
})
