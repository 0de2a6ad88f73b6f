/** Whose pages these are: what an operator sets is on every page, and without it the pages are as they come. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildPageApp, unescape } from '#test/templates/page-app.ts'
import { samplePages } from '#test/templates/samples.ts'

const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><script>alert(1)</script></svg>'
const folder = t.testdir({ 'logo.svg': svg })
const SERVICE = {
  SERVICE_NAME: 'Acme <b> & Söhne',
  SERVICE_LOGO: join(folder, 'logo.svg'),
  SERVICE_ACCENT: '#0b6e69,#5fd0c8',
  SUPPORT_CONTACT: 'help@acme.example',
  PRIVACY_URL: 'https://acme.example/privacy?a=1&b=2',
  TERMS_URL: 'https://acme.example/terms',
}
const app = await buildPageApp('https://example.com/t1', SERVICE)
t.teardown(() => app.close())
const names = ['home', ...Object.keys(samplePages)]
const read = async (name: string, from = app) =>
  unescape((await from.inject({ url: name === 'home' ? '/' : `/page/${name}`, headers: { accept: 'text/html' } })).body)

t.test('a person sees on every page whose it is, and where help, privacy and terms are', async (t) => {
  for (const name of names) {
    const body = await read(name)
    t.match(body, '<bdi class="brand">Acme <b> & Söhne</bdi>', name)
    t.match(body, /<title>[^]*Acme <b> & Söhne<\/title>/)
    t.match(body, '<li>Help: <a href="mailto:help@acme.example" rel="noreferrer"><bdi>help@acme.example</bdi></a></li>')
    t.match(body, '<a href="https://acme.example/privacy?a=1&b=2" rel="noreferrer">Privacy</a>')
    t.match(body, '<a href="https://acme.example/terms" rel="noreferrer">Terms</a>')
    t.match(body, /<img class="service-logo" src="\/t1\/assets\/service\/logo\.svg\?v=[\w-]{12}" alt="">/)
    t.match(body, /<link rel="icon" href="\/t1\/assets\/service\/logo\.svg\?v=[\w-]{12}">/)
    t.match(body, /<link rel="stylesheet" href="\/t1\/assets\/service\/service\.css\?v=[\w-]{12}">/)
  }
  t.notMatch((await app.inject('/page/login')).body, '<b>', 'escaped (T1)')
  t.match(await read('home'), '<h1><bdi>Acme <b> & Söhne</bdi></h1>')
  t.match(await read('home'), '<title>Acme <b> & Söhne</title>')
  t.match(await read('login'), 'Can\'t sign in? Ask for help: <a href="mailto:help@acme.example"')
  t.match(await read('error-server'), /from the details below\. <a href="mailto:help@acme\.example"/)
})

t.test('help in words is no link', async (t) => {
  const words = await buildPageApp('https://example.com', { SUPPORT_CONTACT: 'Room 12' })
  t.teardown(() => words.close())
  t.match(await read('login', words), 'Ask for help: <bdi class="value">Room 12</bdi>')
  t.notMatch(await read('login', words), '>Privacy<')
})

t.test('without settings the pages are those of Solar System', async (t) => {
  const plain = await buildPageApp()
  t.teardown(() => plain.close())
  for (const name of names) {
    const body = await read(name, plain)
    t.match(body, '<bdi class="brand">Solar System</bdi>', name)
    t.notMatch(body, /service-logo|service\.css|class="links">\s*<li>Help/)
  }
  t.match(await read('login', plain), 'Ask the people who run this server.')
  for (const name of ['logo.svg', 'service.css', 'constructor'])
    t.equal((await plain.inject(`/assets/service/${name}`)).statusCode, 404, name)
})

t.test('a logo is an image and nothing else, also where it is opened by itself', async (t) => {
  const [src] = /\/t1\/assets\/service\/logo\.svg\?v=[\w-]+/.exec(await read('login'))!
  const response = await app.inject(src)
  t.equal(response.statusCode, 200)
  t.equal(response.body, svg)
  t.match(response.headers, {
    'content-type': 'image/svg+xml',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'public, max-age=31536000, immutable',
  })
  t.equal((await app.inject('/t1/assets/service/logo.svg?v=older')).headers['cache-control'], 'no-cache')
  t.equal((await app.inject('/favicon.ico')).headers.location, src)
  t.equal((await app.inject('/t1/assets/service/logo.png')).statusCode, 404)
})

t.test('a browser gets the colour for light and for dark pages, and text that it can show on it', async (t) => {
  const [href] = /\/t1\/assets\/service\/service\.css\?v=[\w-]+/.exec(await read('login'))!
  const { body, headers } = await app.inject(href)
  t.equal(headers['content-type'], 'text/css; charset=utf-8')
  t.equal(
    body,
    ':root { --accent: #0b6e69; --accent-hover: #095e59; --on-accent: #ffffff; --link: var(--text) }\n' +
      '@media (prefers-color-scheme: dark) { :root { --accent: #5fd0c8; --accent-hover: #77d7d0; --on-accent: #0d1330; --link: var(--text) } }\n',
  )
})

t.test('a logo and a colour loosen no policy of a page', async (t) => {
  const strict = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
  t.equal((await app.inject('/page/login')).headers['content-security-policy'], strict)
})

t.test('a changed logo has another address', async (t) => {
  writeFileSync(join(folder, 'other.svg'), svg.replace('0 0 1 1', '0 0 2 2'))
  const other = await buildPageApp('https://example.com/t1', { ...SERVICE, SERVICE_LOGO: join(folder, 'other.svg') })
  t.teardown(() => other.close())
  const [one] = /logo\.svg\?v=[\w-]+/.exec(await read('login'))!
  const [two] = /logo\.svg\?v=[\w-]+/.exec(await read('login', other))!
  t.not(one, two)
})
