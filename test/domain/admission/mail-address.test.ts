import fc from 'fast-check'
import t from 'tap'
import { parseAddress, parseDomain } from '#src/domain/admission/mail-address.ts'
import { holds, shown } from '#test/support/property.ts'

t.test('every spelling of a domain is one domain', async (t) => {
  for (const [raw, name] of [
    ['acme.com', 'acme.com'],
    ['ACME.Com', 'acme.com'],
    ['ａｃｍｅ．com', 'acme.com'],
    ['acme。com', 'acme.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['faß.example', 'xn--fa-hia.example'],
    ['a_b.example', 'a_b.example'],
    ['localhost', 'localhost'],
  ] as const)
    t.equal(parseDomain(raw), name, shown(raw))
})

t.test('what a parser of URLs would make a domain of is none', async (t) => {
  for (const raw of [
    '',
    '.',
    'acme.com.',
    '.acme.com',
    'acme..com',
    '-acme.com',
    'acme-.com',
    '*.acme.com',
    'acme.*',
    'acme.com/evil.example',
    'acme.com\\evil.example',
    'acme.com#evil.example',
    'acme.com?evil.example',
    'acme.com:443',
    'user@acme.com',
    '%61cme.com',
    'acme.com\n',
    'acme com',
    '[::1]',
    '127.0.0.1',
    '1',
    '0x7f.1',
    'acme.1',
    'xn--a.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
    'acme.com,evil.example',
  ])
    t.equal(parseDomain(raw), undefined, shown(raw))
})

t.test('a domain is its own form', async (t) => {
  holds(
    t,
    fc.property(fc.oneof(fc.domain(), fc.string({ unit: 'binary' })), (raw) => {
      const name = parseDomain(raw)
      return name === undefined || parseDomain(name) === name
    }),
  )
})

t.test('an address is compared by its last part, and letters beyond ASCII are never folded', async (t) => {
  for (const [raw, address] of [
    ['You@Example.COM', 'you@example.com'],
    ['first.last+tag@acme.com', 'first.last+tag@acme.com'],
    ['me@bücher.example', 'me@xn--bcher-kva.example'],
    ['김@acme.com', '김@acme.com'],
    // The sign of Kelvin and a Turkish letter would become k and i elsewhere: they are other people's addresses.
    ['\u212Aate@acme.com', '\u212Aate@acme.com'],
    ['\u0130da@acme.com', '\u0130da@acme.com'],
  ] as const)
    t.equal(parseAddress(raw)?.address, address, shown(raw))
  t.equal(parseAddress('you@Acme.com')?.domain, 'acme.com')
  for (const raw of [
    '',
    'acme.com',
    '@acme.com',
    'you@',
    'you@evil.example@acme.com',
    '"you@acme.com"@evil.example',
    'you @acme.com',
    'you@acme.com ',
    ' you@acme.com',
    'you\u200B@acme.com',
    'you@acme.com\n',
    'You <you@acme.com>',
    'a@acme.com,b@acme.com',
    'you@acme.com/x',
    `${'a'.repeat(65)}@acme.com`,
  ])
    t.equal(parseAddress(raw), undefined, shown(raw))
})
