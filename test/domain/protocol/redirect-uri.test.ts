import fc from 'fast-check'
import t from 'tap'
import { appendParameters, checkRedirectUri, matchRedirectUri, redirectDisplay, redirectKind } from '#src/domain/protocol/redirect-uri.ts'
import { holds, shown } from '#test/support/property.ts'

const FORBIDDEN = ['javascript', 'data', 'vbscript', 'file', 'blob', 'about', 'filesystem', 'ws', 'wss', 'ftp', 'view-source', 'jar']

t.test('a client may register https, http on loopback, and the scheme of its own app', async (t) => {
  const fine = [
    ...[
      'https://client.example/callback',
      'https://client.example',
      'https://client.example:8443/cb?tenant=1&x',
      'https://client.example/a%2Fb;c',
    ],
    ...['http://localhost/cb', 'http://localhost:8787/callback', 'http://127.0.0.1:1/', 'http://[::1]:6274/oauth/callback'],
    ...['cursor://anysphere.cursor-mcp/oauth/callback', 'com.example.app:/oauth2redirect', 'com.example.app:cb', 'myapp://cb?x=1'],
  ]
  for (const uri of fine) t.equal(checkRedirectUri(uri), undefined, uri)
})

t.test('a client may not register a scheme that runs code or reads local data, however it is spelled (T1)', async (t) => {
  for (const scheme of FORBIDDEN) {
    for (const spelled of [scheme, scheme.toUpperCase(), scheme[0]!.toUpperCase() + scheme.slice(1)]) {
      for (const rest of [':alert(1)', '://host/path', ':///path', ':x?y'])
        t.type(checkRedirectUri(spelled + rest), 'string', spelled + rest)
    }
  }
  for (const uri of ['java\tscript:alert(1)', ' javascript:alert(1)', 'javascript\n:alert(1)', '\u0001javascript:alert(1)'])
    t.equal(checkRedirectUri(uri), 'must be an absolute URI', shown(uri))
})

t.test('a client may not register a URI that sends the response somewhere else than it seems (T3, T4)', async (t) => {
  const table: [string, RegExp][] = [
    ['', /absolute/],
    ['/callback', /absolute/],
    ['client.example/callback', /absolute/],
    ['*', /absolute/],
    ['https://client.example/cb#', /fragment/],
    ['https://client.example/cb#code=x', /fragment/],
    ['com.example.app:/cb#x', /fragment/],
    ['https://user@client.example/cb', /user information/],
    ['https://client.example:pw@evil.example/cb', /user information/],
    ['https://client.example\\@evil.example/cb', /absolute/],
    ['myapp://user@host/cb', /user information/],
    ['https://@evil.example/cb', /scheme:\/\/host\/path/],
    ['https:evil.example/cb', /scheme:\/\/host\/path/],
    ['https:/evil.example/cb', /scheme:\/\/host\/path/],
    ['https:///evil.example/cb', /scheme:\/\/host\/path/],
    ['http://client.example/cb', /https unless/],
    ['http://localhost.evil.example/cb', /https unless/],
    ['http://127.0.0.1.evil.example/cb', /https unless/],
    ['http://localhost./cb', /https unless/],
    ['http://0.0.0.0/cb', /https unless/],
    ['http://169.254.169.254/latest', /https unless/],
    ['http://[::ffff:127.0.0.1]/cb', /https unless/],
    ['http:localhost/cb', /scheme:\/\/host\/path/],
  ]
  for (const [uri, reason] of table) t.match(checkRedirectUri(uri), reason, uri)
})

t.test('a registered query must not contain parameters of our response (T4)', async (t) => {
  for (const name of ['code', 'state', 'iss', 'error', 'error_description', 'error_uri', 'response', 'id_token', 'access_token']) {
    for (const query of [`${name}=x`, `a=b&${name}`, `${name.replace(/^./, (c) => `%${c.charCodeAt(0).toString(16)}`)}=x`]) {
      t.equal(checkRedirectUri(`https://client.example/cb?${query}`), `must not hold the parameter ${name} in its query`, query)
      t.equal(checkRedirectUri(`myapp://cb?${query}`), `must not hold the parameter ${name} in its query`, query)
    }
  }
  t.equal(checkRedirectUri('https://client.example/cb?codes=1&State=2'), undefined, 'names are case-sensitive')
})

t.test('a registered query must not contain them as lenient frameworks read them, either (T4)', async (t) => {
  const queries = [
    'code[]=1',
    'code%5B%5D=1',
    'code[a][b]=1',
    'a=b&state[0]=x',
    'error.description=x',
    'error%20description=x',
    'error+uri=x',
  ]
  for (const query of [...queries, '%20code=1', '+code=1', 'code%00=1', 'code%00x=1', 'a=1;code=2', 'iss;x', 'id.token[]=1'])
    t.match(checkRedirectUri(`https://client.example/cb?${query}`), /^must not hold the parameter /, query)
  for (const query of ['decode[]=1', 'a[code]=1', 'codes=1;b=2', 'x=code', 'x=code[]', '[code]=1'])
    t.equal(checkRedirectUri(`https://client.example/cb?${query}`), undefined, query)
})

t.test('a client may not register a scheme that a system, a browser or another protocol owns', async (t) => {
  const taken = [
    'ms-msdt:/id',
    'ms-settings:x',
    'MS-Word:ofe',
    'search-ms:q',
    'search:q',
    'mailto:a@b.example',
    'tel:1',
    'sms:1',
    'callto:1',
  ]
  const more = [
    'intent://x',
    'android-app://x',
    'chrome://settings',
    'edge://settings',
    'itms-apps://x',
    'x-apple.systempreferences:x',
    'ssh://x',
  ]
  const others = [
    'smb://host/share',
    'ldap://x',
    'shell:x',
    'hcp://x',
    'facetime:x',
    'market://x',
    'magnet:?x',
    'urn:ietf:wg:oauth:2.0:oob',
    'res://x',
  ]
  for (const uri of [...taken, ...more, ...others]) t.match(checkRedirectUri(uri), /^must not use the scheme /, uri)
  for (const uri of ['cursor://a/b', 'vscode://a/b', 'msal123://auth', 'claude://x', 'com.example.tel:/cb', 'mymailto:/cb', 'searches:/cb'])
    t.equal(checkRedirectUri(uri), undefined, uri)
})

t.test('a host of this machine is loopback with https, too: any program may listen there (T5)', async (t) => {
  const hosts = [
    'localhost',
    'LOCALHOST',
    'localhost.',
    'app.localhost',
    '127.0.0.1',
    '127.8.8.8',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
    '[::]',
  ]
  for (const host of hosts) t.equal(redirectKind(`https://${host}:9443/cb`), 'loopback', host)
  for (const host of ['client.example', 'localhost.example', 'notlocalhost', '128.0.0.1', '10.0.0.1', '[::2]'])
    t.equal(redirectKind(`https://${host}/cb`), 'https', host)
})

t.test('the port of an http loopback URI may differ, and nothing else (T3, RFC 8252 section 7.3)', async (t) => {
  const registered = [
    'http://localhost:8787/callback',
    'http://127.0.0.1/',
    'http://[::1]:1/cb?x=1',
    'https://client.example/cb',
    'myapp://host:1/cb',
  ]
  const match = [
    ...registered,
    'http://localhost/callback',
    'http://localhost:1/callback',
    'http://127.0.0.1:33418/',
    'http://[::1]:65535/cb?x=1',
    'http://[::1]/cb?x=1',
  ]
  for (const uri of match) t.ok(matchRedirectUri(registered, uri), uri)
  const differ = [
    ...[
      'http://localhost:8787/callback/',
      'http://localhost:8787/Callback',
      'http://localhost:8787/callback?',
      'http://localhost:8787/callback?a=b',
    ],
    ...[
      'http://localhost:8787/callback#x',
      'http://LOCALHOST:8787/callback',
      'http://localhost:8787/x/../callback',
      'http://localhost:8787/%63allback',
    ],
    ...[
      'http://127.0.0.1:8787/callback',
      'http://localhost:99999/callback',
      'http://localhost:/callback',
      'http://localhost:123456/callback',
      'http://localhost:8787',
    ],
    ...[
      'http://localhost:1@evil.example/callback',
      'http://localhost:8787@evil.example/callback',
      'http://user@localhost:8787/callback',
      'http://localhost.evil.example/callback',
    ],
    ...[
      'http://127.0.0.1',
      'http://127.1:5/',
      'http://2130706433/',
      'http://[::1]:5/cb',
      'http://[0:0:0:0:0:0:0:1]:5/cb?x=1',
      'http://127.0.0.1:5/\n',
    ],
    ...[
      'https://localhost:1/callback',
      'https://client.example:443/cb',
      'https://client.example/cb/',
      'https://client.example/CB',
      'https://client.example/cb?x',
    ],
    ...[
      'https://client.example/cb#',
      'https://client.example/cb/..',
      'https://evil.example/cb',
      'https://client.example.evil.example/cb',
      'http://client.example/cb',
    ],
    ...['myapp://host:2/cb', 'myapp://host/cb', 'MYAPP://host:1/cb', 'https://client.example', '', 'https://client.example/cb '],
  ]
  for (const uri of differ) t.notOk(matchRedirectUri(registered, uri), uri)
  t.notOk(matchRedirectUri([], 'https://client.example/cb'))
})

t.test('a redirect URI has a kind for the consent rule, and a place to show to users', async (t) => {
  const table = [
    ['https://client.example:8443/cb', 'https', 'client.example:8443'],
    ['HTTPS://Client.Example/cb', 'https', 'client.example'],
    ['http://localhost:8787/cb', 'loopback', 'localhost:8787'],
    ['HTTP://[::1]:1/', 'loopback', '[::1]:1'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'custom', 'cursor://'],
    ['com.example.app:/cb', 'custom', 'com.example.app://'],
  ] as const
  for (const [uri, kind, display] of table) t.strictSame([redirectKind(uri), redirectDisplay(uri)], [kind, display], uri)
  t.equal(redirectDisplay('not a URI'), 'not a URI', 'an old record that would no longer parse is shown as it is')
})

t.test('response parameters are appended to a redirect URI without changing its bytes', async (t) => {
  const table = [
    ['https://a.example', 'https://a.example?code=x%20y'],
    ['https://a.example/cb?', 'https://a.example/cb?code=x%20y'],
    ['https://a.example/cb?a=%7E', 'https://a.example/cb?a=%7E&code=x%20y'],
    ['https://a.example/cb?a&', 'https://a.example/cb?a&code=x%20y'],
    ['com.example:/cb', 'com.example:/cb?code=x%20y'],
  ] as const
  for (const [uri, expected] of table) t.equal(appendParameters(uri, { code: 'x y' }), expected)
  t.equal(appendParameters('https://a.example/cb', {}), 'https://a.example/cb')
})

const uriText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc
    .tuple(
      fc.constantFrom('http', 'https', 'javascript', 'DATA', 'app', 'file'),
      fc.constantFrom(':', '://', ':///', '://u@'),
      fc.constantFrom('localhost', '127.0.0.1', '[::1]', 'a.example'),
      fc.string(),
    )
    .map((parts) => parts.join('')),
)

t.test('property: any text is accepted or refused, and accepted ones have an allowed scheme', async (t) => {
  holds(
    t,
    fc.property(uriText, (raw) => {
      if (checkRedirectUri(raw) !== undefined) return true
      const { protocol, hostname, hash, username, password } = new URL(raw)
      if (FORBIDDEN.includes(protocol.slice(0, -1)) || hash !== '' || username + password !== '') return false
      return protocol !== 'http:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname)
    }),
  )
})

t.test('property: every URI matches itself, and a match is equal to a registered URI or only differs in the port', async (t) => {
  const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }).map((n) => (n === undefined ? '' : `:${n}`))
  const parts = fc.tuple(
    fc.constantFrom('http', 'https', 'app'),
    fc.constantFrom('localhost', '127.0.0.1', '[::1]', 'a.example'),
    port,
    fc.constantFrom('', '/', '/cb', '/cb?x=1'),
  )
  const write = ([scheme, host, ownPort, path]: [string, string, string, string]) => `${scheme}://${host}${ownPort}${path}`
  holds(
    t,
    fc.property(uriText, (raw) => matchRedirectUri([raw], raw)),
  )
  holds(
    t,
    fc.property(parts, parts, (a, b) => {
      const loopback = a[0] === 'http' && a[1] !== 'a.example'
      const samePlace = a[0] === b[0] && a[1] === b[1] && a[3] === b[3]
      return matchRedirectUri([write(a)], write(b)) === (samePlace && (loopback || a[2] === b[2]))
    }),
    1000,
  )
})
