import { EventEmitter } from 'node:events'
import type { RequestOptions } from 'node:https'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { createSafeFetch, mayPass } from '#src/fetch/safe-fetch.ts'
import type { Address } from '#src/fetch/look-up.ts'
import type { SafeFetchOptions } from '#src/fetch/safe-fetch.ts'
import { json, makeCertificate, serveHosts } from '#test/support/network/tls-server.ts'
import type { Answer } from '#test/support/network/tls-server.ts'

const URL_ = 'https://client.example/document'

/** The reason of a refusal without a server: the test fails if anything is looked up. */
async function refusal(url: string, options: SafeFetchOptions = {}): Promise<string> {
  const fetched = await createSafeFetch({ lookup: async () => Promise.reject(new Error('nobody should be looked up')), ...options })(url)
  return fetched.ok ? 'it was fetched' : fetched.error.reason
}

const family = (address: string): Address => ({ address, family: address.includes(':') ? 6 : 4 })

t.test('a document is fetched over TLS under its own name', async (t) => {
  const server = await serveHosts(t, ['client.example'])
  const fetch = createSafeFetch(server)
  server.answers.set(`${URL_}?a=1`, (request, response) => {
    t.match(request.headers, { host: 'client.example', accept: 'application/json', 'accept-encoding': 'identity' })
    json({ hello: 'world' }, { 'cache-control': 'max-age=60' })(request, response)
  })
  const fetched = await fetch(`${URL_}?a=1`)
  t.match(fetched, { ok: true, value: { body: '{"hello":"world"}', headers: { 'cache-control': 'max-age=60' } } })
})

t.test('a form is posted, and any successful status is enough, whatever the body', async (t) => {
  const server = await serveHosts(t, ['client.example'])
  const fetch = createSafeFetch(server)
  const form = new URLSearchParams({ logout_token: 'a b&ü' })
  for (const status of [200, 204, 299]) {
    let body = ''
    server.answers.set(URL_, (request, response) => {
      t.match(request, {
        method: 'POST',
        headers: {
          host: 'client.example',
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(form.toString().length),
        },
      })
      request.on('data', (chunk) => (body += String(chunk)))
      request.on('end', () =>
        response.writeHead(status, { 'content-type': 'text/plain' }).end(status === 204 ? undefined : 'x'.repeat(100_000)),
      )
    })
    t.match(await fetch(URL_, { form }), { ok: true, value: { body: '' } })
    t.equal(body, 'logout_token=a+b%26%C3%BC')
  }
})

t.test('T2: a form is not sent on after a redirect or an error, and every rule for documents applies to it', async (t) => {
  const server = await serveHosts(t, ['client.example', 'other.example'])
  const fetch = createSafeFetch(server)
  const form = new URLSearchParams({ logout_token: 'x' })
  for (const status of [302, 307, 400, 503]) {
    server.answers.set(URL_, (_request, response) => void response.writeHead(status, { location: 'https://other.example/' }).end())
    t.match(await fetch(URL_, { form }), { ok: false, error: { status, reason: /^it answered \d+, 200 was expected/ } })
  }
  t.same([...new Set(server.asked)], [URL_])
  for (const [url, reason] of [
    ['http://client.example/a', /only https/],
    ['https://client.example:8443/a', /only port 443/],
    ['https://127.0.0.1/a', /is an address/],
  ] as const) {
    t.match(await fetch(url, { form }), { ok: false, error: { reason } }, url)
  }
  const inside = createSafeFetch({ lookup: async () => [family('169.254.169.254')] })
  t.match(await inside(URL_, { form }), { ok: false, error: { reason: 'client.example leads to an address that is not public' } })
})

t.test('T2: what is not plain https on port 443 is never looked up', async (t) => {
  for (const url of [
    'http://client.example/a',
    'ftp://client.example/a',
    'file:///etc/passwd',
    'data:application/json,{}',
    'client.example',
    '',
    'https://client.example/a b',
    'https:\\\\client.example',
  ]) {
    t.equal(await refusal(url), 'only https URLs are fetched', url)
  }
  for (const url of ['https://user@client.example/a', 'https://:secret@client.example/a'])
    t.equal(await refusal(url), 'only https URLs are fetched', url)
  for (const url of ['https://client.example:8443/a', 'https://client.example:80/a', 'https://client.example:22/']) {
    t.equal(await refusal(url), 'only port 443 is fetched', url)
  }
})

t.test('T2: an IP address instead of a name is refused, however it is written', async (t) => {
  for (const host of [
    '127.0.0.1',
    '8.8.8.8',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[2606:4700::1111]',
    '%31%32%37.0.0.1',
  ]) {
    t.match(await refusal(`https://${host}/a`), /is an address, not a name$/, host)
  }
})

t.test('T2: a name that leads to a special-use address is refused, also when only one of its answers does', async (t) => {
  const answers = [
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['::1'],
    ['64:ff9b::a9fe:a9fe'],
    ['1.1.1.1', '10.0.0.1'],
    ['2606:4700::1111', '::ffff:192.168.0.1'],
    ['1.1.1.1', '2002:7f00:1::'],
  ]
  for (const addresses of answers) {
    const reason = await refusal(URL_, { lookup: async () => addresses.map(family) })
    t.equal(reason, 'client.example leads to an address that is not public', addresses.join())
  }
  t.equal(
    await refusal('https://localhost/a', { lookup: async () => [family('127.0.0.1')] }),
    'localhost leads to an address that is not public',
  )
})

t.test('the default is the look-up of this machine, and a name that leads to it is refused', async (t) => {
  t.match(await createSafeFetch()('https://localhost/a'), {
    ok: false,
    error: { reason: 'localhost leads to an address that is not public' },
  })
})

t.test('a name without an address, or an unknown one, is a failure', async (t) => {
  t.equal(await refusal(URL_, { lookup: async () => [] }), 'client.example has no address')
  const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND client.example'), { code: 'ENOTFOUND' })
  t.equal(await refusal(URL_, { lookup: async () => Promise.reject(unknown) }), 'it could not be reached (ENOTFOUND)')
  t.equal(await refusal(URL_), 'it could not be reached (nobody should be looked up)')
})

t.test('T2: the looked-up addresses are pinned: a name is looked up once, whatever it answers later (DNS rebinding)', async (t) => {
  const made: RequestOptions[] = []
  const request = (options: RequestOptions) => {
    made.push(options)
    const emitter = Object.assign(new EventEmitter(), {
      end: () => setImmediate(() => emitter.emit('error', new Error('stop here'))),
      destroy: () => undefined,
    })
    return emitter
  }
  const { createSafeFetch: create } = await t.mockImport<typeof import('#src/fetch/safe-fetch.ts')>('../../src/fetch/safe-fetch.ts', {
    'node:https': { request },
  })
  const answers = [[family('1.1.1.1'), family('2606:4700::1111')], [family('127.0.0.1')]]
  let lookups = 0
  const fetched = await create({ lookup: async () => answers[lookups++]! })(URL_)
  t.match(fetched, { ok: false, error: { reason: 'it could not be reached (stop here)' } })
  t.equal(lookups, 1)
  const [{ lookup, ...options } = {}] = made
  t.match(options, { host: 'client.example', port: 443, agent: false })
  lookup!('client.example', { all: true }, (_error, addresses) => t.same(addresses, answers[0]))
  lookup!('anything.else', {}, (_error, address, family) => t.same([address, family], ['1.1.1.1', 4]))
  t.equal(lookups, 1, 'connecting asks no resolver')
})

const BAD: Readonly<Record<string, readonly [answer: Answer, reason: RegExp, status?: number]>> = {
  'a redirect': [
    (_request, response) => response.writeHead(302, { location: 'https://client.example/other' }).end(),
    /^it answered 302, 200 was expected/,
    302,
  ],
  'a permanent redirect to this machine': [
    (_request, response) => response.writeHead(308, { location: 'http://127.0.0.1/' }).end(),
    /^it answered 308/,
    308,
  ],
  'an error': [(_request, response) => response.writeHead(500, { 'content-type': 'application/json' }).end('{}'), /^it answered 500/, 500],
  'an empty success': [(_request, response) => response.writeHead(204).end(), /^it answered 204/, 204],
  'a partial one': [
    (_request, response) => response.writeHead(206, { 'content-type': 'application/json' }).end('{}'),
    /^it answered 206/,
    206,
  ],
  'a page': [
    (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    /^its type is text\/html, application\/json was expected$/,
    200,
  ],
  'a look-alike type': [
    (_request, response) => response.writeHead(200, { 'content-type': 'application/jsonp' }).end('{}'),
    /^its type is application\/jsonp/,
    200,
  ],
  'no type': [(_request, response) => response.writeHead(200).end('{}'), /^its type is missing/, 200],
  'a compressed body': [
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync('{}')),
    /^it is compressed/,
    200,
  ],
  'a large body': [
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.alloc(32 * 1024 + 1, ' ')),
    /^it is larger than 32768 bytes$/,
    200,
  ],
  'a body without end': [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = () => response.write(Buffer.alloc(16 * 1024, ' '))
      response.on('drain', more)
      while (more());
    },
    /^it is larger than 32768 bytes$/,
    200,
  ],
  'headers larger than 16 KB': [
    (_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'x-large': 'a'.repeat(20_000) }).end('{}'),
    /HPE_HEADER_OVERFLOW/,
  ],
  'a connection that breaks': [
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{')
      setImmediate(() => response.destroy())
    },
    /^it could not be reached \(ECONNRESET\)$/,
  ],
}

for (const [what, [answer, reason, status]] of Object.entries(BAD)) {
  t.test(`T2: ${what} is refused`, async (t) => {
    const server = await serveHosts(t, ['client.example'])
    server.answers.set(URL_, answer)
    const fetched = await createSafeFetch(server)(URL_)
    t.match(fetched, { ok: false, error: { reason } })
    t.equal(fetched.ok ? undefined : fetched.error.status, status)
    t.same(server.asked, [URL_], 'nothing else was asked')
  })
}

t.test('exactly 32 KB, and more specific JSON types, are accepted', async (t) => {
  const server = await serveHosts(t, ['client.example'])
  const body = `"${'a'.repeat(32 * 1024 - 2)}"`
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JWK-Set+JSON',
    'application/client.metadata+json',
  ]) {
    server.answers.set(URL_, (_request, response) =>
      response.writeHead(200, { 'content-type': type, 'content-encoding': 'identity' }).end(body),
    )
    t.match(await createSafeFetch(server)(URL_), { ok: true, value: { body } }, type)
  }
})

t.test('a JWT is accepted where one is requested, and nothing else is', async (t) => {
  const server = await serveHosts(t, ['client.example'])
  const fetch = createSafeFetch(server)
  for (const type of [
    'application/oauth-authz-req+jwt',
    'application/jwt; charset=utf-8',
    'application/json',
    'text/plain',
    'application/jwtx',
    '',
  ]) {
    server.answers.set(URL_, ({ headers }, response) => response.writeHead(200, { 'content-type': type }).end(headers.accept))
    const body = 'application/oauth-authz-req+jwt, application/jwt'
    t.match(
      await fetch(URL_, { accept: 'jwt' }),
      /jwt(;|$)/.test(type) ? { ok: true, value: { body } } : { ok: false, error: { reason: /, application\/jwt was expected$/ } },
      type,
    )
    t.equal((await fetch(URL_)).ok, type === 'application/json', type)
  }
})

const SLOW: Readonly<Record<string, Answer>> = {
  'slow headers': () => undefined,
  'a slow body': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const drip = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(drip))
  },
}

for (const [what, answer] of Object.entries(SLOW)) {
  t.test(`T2: ${what} end when the time for the whole request is over`, async (t) => {
    const server = await serveHosts(t, ['client.example'])
    server.answers.set(URL_, answer)
    const begun = performance.now()
    t.match(await createSafeFetch({ ...server, timeoutMs: 200 })(URL_), {
      ok: false,
      error: { reason: 'no complete answer within 200 ms' },
    })
    t.ok(performance.now() - begun < 10_000, 'well before anything else would end it')
  })
}

t.test('T2: a slow look-up ends when the time is over, and so does a server that never starts TLS', async (t) => {
  const timeout = { timeoutMs: 200 }
  const begun = performance.now()
  const alive = setInterval(() => undefined, 1000) // a look-up that hangs keeps no process alive
  t.teardown(() => clearInterval(alive))
  t.equal(await refusal(URL_, { ...timeout, lookup: () => new Promise(() => undefined) }), 'no complete answer within 200 ms')
  const mute = createServer(() => undefined)
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  t.teardown(() => mute.close())
  const { port } = mute.address() as AddressInfo
  const testHosts = new Map([['client.example', { address: '127.0.0.1', port, ca: makeCertificate(['client.example']).cert }]])
  t.equal(await refusal(URL_, { ...timeout, testHosts }), 'no complete answer within 200 ms')
  t.ok(performance.now() - begun < 10_000, 'well before anything else would end it')
})

t.test('T2: a certificate for another name, or of an unknown authority, is refused', async (t) => {
  const server = await serveHosts(t, ['client.example'])
  const here = server.testHosts.get('client.example')!
  const other = new Map([['other.example', here]])
  t.match(await refusal('https://other.example/a', { testHosts: other }), /ERR_TLS_CERT_ALTNAME_INVALID/)
  const stranger = new Map([['client.example', { ...here, ca: makeCertificate(['client.example']).cert }]])
  t.match(await refusal(URL_, { testHosts: stranger }), /it could not be reached \(.*(SELF_SIGNED|CERT|SIGNATURE).*\)/)
  t.same(server.asked, [])
})

/** A fetcher whose look-ups wait until they are released; `begun` counts them. */
function held() {
  let release: (addresses: Address[]) => void = () => undefined
  const released = new Promise<Address[]>((resolve) => (release = resolve))
  const state = { begun: 0, release: () => release([]) }
  const lookup = () => {
    state.begun++
    return released
  }
  return { state, fetch: createSafeFetch({ lookup }) }
}

const BUSY = { ok: false, error: { kind: 'busy', reason: 'too many requests are under way' } }
const ASKED = { ok: false, error: { reason: /has no address$/ } }

t.test('T18: the number of fetches in progress is limited; the next one is refused at once', async (t) => {
  const { state, fetch } = held()
  const waiting = Array.from({ length: 32 }, (_, n) => fetch(`https://client${n}.test/`, { sender: `sender ${n}` }))
  t.equal(state.begun, 32)
  t.match(await fetch(URL_, { sender: 'another' }), BUSY)
  state.release()
  for (const one of await Promise.all(waiting)) t.match(one, ASKED)
  t.match(await fetch(URL_), ASKED, 'there is room again')
})

t.test('T18: neither one site nor one sender gets all places: who has none finds one', async (t) => {
  const attacks: Record<string, (n: number) => readonly [url: string, sender: string]> = {
    'one site, by many names and senders': (n) => [`https://x${n}.evil.example/${n}`, `sender ${n}`],
    'one sender, to many sites': (n) => [`https://x.evil${n}.example/`, 'evil'],
    'four senders, to sites of their own': (n) => [`https://x.evil${n % 4}.example/${n}`, `evil ${n % 4}`],
  }
  for (const [about, attack] of Object.entries(attacks)) {
    const { state, fetch } = held()
    const begun = Array.from({ length: 500 }, (_, n) => {
      const [url, sender] = attack(n)
      return fetch(url, { sender })
    })
    t.ok(state.begun < 32, about)
    const before = state.begun
    const good = [fetch('https://chatgpt.com/a', { sender: 'good' }), fetch('https://claude.ai/b', { sender: 'better' })]
    t.equal(state.begun, before + 2, about)
    state.release()
    for (const one of await Promise.all(good)) t.match(one, ASKED)
    const refused = (await Promise.all(begun)).filter((outcome) => !outcome.ok && outcome.error.kind === 'busy')
    t.equal(refused.length, 500 - before)
  }
})

t.test('a failure says whether the same request may succeed later', async (t) => {
  const server = await serveHosts(t, ['client.example'])
  const failing = (code: string) => ({ lookup: async () => Promise.reject(Object.assign(new Error(code), { code })) })
  const outcome = async (options: SafeFetchOptions) => {
    const fetched = await createSafeFetch({ timeoutMs: 200, ...options })(URL_)
    return fetched.ok ? undefined : mayPass(fetched.error)
  }
  for (const status of [408, 429, 500, 503, 400, 403, 404, 302]) {
    server.answers.set(URL_, (_request, response) => response.writeHead(status).end())
    t.equal(await outcome({ ...server, timeoutMs: 5000 }), status >= 500 || status === 429 || status === 408, String(status))
  }
  for (const code of ['ECONNREFUSED', 'ECONNRESET', 'ESERVFAIL', 'ETIMEOUT', 'EHOSTUNREACH'])
    t.equal(await outcome(failing(code)), true, code)
  for (const code of ['ENOTFOUND', 'ENODATA', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED', 'HPE_INVALID_CONSTANT', 'EPROTO'])
    t.equal(await outcome(failing(code)), false, code)
  t.equal(await outcome({ lookup: () => new Promise(() => undefined) }), true, 'silence')
  t.equal(await outcome({ lookup: async () => [family('10.0.0.1')] }), false, 'a private address')
})
