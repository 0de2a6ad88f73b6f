import fc from 'fast-check'
import t from 'tap'
import { isLoopbackHost } from '#src/domain/protocol/loopback.ts'
import { hasPlainAuthority, isMetadataUri, normalizeHttpUri, parseUri } from '#src/domain/protocol/uri.ts'
import { holds, shown } from '#test/support/property.ts'

t.test('parseUri accepts absolute URIs unchanged', async (t) => {
  for (const raw of [
    'https://a.example/b?c=d#e',
    'http://localhost:1/',
    'com.example.app:/callback',
    'cursor://host/path',
    'urn:example:x',
  ]) {
    t.ok(parseUri(raw), raw)
  }
})

t.test('parseUri refuses what a parser would repair, or what parsers read differently (T1)', async (t) => {
  const hostile = [
    ...['', ' ', '/path', 'a.example', '//a.example/', '?x', 'https://', 'https://a:99999/', 'https://a b/', 'https://[::1'],
    ...['java\tscript:alert(1)', 'java\nscript:alert(1)', ' javascript:alert(1)', 'javascript:alert(1)\n', '\u0000https://a.example/'],
    ...[
      'https:\\\\a.example\\',
      'https://a.example\\@b.example/',
      'https://a.example/"onload="x',
      'https://a.example/<script>',
      'https://a.example/{x}',
    ],
    ...['https://bücher.example/', 'https://a.example/\u202E', 'https://a.example/`x`', 'https://a.example/|', 'https://a.example/^'],
  ]
  for (const raw of hostile) t.equal(parseUri(raw), undefined, shown(raw))
})

t.test('an authority is plain if every parser finds the same host in it', async (t) => {
  for (const raw of ['https://a.example', 'https://a.example/', 'HTTPS://a.example:8443?x', 'http://[::1]:80/', 'https://a.example#x'])
    t.ok(hasPlainAuthority(raw), raw)
  for (const raw of [
    'https:a.example',
    'https:/a.example',
    'https:///a.example',
    'https://a@b.example/',
    'https://@b.example/',
    'https://?x',
    'urn:x',
  ]) {
    t.notOk(hasPlainAuthority(raw), raw)
  }
})

t.test('URIs that mean the same address are normalized to one spelling, without query and fragment (RFC 3986 section 6.2)', async (t) => {
  const one = 'https://a.example/x/~y/%2F'
  for (const raw of [
    one,
    'HTTPS://A.Example:443/x/%7ey/%2f',
    'https://a.example/z/../x/./~y/%2F',
    `${one}?query`,
    `${one}#fragment`,
    `${one}?query#fragment`,
    `${one}?{}|`,
  ]) {
    t.equal(normalizeHttpUri(raw), one, raw)
  }
  t.equal(normalizeHttpUri('http://localhost:80'), 'http://localhost/', 'an empty path is a slash')
  t.equal(normalizeHttpUri('https://a.example:8443/%EA%b9%80'), 'https://a.example:8443/%EA%B9%80')
  for (const other of [
    'http://a.example/x/~y/%2F',
    'https://a.example:8443/x/~y/%2F',
    'https://b.example/x/~y/%2F',
    'https://a.example/x/~y//',
    'https://a.example/X/~y/%2F',
    `${one}/`,
  ]) {
    t.not(normalizeHttpUri(other), one, other)
  }
  for (const none of [
    '',
    'x',
    '/x',
    'urn:x',
    'https:a.example',
    'https://user@a.example/',
    'https://a.example/ x',
    'https://a.example\\x',
    'ftp://a.example/',
  ])
    t.equal(normalizeHttpUri(none), undefined, none)
})

t.test('a metadata URI is https, or http on loopback (T1)', async (t) => {
  for (const raw of [
    'https://a.example/logo.png',
    'https://a.example/terms#first',
    'http://localhost:3000/',
    'http://127.0.0.1/',
    'http://[::1]/x',
  ])
    t.ok(isMetadataUri(raw), raw)
  const hostile = [
    ...[
      'javascript:alert(1)',
      'JaVaScRiPt:alert(1)',
      'data:text/html,x',
      'vbscript:x',
      'file:///etc/passwd',
      'blob:https://a.example/x',
      'ftp://a.example/',
    ],
    ...['http://a.example/', 'http://169.254.169.254/', 'http://localhost.evil.example/', 'custom://a.example/', 'about:blank', ''],
    ...[
      'https://user@a.example/',
      'https://user:secret@a.example/',
      'https://@a.example/',
      'https:a.example',
      'https:/a.example',
      'https:///a.example',
    ],
  ]
  for (const raw of hostile) t.notOk(isMetadataUri(raw), raw)
})

t.test('any text is accepted or refused as a URI, and only https and loopback http are accepted', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.tuple(fc.constantFrom('https:', 'http://', 'javascript:', 'a:'), fc.string()).map((parts) => parts.join('')),
  )
  holds(
    t,
    fc.property(text, (raw) => {
      if (!isMetadataUri(raw)) return true
      const { protocol, hostname, username } = new URL(raw)
      return username === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname)))
    }),
  )
})
