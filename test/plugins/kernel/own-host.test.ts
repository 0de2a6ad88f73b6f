import t from 'tap'
import { createApp } from '#test/support/app.ts'

const QUERY = '/authorize?client_id=x&state=a%20b'

/** Where a browser that opens `url` is led, or the status of the page that it gets. */
async function open(env: Record<string, string>, url: string, headers: Record<string, string>, remoteAddress = '127.0.0.1') {
  const { app } = await createApp(t, env)
  const { statusCode, headers: answer } = await app.inject({ url, headers: { accept: 'text/html', ...headers }, remoteAddress })
  return answer.location ?? statusCode
}

t.test('on this computer, a page under another name of it leads to the issuer', async (t) => {
  const there = `http://localhost:8000${QUERY}&own_host=1`
  for (const host of ['127.0.0.1:8000', '[::1]:8000', '127.1.2.3:8000', 'app.localhost:8000'])
    t.equal(await open({}, QUERY, { host }), there, host)
  t.equal(await open({}, '/', { host: '127.0.0.1:8000' }), 'http://localhost:8000/?own_host=1')
  t.equal(await open({}, '/device', { host: '127.0.0.1:8000' }), 'http://localhost:8000/device?own_host=1')
})

t.test('nobody is led away by another port or name, for a program, for a second time, or from a page that is a form’s', async (t) => {
  for (const host of ['localhost:8000', '127.0.0.1:9000', '127.0.0.1', 'evil.example:8000', '10.0.0.1:8000', 'x y', ''])
    t.equal(await open({}, QUERY, { host }), 400, host)
  t.equal(await open({}, `${QUERY}&own_host=1`, { host: '127.0.0.1:8000' }), 400)
  t.equal(await open({}, QUERY, { host: '127.0.0.1:8000', accept: 'application/json' }), 400)
  t.equal(await open({}, '/healthz', { host: '127.0.0.1:8000' }), 200)
  t.equal(await open({}, '/.well-known/openid-configuration', { host: '127.0.0.1:8000' }), 200)
  const { app } = await createApp(t)
  const post = {
    method: 'POST',
    url: '/login',
    payload: 'transaction=x',
    headers: { host: '127.0.0.1:8000', 'content-type': 'application/x-www-form-urlencoded' },
  } as const
  t.equal((await app.inject(post)).statusCode, 400)
})

t.test('behind a proxy, what counts is the name that the trusted proxy forwards', async (t) => {
  const env = { ISSUER: 'https://auth.example.com/t1', ADMIN_PASSWORD: 'a long enough password', TRUST_PROXY: '127.0.0.0/8' }
  const url = `/t1${QUERY}`
  const there = `https://auth.example.com${url}&own_host=1`
  const inner = { host: 'upstream:8000' }
  t.equal(await open(env, url, { ...inner, 'x-forwarded-host': 'www.example.com' }), there)
  t.equal(await open(env, url, { ...inner, 'x-forwarded-host': 'a.example.com, www.example.com' }), there)
  t.equal(await open(env, url, { ...inner, 'x-forwarded-host': 'auth.example.com' }), 400, 'the right name')
  t.equal(await open(env, url, inner), 400, 'a proxy that puts in its own name says nothing')
  t.equal(await open(env, url, { ...inner, 'x-forwarded-host': 'www.example.com' }, '192.0.2.1'), 400, 'not a trusted proxy')
  t.equal(await open({ ...env, TRUST_PROXY: '' }, url, { ...inner, 'x-forwarded-host': 'www.example.com' }), 400, 'no proxy')
})
