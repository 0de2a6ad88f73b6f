import t from 'tap'
import { isPublicAddress } from '#src/fetch/public-address.ts'

// First, last and an inner address of every special-use range.
const SPECIAL: Readonly<Record<string, readonly string[]>> = {
  'this network 0.0.0.0/8': ['0.0.0.0', '0.1.2.3', '0.255.255.255'],
  'private 10.0.0.0/8': ['10.0.0.0', '10.20.30.40', '10.255.255.255'],
  'shared 100.64.0.0/10': ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  'loopback 127.0.0.0/8': ['127.0.0.0', '127.0.0.1', '127.255.255.255'],
  'link-local 169.254.0.0/16 (cloud metadata)': ['169.254.0.0', '169.254.169.254', '169.254.255.255'],
  'private 172.16.0.0/12': ['172.16.0.0', '172.17.0.1', '172.31.255.255'],
  'IETF protocols 192.0.0.0/24': ['192.0.0.0', '192.0.0.170', '192.0.0.255'],
  'documentation 192.0.2.0/24': ['192.0.2.0', '192.0.2.255'],
  'AS112 192.31.196.0/24': ['192.31.196.0', '192.31.196.255'],
  'AMT 192.52.193.0/24': ['192.52.193.0', '192.52.193.255'],
  '6to4 relay 192.88.99.0/24': ['192.88.99.0', '192.88.99.255'],
  'private 192.168.0.0/16': ['192.168.0.0', '192.168.1.1', '192.168.255.255'],
  'AS112 192.175.48.0/24': ['192.175.48.0', '192.175.48.255'],
  'benchmarking 198.18.0.0/15': ['198.18.0.0', '198.19.255.255'],
  'documentation 198.51.100.0/24': ['198.51.100.0', '198.51.100.255'],
  'documentation 203.0.113.0/24': ['203.0.113.0', '203.0.113.255'],
  'multicast 224.0.0.0/4': ['224.0.0.0', '224.0.0.251', '239.255.255.255'],
  'reserved 240.0.0.0/4, broadcast': ['240.0.0.0', '250.1.2.3', '255.255.255.255'],
  'unspecified ::': ['::'],
  'loopback ::1': ['::1'],
  'IPv4-compatible ::/96': ['::127.0.0.1', '::8.8.8.8'],
  'IPv4-mapped ::ffff:0:0/96': ['::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1'],
  'IPv4-translated ::ffff:0:0:0/96': ['::ffff:0:127.0.0.1'],
  'NAT64 64:ff9b::/96': ['64:ff9b::7f00:1', '64:ff9b::8.8.8.8'],
  'local NAT64 64:ff9b:1::/48': ['64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
  'discard 100::/64': ['100::', '100::ffff:ffff:ffff:ffff', '100:0:0:1::1'],
  'IETF protocols 2001::/23': ['2001:1::1', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff'],
  'Teredo 2001::/32': ['2001::', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
  'benchmarking 2001:2::/48': ['2001:2::1'],
  'ORCHID 2001:10::/28 and 2001:20::/28': ['2001:10::1', '2001:2f:ffff::1'],
  'documentation 2001:db8::/32': ['2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
  '6to4 2002::/16': ['2002::', '2002:7f00:1::', '2002:808:808::1'],
  'AS112 2620:4f:8000::/48': ['2620:4f:8000::', '2620:4f:8000:ffff:ffff:ffff:ffff:ffff'],
  'documentation 3fff::/20': ['3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
  'segment routing 5f00::/16': ['5f00::1'],
  'not assigned': ['1fff::1', '4000::', '8000::1', 'e000::1'],
  'unique local fc00::/7': ['fc00::', 'fd12:3456::1', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  'link-local fe80::/10': ['fe80::', 'fe80::1%eth0', 'febf:ffff::1'],
  'site-local fec0::/10': ['fec0::1', 'feff::1'],
  'multicast ff00::/8': ['ff00::', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
}

const PUBLIC = [
  ...[
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
  ],
  ...[
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.0.3.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
  ],
  ...['2000::1', '2001:200::1', '2001:4860:4860::8888', '2606:4700::1111', '2a00:1450:4001::1', '2003::1', '2620:4f:8001::1', '3ffe::1'],
]

for (const [range, addresses] of Object.entries(SPECIAL)) {
  t.test(`T2: an address of ${range} is not public`, async (t) => {
    for (const address of addresses) t.equal(isPublicAddress(address), false, address)
  })
}

t.test('addresses beside the special ranges are public', async (t) => {
  for (const address of PUBLIC) t.equal(isPublicAddress(address), true, address)
})

t.test('text that only some programs read as an address is not public', async (t) => {
  for (const text of [
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '2130706433',
    '8.8.8',
    '08.8.8.8',
    '8.8.8.8 ',
    '8.8.8.8/32',
    '[2606:4700::1111]',
    '::g',
  ]) {
    t.equal(isPublicAddress(text), false, text)
  }
})
