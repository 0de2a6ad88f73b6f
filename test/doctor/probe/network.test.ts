/** Which addresses the doctor reaches, by names that strangers choose (threat-model.md T2). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createSocketServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import t from 'tap'
import type { Test } from 'tap'
import { examine } from '#src/doctor/doctor.ts'
import { buildSend } from '#src/doctor/probe/http.ts'
import type { Call } from '#src/doctor/probe/http.ts'
import { openNetwork } from '#src/doctor/probe/network.ts'
import type { Network } from '#src/doctor/probe/network.ts'
import { readExpiry } from '#src/doctor/steps/address-steps.ts'
import { createWorld } from '#test/doctor/world.ts'
import { createCertificate } from '#test/support/network/certificate.ts'

/** In these tests 127.0.0.1 is public, and 127.0.0.2 is inside. */
const isPublic = (address: string) => address !== '127.0.0.2'

function networkFrom(url: string, hosts: Readonly<Record<string, readonly string[]>>): { network: Network; looked: string[] } {
  const looked: string[] = []
  const network = openNetwork(url, {
    isPublic,
    async resolve(host) {
      looked.push(host)
      const found = hosts[host]
      if (found === undefined) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
      return found.map((address) => ({ address, family: 4 }))
    },
  })
  return { network, looked }
}

async function listening(t: Test, server: Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** A server that repeats what it was asked. */
const echo = () =>
  createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.end(`${request.method} ${request.headers.host} ${body}`)
    })
  })

const ask = (network: Network, call: Call) => buildSend(network.fetch, 2000)(call)

t.test('a public server reaches public hosts by their names, each looked up once', async (t) => {
  const port = await listening(t, echo())
  const { network, looked } = networkFrom('https://mcp.example', {
    'mcp.example': ['127.0.0.1'],
    'auth.example': ['127.0.0.1', '127.0.0.3'],
  })
  for (const host of ['mcp.example', 'auth.example', 'auth.example'])
    t.match(await ask(network, { url: `http://${host}:${port}/`, method: 'POST', body: 'hello' }), {
      ok: true,
      reply: { status: 200, body: `POST ${host}:${port} hello` },
    })
  const sent = await ask(network, { url: `http://mcp.example:${port}/` })
  t.strictSame(sent.ok && sent.reply.headers.getSetCookie(), ['a=1', 'b=2'])
  t.strictSame(looked.sort(), ['auth.example', 'mcp.example'])
})

for (const [what, host, addresses] of [
  ['a name that leads inside', 'inside.evil.example', ['127.0.0.2']],
  ['a name that leads inside among others', 'mixed.evil.example', ['127.0.0.1', '127.0.0.2']],
  ['an address inside', '127.0.0.2', []],
  ['its own name, which leads inside as well', 'evil.example', []],
] as const) {
  t.test(`a public server sends no request to ${what}`, async (t) => {
    let connections = 0
    const inside = createSocketServer((socket) => void (connections++, socket.destroy()))
    const port = await listening(t, inside, '0.0.0.0')
    const own = host === 'evil.example' ? ['127.0.0.2', '127.0.0.1'] : ['127.0.0.1']
    const { network } = networkFrom('https://evil.example', { 'evil.example': own, [host]: host === 'evil.example' ? own : addresses })
    for (const method of ['GET', 'POST', 'OPTIONS', 'DELETE'] as const) {
      t.match(await ask(network, { url: `http://${host}:${port}/admin`, method }), {
        ok: false,
        noReply: { finding: 'endpoint-private', sentence: /leads to 127\.0\.0\.2, which is not a public address/ },
      })
    }
    t.equal(await readExpiry(host === '127.0.0.2' ? 'inside.evil.example' : host, port, { lookup: network.lookup }), undefined)
    t.equal(connections, 0)
  })
}

t.test('a server in a private network, by its name, may name others there', async (t) => {
  const port = await listening(t, echo())
  const { network } = networkFrom('https://mcp.corp.example', { 'mcp.corp.example': ['127.0.0.2'], 'auth.corp.example': ['127.0.0.1'] })
  t.match(await ask(network, { url: `http://auth.corp.example:${port}/` }), { ok: true })
  const { network: both } = networkFrom('https://mcp.corp.example', { 'mcp.corp.example': ['127.0.0.2'] })
  t.match(await ask(both, { url: `http://127.0.0.1:${port}/` }), { ok: true })
})

t.test('an address of this machine that somebody typed is reached as ever', async (t) => {
  for (const url of ['http://localhost:8000', 'http://127.0.0.1:8000', 'http://[::1]:8000', 'http://db:8000'])
    t.strictSame(openNetwork(url), { fetch }, url)
  t.not(openNetwork('https://[2606:4700::1111]/').lookup, undefined)
})

t.test('a name that cannot be found, and one whose look-up hangs, are explained', async (t) => {
  const { network } = networkFrom('https://mcp.example', { 'mcp.example': ['127.0.0.1'] })
  t.match(await ask(network, { url: 'https://nowhere.example/' }), {
    ok: false,
    noReply: { finding: 'no-answer', sentence: /cannot be found/ },
  })
  const hangs = openNetwork('https://mcp.example', { resolve: () => new Promise(() => undefined) })
  const alive = setTimeout(() => undefined, 5000)
  t.match(await buildSend(hangs.fetch, 20)({ url: 'https://mcp.example/' }), { ok: false, noReply: { finding: 'too-slow' } })
  clearTimeout(alive)
})

t.test('the names of this machine are looked up by its own resolver', async (t) => {
  t.match(await buildSend(openNetwork('https://nowhere.invalid').fetch, 5000)({ url: 'https://nowhere.invalid/' }), {
    ok: false,
    noReply: { finding: 'no-answer' },
  })
})

t.test('a certificate counts by the name, not by the address', async (t) => {
  const port = await listening(
    t,
    createTlsServer(createCertificate('localhost'), (_, response) => void response.end('hi')),
  )
  const { network } = networkFrom('https://mcp.example', { 'mcp.example': ['127.0.0.1'] })
  t.match(await ask(network, { url: `https://mcp.example:${port}/` }), { ok: false, noReply: { finding: /^certificate-/ } })
  t.ok((await readExpiry('mcp.example', port, { lookup: network.lookup }))! > Date.now())
})

t.test('answers without a body, and those that are no HTTP, are read as such', async (t) => {
  const { network } = networkFrom('https://mcp.example', { 'mcp.example': ['127.0.0.1'] })
  const answering = async (line: string) => {
    const server = createSocketServer((socket) => void socket.on('data', () => socket.end(`HTTP/1.1 ${line}\r\nX-A: b\r\n\r\n`)))
    return ask(network, { url: `http://mcp.example:${await listening(t, server)}/`, method: 'DELETE' })
  }
  t.match(await answering('204 No Content'), { ok: true, reply: { status: 204, body: '' } })
  t.match(await answering('304 Not Modified'), { ok: true, reply: { status: 304, body: '' } })
  t.match(await answering('999 What'), { ok: false, noReply: { finding: 'no-answer' } })
})

t.test('an answer that stalls is given up', async (t) => {
  const stalling = createServer((_, response) => void response.write('begun'))
  const port = await listening(t, stalling)
  t.teardown(() => stalling.closeAllConnections())
  const { network } = networkFrom('https://mcp.example', { 'mcp.example': ['127.0.0.1'] })
  t.match(await buildSend(network.fetch, 100)({ url: `http://mcp.example:${port}/` }), { ok: false, noReply: { finding: 'too-slow' } })
})

t.test('a request without a time limit is answered, too', async (t) => {
  const port = await listening(t, echo())
  const { network } = networkFrom('https://mcp.example', { 'mcp.example': ['127.0.0.1'] })
  t.equal((await network.fetch(`http://mcp.example:${port}/`)).status, 200)
})

t.test('a server that accepts a connection and stays silent is given up', async (t) => {
  const sockets = new Set<{ destroy(): void }>()
  const port = await listening(
    t,
    createSocketServer((socket) => void sockets.add(socket)),
  )
  t.teardown(() => sockets.forEach((socket) => socket.destroy()))
  const { network } = networkFrom('https://mcp.example', { 'mcp.example': ['127.0.0.1'] })
  t.match(await buildSend(network.fetch, 50)({ url: `http://mcp.example:${port}/` }), { ok: false, noReply: { finding: 'too-slow' } })
})

t.test('a connection that asks for one address gets one', async (t) => {
  const { network } = networkFrom('https://mcp.example', { 'mcp.example': ['127.0.0.3', '127.0.0.1'] })
  const found = await new Promise((resolve) =>
    network.lookup!('mcp.example', { all: false }, (error, address, family) => resolve([error, address, family])),
  )
  t.strictSame(found, [null, '127.0.0.3', 4])
})

t.test('the certificates of names that cannot be found are no concern', async (t) => {
  const world = createWorld(undefined, { mcp: 'https://mcp.invalid/mcp', issuer: 'https://auth.invalid' })
  const outcomes: unknown[] = []
  const progress = { section: () => undefined, outcome: (...outcome: unknown[]) => void outcomes.push(outcome), end: () => undefined }
  await examine({ url: world.mcp, fetch: world.fetch, progress })
  t.match(
    outcomes.find((outcome) => (outcome as string[])[0] === 'The certificates last'),
    [String, { kind: 'passed' }],
  )
})

t.test('an examination looks names up by itself', async (t) => {
  const progress = { section: () => undefined, outcome: () => undefined, end: () => undefined }
  t.match(await examine({ url: 'https://nowhere.invalid', progress, timeoutMs: 2000 }), { checked: false, findings: [{ finding: String }] })
})
