import t from 'tap'
import { isLoopback, isLoopbackHost } from '#src/domain/protocol/loopback.ts'

t.test('loopback is this machine and nothing else', async (t) => {
  const here = [
    'localhost',
    'LOCALHOST',
    'a.localhost',
    '127.0.0.1',
    '127.8.9.10',
    '127.1',
    '2130706433',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::1%lo',
    '::ffff:127.0.0.1',
    '[::FFFF:7f01:1]',
  ]
  const elsewhere = [
    '0.0.0.0',
    '::',
    '10.0.0.1',
    'localhost.example.com',
    'notlocalhost',
    '127.0.0.1.nip.io',
    '128.1',
    '::ffff:10.0.0.1',
    '::7f00:1',
    'fe80::1%lo',
    'localhost:80',
    'x@localhost',
    'localhost/',
    '',
  ]
  for (const host of here) t.ok(isLoopback(host), host)
  for (const host of elsewhere) t.notOk(isLoopback(host), host)
})

t.test('loopback hosts are three names, and nothing that looks like them', async (t) => {
  for (const host of ['localhost', '127.0.0.1', '[::1]']) t.ok(isLoopbackHost(host), host)
  for (const host of [
    '',
    'localhost.',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    '127.0.0.2',
    '[::]',
    '[::ffff:7f00:1]',
  ]) {
    t.notOk(isLoopbackHost(host), host)
  }
})
