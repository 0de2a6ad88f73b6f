import t from 'tap'
import { buildPageApp } from '#test/templates/page-app.ts'

const app = await buildPageApp()
t.teardown(() => app.close())

const strict = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"

t.test('a page carries the headers that DESIGN fixes', async (t) => {
  const { headers, statusCode } = await app.inject('/page/login')
  t.equal(statusCode, 200)
  t.match(headers, {
    'content-type': 'text/html; charset=utf-8',
    'content-language': 'en',
    'cache-control': 'no-store',
    'content-security-policy': strict,
    'referrer-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'max-age=31536000',
    vary: 'Accept-Language',
  })
  t.notOk('cross-origin-opener-policy' in headers, 'it would cut a popup off its opener')
  t.notMatch(headers['content-security-policy'], 'form-action', 'Chromium would block the redirect after Approve')
})

t.test('only the form_post page may run a script, our own', async (t) => {
  const { headers } = await app.inject('/page/form-post')
  t.equal(headers['content-security-policy'], `${strict}; script-src 'self'`)
})

t.test('a page that shows an image from elsewhere allows that one origin, and no other page does', async (t) => {
  const { headers } = await app.inject('/page/consent?imageOrigin=https://chatgpt.com')
  t.equal(headers['content-security-policy'], strict.replace('data:', 'data: https://chatgpt.com'))
  t.equal((await app.inject('/page/consent')).headers['content-security-policy'], strict)
})

t.test('a page looks as a client asked', async (t) => {
  t.match((await app.inject('/page/login?display=popup')).body, '<body class="page-login display-popup">')
  t.match((await app.inject('/page/login')).body, '<body class="page-login">')
})

t.test('a server on http does not promise https', async (t) => {
  const local = await buildPageApp('http://localhost:8000')
  t.teardown(() => local.close())
  const { headers } = await local.inject('/page/login')
  t.notOk('strict-transport-security' in headers)
  t.notMatch(headers['content-security-policy'], 'upgrade-insecure-requests')
})

t.test('an error page has its own status, unless the caller gives one', async (t) => {
  t.equal((await app.inject('/page/error-server')).statusCode, 500)
  t.equal((await app.inject('/page/error-server?status=503')).statusCode, 503)
  t.equal((await app.inject('/page/login?status=401')).statusCode, 401)
})

t.test('a Vary that is there already is kept', async (t) => {
  t.equal((await app.inject('/page/login?vary=Origin')).headers.vary, 'Origin, Accept-Language')
})

const cases: Array<[string, { uiLocales?: string; query?: string; accept?: string }, string]> = [
  ['nothing', {}, 'en'],
  ['Accept-Language: ko', { accept: 'ko-KR,ko;q=0.9,en;q=0.8' }, 'ko'],
  ['Accept-Language: en before ko', { accept: 'en-US,en;q=0.9,ko;q=0.8' }, 'en'],
  ['Accept-Language: another language, then ko', { accept: 'fr-FR, ko;q=0.4, en;q=0.3' }, 'ko'],
  ['Accept-Language: only others', { accept: 'fr, de;q=0.5' }, 'en'],
  ['Accept-Language: anything', { accept: '*' }, 'en'],
  ['Accept-Language: rubbish', { accept: ';;;q=x,,\u00e9' }, 'en'],
  ['ui_locales before Accept-Language', { uiLocales: 'ko-KR en', accept: 'en' }, 'ko'],
  ['ui_locales in capitals', { uiLocales: 'KO' }, 'ko'],
  ['ui_locales with a script', { uiLocales: 'ko-Kore-KR' }, 'ko'],
  ['ui_locales: the first that fits', { uiLocales: 'fr en ko' }, 'en'],
  ['ui_locales: a longer language is another language', { uiLocales: 'kok enm', accept: 'ko' }, 'ko'],
  ['ui_locales in the address, where the page has none of its own', { query: '?ui_locales=ko', accept: 'en' }, 'ko'],
  ['ui_locales twice in the address', { query: '?ui_locales=ko&ui_locales=ko', accept: 'en' }, 'en'],
  ['ui_locales that hold nothing known', { uiLocales: 'fr  constructor', accept: 'ko' }, 'ko'],
]
for (const [title, { uiLocales, query = '', accept }, expected] of cases) {
  t.test(`a person with ${title} reads ${expected}`, async (t) => {
    const given = uiLocales === undefined ? query : `?uiLocales=${encodeURIComponent(uiLocales)}`
    const response = await app.inject({ url: `/page/login${given}`, headers: accept === undefined ? {} : { 'accept-language': accept } })
    t.equal(response.headers['content-language'], expected)
    t.match(response.body, expected === 'ko' ? '로그인' : 'Sign in')
  })
}

t.test('many pages at once keep their languages apart', async (t) => {
  const bodies = await Promise.all(Array.from({ length: 20 }, (_, i) => app.inject(`/page/consent?uiLocales=${i % 2 ? 'ko' : 'en'}`)))
  for (const [i, { body }] of bodies.entries()) t.match(body, i % 2 ? '접근을 허용하시겠습니까?' : 'Allow access?')
})

t.test('links of a page begin with the path of the issuer', async (t) => {
  const below = await buildPageApp('https://example.com/t1')
  t.teardown(() => below.close())
  const { body } = await below.inject('/page/form-post')
  for (const name of ['style.css', 'icon.svg', 'form-post.js']) t.match(body, `"/t1/assets/${name}?v&#x3D;`)
})
