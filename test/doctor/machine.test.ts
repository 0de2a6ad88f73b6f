/** What the doctor does on this machine: it listens, opens a browser, shakes hands, and knows which hosts are private. */
import { once } from 'node:events'
import { createServer } from 'node:https'
import { connect, createServer as createSocketServer } from 'node:net'
import type { AddressInfo, Server } from 'node:net'
import t from 'tap'
import { readExpiry } from '#src/doctor/steps/address-steps.ts'
import { awaitCallback } from '#src/doctor/probe/callback.ts'
import type { CallbackOptions } from '#src/doctor/probe/callback.ts'
import { browserCommand, openBrowser } from '#src/doctor/open-browser.ts'
import { isPrivateHost, leadsToPrivateHost } from '#src/fetch/private-host.ts'
import { createCertificate } from '#test/support/network/certificate.ts'

const DAY_MS = 86_400_000

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const waiting = (changes: Partial<CallbackOptions> = {}): CallbackOptions => ({
  state: 'ours',
  signal: new AbortController().signal,
  waitMs: 5000,
  say: () => undefined,
  ...changes,
})

/** Sends bytes, and returns all that comes back. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.end(bytes)
  let came = ''
  for await (const chunk of socket) came += String(chunk)
  return came
}

t.test('the callback listens on loopback, takes one answer and nothing else', async (t) => {
  const { redirectUri, answer, strayed, close } = await awaitCallback(waiting())
  t.teardown(close)
  t.match(redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
  for (const path of ['/favicon.ico?code=x', '/callback']) t.equal((await fetch(new URL(path, redirectUri))).status, 404)
  const page = await fetch(`${redirectUri}?code=a&state=ours`)
  t.match([page.status, await page.text()], [200, /signed in.*Close this window/s])
  t.equal((await answer)?.get('code'), 'a')
  t.strictSame(strayed(), [])
})

t.test('the callback takes an error that belongs to the login', async (t) => {
  const { redirectUri, answer, close } = await awaitCallback(waiting())
  t.teardown(close)
  t.match(await (await fetch(`${redirectUri}?error=access_denied&state=ours`)).text(), /ended with an error/)
  t.equal((await answer)?.get('error'), 'access_denied')
})

t.test('a page or a program that does not know the state neither ends the wait nor the doctor', async (t) => {
  const said: string[] = []
  const { redirectUri, answer, strayed, close } = await awaitCallback(waiting({ say: (line) => void said.push(line) }))
  t.teardown(close)
  const port = Number(new URL(redirectUri).port)
  for (const target of ['//', '//:x', 'http://', 'http://[', '*', '/callback?%', 'http://127.0.0.1:1/callback?error=x'])
    t.match(await exchange(port, `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 40[04] /, target)
  await exchange(port, 'nonsense\r\n\r\n')
  for (const query of ['error=x', 'code=a&state=', 'code=a&state=b', 'code=a&state=b&state=ours', 'error=x&state=OURS'])
    t.equal((await fetch(`${redirectUri}?${query}`)).status, 400, query)
  for (let i = 0; i < 20; i++) await fetch(`${redirectUri}?error=${i}`)
  await fetch(`${redirectUri}?code=right&state=ours`)
  t.equal((await answer)?.get('code'), 'right')
  t.equal(said.length, 1, 'they are mentioned once')
  t.equal(strayed().length, 10, 'not all of them are kept')
})

t.test('the callback is awaited no longer than allowed, and not at all after the signal', async (t) => {
  const never = new AbortController().signal
  for (const [signal, waitMs] of [
    [AbortSignal.abort(), 5000],
    [never, 5],
  ] as const) {
    const { answer, close } = await awaitCallback(waiting({ signal, waitMs }))
    t.equal(await answer, undefined)
    close()
  }
})

t.test('each system opens a browser in its own way, and none by a shell', async (t) => {
  const url = 'https://auth.example/authorize?a=1&b=2'
  t.strictSame(browserCommand('darwin', url), ['open', url])
  t.strictSame(browserCommand('win32', url), ['rundll32', 'url.dll,FileProtocolHandler', url])
  t.strictSame(browserCommand('linux', url), ['xdg-open', url])
})

t.test('a machine without a browser is no failure', async (t) => {
  const { PATH } = process.env
  t.teardown(() => (process.env['PATH'] = PATH))
  process.env['PATH'] = t.testdir()
  t.doesNotThrow(() => openBrowser('https://auth.example/'))
  await new Promise((resolve) => setImmediate(resolve))
})

t.test('the expiry of a certificate is read, even if nobody trusts its issuer', async (t) => {
  const server = createServer(createCertificate('localhost'))
  const port = await portOf(server)
  t.teardown(() => server.close())
  t.ok((await readExpiry('localhost', port))! > Date.now() + 365 * DAY_MS)
  t.ok((await readExpiry('127.0.0.1', port))! > Date.now())
})

t.test('where there is no TLS, no expiry is claimed', async (t) => {
  const plain = createSocketServer(
    (socket) =>
      void socket
        .resume()
        .on('error', () => undefined)
        .end('hello'),
  )
  const port = await portOf(plain)
  t.equal(await readExpiry('127.0.0.1', port), undefined)
  plain.close()
  await once(plain, 'close')
  t.equal(await readExpiry('127.0.0.1', port), undefined)
})

t.test('a handshake that nobody answers is given up', async (t) => {
  const silent = createSocketServer()
  const sockets = new Set<{ destroy(): void }>()
  silent.on('connection', (socket) => sockets.add(socket))
  const port = await portOf(silent)
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  t.equal(await readExpiry('127.0.0.1', port, { timeoutMs: 20 }), undefined)
})

t.test('hosts that only this machine or its network reaches are private', async (t) => {
  const addresses = ['127.0.0.1', '[::1]', '10.1.2.3', '192.168.0.1', '[fd00::1]']
  for (const host of [...addresses, 'localhost', 'localhost.', 'db', 'nas.local', 'a.internal', 'x.home.arpa'])
    t.ok(isPrivateHost(host), host)
  for (const host of ['auth.example', '8.8.8.8', '[2606:4700::1111]', 'internal.example.com', 'localhost.example'])
    t.notOk(isPrivateHost(host), host)
})

// threat-model.md T2: a stranger's server must not send us to machines that only we can reach.
t.test('a public address may not lead to a private one, a private one may', async (t) => {
  t.ok(leadsToPrivateHost('https://auth.example/', 'http://169.254.169.254/latest'))
  t.notOk(leadsToPrivateHost('https://auth.example/', 'https://other.example/'))
  t.notOk(leadsToPrivateHost('http://localhost:8000/', 'http://127.0.0.1:8000/'))
})
