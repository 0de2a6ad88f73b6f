import fc from 'fast-check'
import t from 'tap'
import { addressOf, createNetworkMatcher, hasManyNetworks, networkOf, siteOf } from '#src/domain/protocol/network.ts'
import { holds } from '#test/support/property.ts'

t.test('one subscriber is one network, however many addresses it has (T15)', async (t) => {
  const table = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['::1', '0:0:0:0::/64'],
  ] as const
  for (const [address, network] of table) t.equal(networkOf(address), network, address)
})

t.test('an address is one network with a port, in brackets and in quotes, as proxies write it (RFC 7239 section 6)', async (t) => {
  const ipv4 = ['203.0.113.2', '203.0.113.2:50001', '203.0.113.2:0', '203.0.113.2:_obfuscated', '"203.0.113.2:443"', '::ffff:203.0.113.2']
  const mapped = ['[::ffff:203.0.113.2]:443', '[::FFFF:203.0.113.2]']
  for (const raw of [...ipv4, ...mapped]) t.strictSame([networkOf(raw), siteOf(raw), addressOf(raw)], Array(3).fill('203.0.113.2'), raw)
  for (const raw of [
    '2001:db8:1:2::7',
    '[2001:db8:1:2::7]',
    '[2001:DB8:1:2::7]:50001',
    '"[2001:db8:1:2::7]:443"',
    '[2001:db8:1:2::7%eth0]:1',
  ]) {
    t.equal(networkOf(raw), '2001:db8:1:2::/64', raw)
    t.equal(siteOf(raw), '2001:db8:1::/48', raw)
    t.equal(addressOf(raw), '2001:db8:1:2::7', raw)
  }
  t.ok(hasManyNetworks('[2001:db8::1]:1'))
  for (const raw of ['203.0.113.2', '::ffff:203.0.113.2', 'garbage']) t.notOk(hasManyNetworks(raw), raw)
})

t.test('what is no address falls into one place, whatever it is', async (t) => {
  const garbage = [
    '',
    'unknown',
    '_hidden',
    'proxy.example',
    '1',
    '127.1',
    '0x7f000001',
    '010.0.0.1',
    '300.1.1.1',
    '1.2.3.4.5',
    '203.0.113.2:1:2',
  ]
  for (const raw of [...garbage, '[::1', '[]:1', '[203.0.113.2]x', '2001:db8::1]:1', '\u001b[2J', 'x'.repeat(5000)])
    t.strictSame([networkOf(raw), siteOf(raw), addressOf(raw)], Array(3).fill('unknown'), raw.slice(0, 40))
})

t.test('a trusted proxy is known by its address, with a port or without', async (t) => {
  const isTrusted = createNetworkMatcher(['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1'])
  for (const raw of ['10.1.2.3', '10.1.2.3:443', '::ffff:10.1.2.3', '[::ffff:10.1.2.3]:1', '192.0.2.1', '[fd00::9]:80', 'FD12::1', '::1'])
    t.ok(isTrusted(raw), raw)
  for (const raw of ['11.0.0.1', '192.0.2.2', 'fe80::1', '::2', '', 'unknown', '10.1.2.3.example']) t.notOk(isTrusted(raw), raw)
})

t.test('property: a port never makes another network', async (t) => {
  const port = fc.integer({ min: 0, max: 65_535 })
  holds(
    t,
    fc.property(fc.ipV4(), port, (address, port) => networkOf(`${address}:${port}`) === networkOf(address)),
  )
  holds(
    t,
    fc.property(fc.ipV6(), port, (address, port) => networkOf(`[${address}]:${port}`) === networkOf(address)),
  )
  holds(
    t,
    fc.property(fc.string({ unit: 'binary' }), (raw) => /^(unknown|[\d.]+|[\da-f:]+\/64)$/.test(networkOf(raw))),
  )
})
