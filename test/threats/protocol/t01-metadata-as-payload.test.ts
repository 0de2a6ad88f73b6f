// threat-model.md T1: what a stranger registers is neither run, nor followed, nor able to fool the person who reads it.
import t from 'tap'
import { ISSUER, injectFetch } from '#test/support/app.ts'
import { REDIRECT_URI, createApi, isOAuthError } from '#test/support/api.ts'
import { createPerson } from '#test/support/people/person.ts'

const api = await createApi(t, { RATE_LIMIT_REGISTER: 'off' })
const register = (members: object) =>
  api.app.inject({ method: 'POST', url: '/register', payload: { redirect_uris: [REDIRECT_URI], ...members } })

/** Every spelling gets past a check that looks at text instead of a parsed scheme. */
const schemes = ['javascript', 'data', 'vbscript', 'file', 'blob', 'about', 'filesystem', 'ws', 'wss', 'ftp', 'view-source', 'jar']
const spellings = schemes.flatMap((scheme) => [
  `${scheme}:alert(1)`,
  `${scheme}://host/%0aalert(1)`,
  `${scheme.toUpperCase()}:alert(1)`,
  `${scheme[0]!.toUpperCase()}${scheme.slice(1)}:x`,
])
const hidden = [
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  ' javascript:alert(1)',
  '\u0001javascript:alert(1)',
  'javascript\u200b:alert(1)',
  'jav&#x61;script:alert(1)',
  '%6aavascript:alert(1)',
  '//evil.example/cb',
  'https:\\\\evil.example',
  'https:evil.example',
  'https:///evil.example',
  'https://client.example\\@evil.example',
  'https://a@evil.example',
]

t.test('T1: no redirect URI runs code, reads local data or hides its scheme', async (t) => {
  for (const uri of [...spellings, ...hidden]) {
    isOAuthError(t, await register({ redirect_uris: [REDIRECT_URI, uri] }), 400, 'invalid_redirect_uri', undefined, JSON.stringify(uri))
  }
})

t.test('T1: no URI member is anything but https, or http on loopback, in no language', async (t) => {
  const others = ['http://client.example', 'http://169.254.169.254/latest', 'cursor://x', 'mailto:a@b.example', 'localhost', '/logo.png']
  for (const member of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    for (const uri of [...spellings.slice(0, 8), ...hidden, ...others]) {
      for (const name of [member, `${member}#ko`, `${member}#en-US`]) {
        isOAuthError(
          t,
          await register({ [name]: uri }),
          400,
          'invalid_client_metadata',
          `${name} must be an https URL`,
          JSON.stringify(uri),
        )
      }
    }
    t.equal((await register({ [member]: 'http://localhost:3000/x' })).statusCode, 201)
  }
})

t.test('T1: names lose what could hide or reorder text', async (t) => {
  const name = 'A\u202eevil\u202c B\u0000\u0007\u200b\u2066\u{E0041}\u2028  C\u00ad'
  const body = (await register({ client_name: name, 'client_name#ko': `${name}\ufeff`, contacts: [name, '\u200b'] })).json()
  t.match(body, { client_name: 'Aevil B C', 'client_name#ko': 'Aevil B C', contacts: ['Aevil B C'] })
  t.equal(body.contacts.length, 1)
})

/** All that a page with a passkey form may run: two files of this server, each by its version. */
const PASSKEY_SCRIPTS = new RegExp(
  ['simplewebauthn', 'passkey'].map((name) => `<script src="/assets/${name}\\.js\\?v&#x3D;[\\w-]+" defer></script>`).join('\\s*'),
)

t.test('T1: a page shows what was registered as text, and may run no script that got in', async (t) => {
  const markup = `<script>alert(1)</script><img src=x onerror=alert(1)>"'\`{{#each}}`
  for (const metadata of [
    {
      client_name: markup,
      'client_name#ko': markup,
      client_uri: `https://client.example/?"><script>alert(1)</script>`.replace(/["<>]/g, encodeURIComponent),
    },
    { client_name: markup, redirect_uris: [`https://client.example/cb?x='+alert(1)+'`] },
  ]) {
    const client = await api.register({ token_endpoint_auth_method: 'none', ...metadata })
    const query = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      state: markup,
      login_hint: markup,
    })
    const person = createPerson(ISSUER, injectFetch(api.app))
    const login = await person.open(`${ISSUER}/authorize?${query.toString()}`)
    const consent = await person.submit(login.page!, { username: 'admin', password: 'admin123' })
    for (const { page } of [login, consent]) {
      t.match(page!.html, '&lt;script&gt;', 'the name is there, as text')
      t.notMatch(page!.html.replace(PASSKEY_SCRIPTS, ''), /<script|<img|onerror=alert\(1\)>(?!)/i)
      const policy = page!.headers.get('content-security-policy')!
      t.match(policy, "default-src 'none'")
      t.notMatch(policy.replace(/; script-src 'self'$/, ''), /script-src|unsafe-inline|unsafe-eval/)
    }
    t.match(login.page!.html, PASSKEY_SCRIPTS, 'the login has the scripts of the passkey form, once')
    t.notMatch(consent.page!.html, /<script/i, 'the consent has none')
    t.notMatch(consent.page!.headers.get('content-security-policy'), 'script-src')
    t.equal((await person.submit(consent.page!, { decision: 'allow' })).away?.searchParams.get('state'), markup)
  }
})

t.test('T1: a logo opens the policy of the one page that shows it to the one origin that it comes from, and never to more', async (t) => {
  const strict = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
  const logos: [logo: string, allowed: string | undefined][] = [
    ['https://evil.example/pixel.png?;script-src%20*', 'https://evil.example'],
    ['https://evil.example:8443/pixel.png', 'https://evil.example:8443'],
    ['https://evil.example;sandbox/pixel.png', undefined],
    ['https://evil.example,script-src/pixel.png', undefined],
    ["https://'unsafe-inline'/pixel.png", undefined],
    ['https://*/pixel.png', undefined],
    ['http://localhost:1/pixel.png', undefined],
  ]
  for (const [logo_uri, allowed] of logos) {
    const client = await api.register({ token_endpoint_auth_method: 'none', logo_uri })
    const query = new URLSearchParams({
      client_id: client.client_id,
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
    })
    const person = createPerson(ISSUER, injectFetch(api.app))
    const login = await person.open(`${ISSUER}/authorize?${query.toString()}`)
    const consent = await person.submit(login.page!, { username: 'admin', password: 'admin123' })
    t.equal(login.page!.headers.get('content-security-policy'), `${strict}; script-src 'self'`, 'the passkey form needs our scripts')
    t.equal(
      consent.page!.headers.get('content-security-policy'),
      allowed === undefined ? strict : strict.replace('data:', `data: ${allowed}`),
      logo_uri,
    )
    t.equal(consent.page!.html.includes('<img'), allowed !== undefined)
  }
})

t.test('T1: the same holds for the page that posts to the client', async (t) => {
  const uri = `https://client.example/cb?x='+alert(1)+'&y=1`
  const client = await api.register({ token_endpoint_auth_method: 'none', redirect_uris: [uri] })
  const state = `"><script>alert(1)</script>`
  const query = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    response_mode: 'form_post',
    prompt: 'none',
    code_challenge: 'c'.repeat(43),
    code_challenge_method: 'S256',
    state,
  })
  const { page } = await createPerson(ISSUER, injectFetch(api.app)).open(`${ISSUER}/authorize?${query.toString()}`)
  t.match(page!.form, { action: uri, fields: { error: 'login_required', state } })
  t.equal(page!.html.match(/<script/g)?.length, 1, 'the one script is ours')
  t.match(page!.headers.get('content-security-policy'), "script-src 'self'")
})
