import t from 'tap'
import { ACR_VALUES, PASSWORD_LOGIN } from '#src/domain/authorization/authentication.ts'
import { parseAuthorizationRequest } from '#src/domain/authorization/authorization-request.ts'
import type { AuthorizationPolicy } from '#src/domain/authorization/authorization-request.ts'
import { createResourceRegistry } from '#src/domain/resource/resource-registry.ts'
import { sampleClient } from '#test/support/records.ts'

const CALLBACK = 'https://client.example/callback'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const policy: AuthorizationPolicy = {
  registry: createResourceRegistry([], 'allow'),
  codeChallengeMethods: ['S256', 'plain'],
  requirePkce: false,
}
const publicClient = sampleClient()
const confidential = sampleClient({ secretHash: 'hash' })
const valid = { response_type: 'code', code_challenge: CHALLENGE, code_challenge_method: 'S256' }

const parse = (parameters: object, client = publicClient, strict: Partial<AuthorizationPolicy> = {}) =>
  parseAuthorizationRequest(parameters, CALLBACK, client, { ...policy, ...strict })

t.test('a plain request is parsed', async (t) => {
  t.strictSame(parse({ ...valid, scope: 'openid email', nonce: 'n', login_hint: 'helen', resource: 'https://mcp.example' }), {
    ok: true,
    value: {
      scopes: ['openid', 'email'],
      targets: [{ identifier: 'https://mcp.example', resource: undefined }],
      claimedSubjects: undefined,
      codeChallenge: { value: CHALLENGE, method: 'S256' },
      dpopJkt: undefined,
      nonce: 'n',
      prompts: new Set(),
      maxAge: undefined,
      loginHint: 'helen',
      redirectKind: 'https',
    },
  })
})

t.test('a request can bind its code to a key, by thumbprint (RFC 9449 section 10)', async (t) => {
  const thumbprint = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
  t.match(parse({ ...valid, dpop_jkt: thumbprint }), { ok: true, value: { dpopJkt: thumbprint } })
  for (const dpop_jkt of [thumbprint.slice(1), `${thumbprint}x`, `${thumbprint.slice(1)}=`]) {
    t.match(parse({ ...valid, dpop_jkt }), { ok: false, error: { code: 'invalid_request', description: /^dpop_jkt must be/ } }, dpop_jkt)
  }
})

t.test('the redirect URI of this request decides how well its receiver is known (T5)', async (t) => {
  for (const [uri, redirectKind] of [
    ['http://localhost:1/cb', 'loopback'],
    ['cursor://cb', 'custom'],
  ] as const) {
    t.match(parseAuthorizationRequest(valid, uri, publicClient, policy), { ok: true, value: { redirectKind } })
  }
})

t.test('what this server does not support is refused with its own error code', async (t) => {
  const table: [object, string, RegExp][] = [
    [{ ...valid, response_type: undefined }, 'invalid_request', /response_type is required/],
    [{ ...valid, response_type: 'token' }, 'unsupported_response_type', /must be code/],
    [{ ...valid, response_type: 'code id_token' }, 'unsupported_response_type', /must be code/],
    [{ ...valid, response_mode: 'fragment' }, 'invalid_request', /response_mode/],
    [{ ...valid, response_mode: 'fragment.jwt' }, 'invalid_request', /response_mode must be query or .* or form_post\.jwt$/],
  ]
  for (const [parameters, code, description] of table)
    t.match(parse(parameters), { ok: false, error: { code, description } }, String(description))
  for (const response_mode of ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'])
    t.match(parse({ ...valid, response_mode }), { ok: true })
})

t.test('a public client must send a challenge, a confidential one may (RFC 7636, T9)', async (t) => {
  const bare = { response_type: 'code' }
  t.match(parse(bare), { ok: false, error: { code: 'invalid_request', description: /^code_challenge is required/ } })
  t.match(parse(bare, confidential), { ok: true, value: { codeChallenge: undefined } })
  t.match(parse(bare, confidential, { requirePkce: true }), {
    ok: false,
    error: { code: 'invalid_request', description: /^code_challenge is required/ },
  })
  t.match(parse(valid, confidential, { requirePkce: true }), { ok: true })
})

t.test('a challenge must have an allowed method, and its form', async (t) => {
  t.match(
    parse({ ...valid, code_challenge_method: undefined }),
    { ok: true, value: { codeChallenge: { method: 'plain' } } },
    'plain is the default (RFC 7636 section 4.3)',
  )
  const table: [object, Partial<AuthorizationPolicy>, RegExp][] = [
    [{ code_challenge_method: 'S256', code_challenge: undefined }, {}, /needs a code_challenge/],
    [{ code_challenge_method: 's256' }, {}, /must be S256 or plain/],
    [{ code_challenge_method: 'S512' }, {}, /must be S256 or plain/],
    [{ code_challenge_method: '' }, {}, /must be S256 or plain/],
    [{ code_challenge_method: 'plain' }, { codeChallengeMethods: ['S256'] }, /must be S256$/],
    [{ code_challenge_method: undefined }, { codeChallengeMethods: ['S256'] }, /must be S256$/],
    [{ code_challenge: '' }, {}, /not a valid S256 challenge/],
    [{ code_challenge: `${CHALLENGE}A` }, {}, /not a valid S256 challenge/],
    [{ code_challenge: 'short', code_challenge_method: 'plain' }, {}, /not a valid plain challenge/],
  ]
  for (const client of [publicClient, confidential]) {
    for (const [change, strict, description] of table) {
      t.match(
        parse({ ...valid, ...change }, client, strict),
        { ok: false, error: { code: 'invalid_request', description } },
        JSON.stringify(change),
      )
    }
  }
})

t.test('prompt none must be the only value; unknown values are ignored (OpenID Connect Core section 3.1.2.1)', async (t) => {
  const table: [string, string[]][] = [
    ['', []],
    ['none', ['none']],
    ['consent', ['consent']],
    ['consent  login consent', ['login', 'consent']],
    ['select_account create', ['select_account']],
    ['NONE', []],
  ]
  for (const [prompt, expected] of table) t.match(parse({ ...valid, prompt }), { ok: true, value: { prompts: new Set(expected) } }, prompt)
  for (const prompt of ['none login', 'consent none', 'none none', 'none create']) {
    t.match(
      parse({ ...valid, prompt }),
      { ok: false, error: { code: 'invalid_request', description: /none must not be combined/ } },
      prompt,
    )
  }
})

t.test('max_age is a number of seconds', async (t) => {
  for (const [max_age, maxAge] of [
    ['0', 0],
    ['3600', 3600],
    ['9999999999', 9_999_999_999],
  ] as const)
    t.match(parse({ ...valid, max_age }), { ok: true, value: { maxAge } })
  for (const max_age of ['', '-1', '1.5', '1e3', 'x', ' 1', '0x1', '١', '99999999999']) {
    t.match(parse({ ...valid, max_age }), { ok: false, error: { code: 'invalid_request', description: /max_age/ } }, max_age)
  }
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# The max_age request parameter overrides this default value.
t.test('a request without max_age has that of its client', async (t) => {
  const client = sampleClient({ metadata: { defaultMaxAge: 60 } })
  t.match(parse(valid, client), { ok: true, value: { maxAge: 60 } })
  t.match(parse({ ...valid, max_age: '3600' }, client), { ok: true, value: { maxAge: 3600 } })
})

t.test('resources are absolute URIs, each once (RFC 8707)', async (t) => {
  const targets = [{ identifier: 'https://a.example' }, { identifier: 'https://b.example' }]
  t.match(parse({ ...valid, resource: ['https://a.example', 'https://b.example', 'https://a.example'] }), { ok: true, value: { targets } })
  for (const resource of ['', '/mcp', 'https://a.example/#x', ['https://a.example', 'b']]) {
    t.match(parse({ ...valid, resource }), { ok: false, error: { code: 'invalid_target' } }, String(resource))
  }
})

t.test('the parameter claims is parsed, and refused if it is not JSON', async (t) => {
  const claims = JSON.stringify({ userinfo: { email: null }, id_token: { sub: { value: 'helen' } } })
  t.match(parse({ ...valid, scope: 'openid', claims }), {
    ok: true,
    value: { claims: { idToken: {}, userinfo: { email: null } }, claimedSubjects: ['helen'] },
  })
  t.match(parse({ ...valid, claims: 'email' }), {
    ok: false,
    error: { code: 'invalid_request', description: /^claims must be a JSON object/ },
  })
})

//= https://openid.net/specs/openid-connect-registration-1_0.html#ClientMetadata
//# Values specified in the acr_values request parameter or an individual acr Claim request override these default values.
t.test('the requested acr comes from the claim acr, else from acr_values, else from the registration', async (t) => {
  const ours = PASSWORD_LOGIN.acr
  const essential = (...values: string[]) => JSON.stringify({ id_token: { acr: { essential: true, values } } })
  const voluntary = (...values: string[]) => JSON.stringify({ id_token: { acr: { values } } })
  const resource = 'https://mcp.example'
  const table: [change: object, registered: string[] | undefined, isMet: boolean][] = [
    [{ resource }, ['gold'], false],
    [{ resource }, ['gold', ours], true],
    [{}, ['gold'], true],
    [{ resource, acr_values: ours }, ['gold'], true],
    [{ resource, acr_values: 'gold' }, [ours], false],
    [{ resource, acr_values: 'gold', claims: voluntary(ours) }, undefined, true],
    [{ resource, claims: voluntary('gold') }, [ours], false],
    [{ claims: voluntary('gold') }, undefined, true],
    [{ claims: essential('gold', 'silver'), acr_values: ours }, [ours], false],
    [{ claims: essential('gold', ours), acr_values: 'gold' }, ['gold'], true],
    [{ claims: essential() }, undefined, false],
  ]
  for (const [change, defaultAcrValues, isMet] of table) {
    const parsed = parse({ ...valid, ...change }, sampleClient({ metadata: { defaultAcrValues } }))
    const expected = isMet
      ? { ok: true }
      : { ok: false, error: { code: 'unmet_authentication_requirements', description: `an acr here is ${ACR_VALUES.join(' or ')}` } }
    t.match(parsed, expected, JSON.stringify([change, defaultAcrValues]))
  }
})

t.test('a client that is held to FAPI 2.0 uses PKCE with S256, whatever the server lets others do', async (t) => {
  const held = sampleClient({ secretHash: 'x', metadata: { tokenEndpointAuthMethod: 'private_key_jwt', securityProfile: 'fapi2' } })
  t.match(parse({ ...valid, code_challenge: CHALLENGE, code_challenge_method: 'S256' }, held), { ok: true })
  for (const pkce of [
    { code_challenge: undefined, code_challenge_method: undefined },
    { code_challenge: 'p'.repeat(43), code_challenge_method: 'plain' },
    { code_challenge: CHALLENGE, code_challenge_method: undefined },
  ]) {
    const { code_challenge: _none, code_challenge_method: _either, ...others } = valid as Record<string, string>
    const given = Object.fromEntries(Object.entries(pkce).filter(([, value]) => value !== undefined))
    t.match(
      parse({ ...others, ...given }, held),
      { ok: false, error: { code: 'invalid_request', description: /code_challenge/ } },
      JSON.stringify(pkce),
    )
  }
})
