import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { buildPageApp, unescape } from './page-app.ts'
import { arabic, long, markup, samplePages } from './samples.ts'

const app = await buildPageApp()
t.teardown(() => app.close())

const html = async (name: string, query = '') => (await app.inject(`/page/${name}${query}`)).body
const fields = (body: string) => [...body.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([tag]) => unescape(tag))

/** Elements that some data could have brought in; none of the templates has them, but for the script of form_post and the logo of a client. */
const foreign = /<(script|img|iframe|object|embed|base|style|svg onload)\b/gi

for (const [name, sample] of Object.entries(samplePages)) {
  for (const locale of ['en', 'ko']) {
    t.test(`${name} in ${locale} is a whole page in which data stays data (T1)`, async (t) => {
      const body = await html(name, `?uiLocales=${locale}`)
      t.match(body, new RegExp(`^<!doctype html>\n<html lang="${locale}">`))
      t.match(body, '<h1')
      t.match(body, '</html>')
      t.strictSame(body.match(foreign) ?? [], sample.page === 'form-post' ? ['<script'] : 'logoUri' in sample.model ? ['<img'] : [])
      t.notMatch(body, /\son\w+=|\sstyle=/i, 'no inline handlers or styles')
      t.notMatch(body.replaceAll('{{name}}', ''), /\{\w+\}|undefined|\[object/, 'no gap in a sentence')
      t.equal(body.match(/<form /g)?.length ?? 0, 'action' in sample.model || name === 'error-return-post' ? 1 : 0)
      for (const [, id] of body.matchAll(/<input id="(\w+)"/g)) t.match(body, `<label for="${id}">`)
    })
  }
}

t.test('the login page names the client, offers its fields to password managers and carries the transaction', async (t) => {
  const body = await html('login')
  t.match(body, '<bdi class="value">ChatGPT</bdi>')
  t.match(body, /name="username" type="text" autocomplete="username"/)
  t.match(body, /name="password" type="password" autocomplete="current-password"/)
  t.match(body, '<input type="hidden" name="transaction" value="eyJhIjoxfQ.')
  t.match(body, '<form method="post" action="/login">')
  t.notMatch(body, 'aria-invalid')
})

t.test('the login page says which problem there is, and ties it to the fields', async (t) => {
  const wrong = await html('login-credentials')
  t.match(wrong, /role="alert"[^>]*>\s*<p class="notice danger" id="problem">/)
  t.equal(wrong.match(/aria-describedby="problem" aria-invalid="true"/g)?.length, 2)
  t.match(wrong, 'value="mina.park"')
  t.match(await html('login-limited'), 'about 12 min')
  t.match(await html('login-limited', '?uiLocales=ko'), '약 12분')
  t.match(await html('odd-login'), 'Wait a little')
})

t.test('the account page offers to continue or to switch', async (t) => {
  const body = await html('account')
  t.match(body, 'name="decision" value="continue"')
  t.match(body, 'name="decision" value="switch"')
  t.match(body, 'Continue as <bdi class="value">mina.park</bdi>')
})

t.test('the consent page calls an app without a name so, and shows no id as one', async (t) => {
  t.match(await html('consent-nameless'), 'An app that gives no name asks for access to your account.')
  t.notMatch(await html('consent-nameless'), 'calls itself')
})

t.test('the consent page says who, for whom, what, where to, and lets the person decide', async (t) => {
  const body = await html('consent')
  for (const essential of [
    'mina.park@example.com',
    'calls itself <bdi class="value">ChatGPT</bdi>',
    'https://mcp.example.com/mcp',
    'Use the tools of the observatory',
  ])
    t.match(body, essential)
  for (const decision of ['allow', 'deny', 'switch']) t.match(body, `name="decision" value="${decision}"`)
  t.match(body, 'Your answer goes to <bdi class="value">chatgpt.com</bdi>')
  t.notMatch(body, 'notice warning')
})

t.test('the consent page warns where the client can not be known', async (t) => {
  const loopback = await html('consent-loopback')
  t.match(loopback, 'notice warning')
  t.match(loopback, 'A program on this computer is asking')
  t.match(loopback, 'localhost:53682')
  const custom = await html('consent-custom')
  t.match(custom, 'An app on this device is asking')
  t.match(custom, 'cursor://')
})

t.test('the consent page links only to https', async (t) => {
  t.match(await html('consent'), '<a href="https://chatgpt.com/" target="_blank" rel="noopener noreferrer"')
  const { body } = await app.inject('/page/consent-custom')
  t.notMatch(body, '<a ')
})

t.test('the consent page shows a logo that tells nobody where it is shown, and no place for one that is not there', async (t) => {
  t.match(await html('consent'), '<img class="logo" src="https://chatgpt.com/logo.svg" alt="" referrerpolicy="no-referrer">')
  t.notMatch(await html('consent-custom'), '<img')
})

t.test('odd names arrive unharmed, and isolated from the sentence around them', async (t) => {
  const body = await html('odd-consent')
  t.match(unescape(body), `<bdi class="value">${arabic} ${markup} ${long}</bdi>`)
  t.match(
    unescape(body),
    `<bdi class="value">${arabic} ${markup} ${long}</bdi>\n<code dir="ltr">https://${long}.example.com/</code>\n<ul class="scopes">\n<li><bdi>${markup}</bdi></li>`,
    'so do the name and the scopes of a resource',
  )
  t.ok(
    fields(body).some((tag) => tag.includes(`value="${markup}"`)),
    'the transaction goes back byte for byte',
  )
})

t.test('the error page says what happened, what to do, and how to find it again', async (t) => {
  const body = await html('error')
  for (const essential of ['does not know the app', 'remove this connection and add it again', '400 invalid_client', 'req-7f3k2m9q'])
    t.match(body, essential)
  t.match(
    await html('error', '?uiLocales=ko'),
    /<p lang="en" dir="auto">This server[^<]*<\/p>/,
    'the English description is marked as such',
  )
  t.match(await html('error-server'), 'Something went wrong on our side')
  t.match(await html('error-missing'), '<title>Page not found · ')
  t.match(await html('error-missing'), '<a href="/">Start page</a>')
})

t.test('the logout page asks before it signs out', async (t) => {
  const body = await html('logout')
  t.match(body, '<form method="post" action="/logout">')
  t.match(body, '<input type="hidden" name="token" value="eyJhIjoxfQ.')
})

t.test('the form_post page holds every parameter, one script and a button', async (t) => {
  const body = await html('odd-form-post')
  t.match(unescape(body), '<form method="post" action="https://app.example/?a=1&b=""')
  t.ok(fields(body).includes(`<input type="hidden" name="submit" value="${markup}">`))
  t.match(body, /<script src="\/assets\/form-post\.js\?v&#x3D;[\w-]{12}" defer><\/script>/)
  t.match(body, '<button class="button primary" type="submit">')
})

t.test('no template puts data into a page unescaped or into an attribute without quotes', async (t) => {
  const folder = new URL('../../src/templates/', import.meta.url)
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.hbs'))) {
    const source = readFileSync(new URL(file, folder), 'utf8')
    t.strictSame(source.match(/\{\{\{.*?\}\}\}|\{\{&.*?\}\}/g) ?? [], file === 'layout.hbs' ? ['{{{body}}}'] : [], file)
    t.notMatch(source, /<[^>]*\s[\w-]+=\{\{/, `${file}: attributes are quoted`)
    t.notMatch(source, /<[^>]*\s(style|on\w+)=/, `${file}: nothing inline`)
  }
})
