import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import type { ConsolePage } from '#src/plugins/pages/console-models.ts'
import type { MyAccountPage, MyFactorsPage } from '#src/plugins/pages/account-models.ts'
import { buildPageApp, unescape } from './page-app.ts'
import { arabic, long, markup, samplePages } from './samples.ts'

const app = await buildPageApp()
t.teardown(() => app.close())

const html = async (name: string, query = '') => (await app.inject(`/page/${name}${query}`)).body
const fields = (body: string) => [...body.matchAll(/<(?:input|button)\b[^>]*>/g)].map(([tag]) => unescape(tag))

/** Elements that some data could have brought in; none of the templates has them, but for the script of form_post and the logo of a client. */
const foreign = /<(script|img|iframe|object|embed|base|style|svg onload)\b/gi

/** How many forms a page has. */
function formsOf(name: string, model: object): number {
  // The menu is there twice, for two sizes of the window, each time with the button that closes the console.
  if ('parts' in model) return (model as ConsolePage).parts.filter((part) => 'form' in part).length + 2
  if ('apps' in model) {
    const { apps, remembered, tokens, mayMakeTokens } = model as MyAccountPage
    return [apps, remembered, mayMakeTokens ? tokens : []].filter(({ length }) => length > 0).length + 1
  }
  if ('passkeys' in model) {
    const { passkeys, codesSince, hasFactors, services } = model as MyFactorsPage
    const { identities = [], managed = false, providers = [] } = services ?? {}
    const inServices = (managed ? 0 : identities.length) + (providers.length > 0 ? 1 : 0)
    return passkeys.length * 2 + (codesSince === undefined ? 0 : 1) + (hasFactors ? 1 : 0) + inServices
  }
  const own = 'action' in model || name === 'error-return-post' || 'switchTo' in model || name === 'recovery-codes-login' ? 1 : 0
  return own + ('passkey' in model ? 1 : 0)
}

/** The scripts of a page that posts itself or asks for a passkey, and the logo of a client. */
function expectedElements({ page, model }: (typeof samplePages)[string]): string[] {
  if (page === 'form-post') return ['<script']
  return [...('passkey' in model ? ['<script', '<script'] : []), ...('logoUri' in model ? ['<img'] : [])]
}

for (const [name, sample] of Object.entries(samplePages)) {
  for (const locale of ['en', 'ko']) {
    t.test(`${name} in ${locale} is a whole page in which data stays data (T1)`, async (t) => {
      const body = await html(name, `?uiLocales=${locale}`)
      t.match(body, new RegExp(`^<!doctype html>\n<html lang="${locale}">`))
      t.match(body, '<h1')
      t.match(body, '</html>')
      t.strictSame(body.match(foreign) ?? [], expectedElements(sample))
      t.notMatch(body, /\son\w+=|\sstyle=/i, 'no inline handlers or styles')
      t.notMatch(body.replaceAll('{{name}}', ''), /\{\w+\}|undefined|\[object/, 'no gap in a sentence')
      if (!name.startsWith('odd-') && !('codes' in sample.model))
        t.ok(Buffer.byteLength(body) < (sample.page === 'my-account' || sample.page === 'console' ? 16_000 : 8_000), 'small')
      // On an invitation they are buttons of its one form.
      const providers = sample.page === 'login' ? sample.model.providers.length : 0
      const own = name === 'login-nobody' ? 0 : formsOf(name, sample.model)
      t.equal(body.match(/<form /g)?.length ?? 0, own + providers)
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
  t.match(await html('login-limited'), 'about 12 minutes')
  t.match(await html('login-limited', '?uiLocales=ko'), '약 12분')
  t.match(await html('odd-login'), 'Wait a little')
  t.match(await html('login-limited-minute'), 'about 1 minute,')
  t.match(await html('device-limited-minute'), 'about 1 minute,')
  t.match(wrong, '<title>Error: Sign in · Solar System</title>', 'which a screen reader reads first')
  t.match(await html('device-unknown', '?uiLocales=ko'), '<title>오류: 기기 연결 · ')
  t.match(await html('login'), '<title>Sign in · Solar System</title>')
  t.match(await html('device-denied'), '<title>The device was not connected · ')
})

t.test('the account page offers to continue or to switch', async (t) => {
  const body = await html('account')
  t.match(body, 'name="decision" value="continue"')
  t.match(body, 'name="decision" value="switch"')
  t.match(body, 'Continue as <bdi class="value">mina.park</bdi>')
})

t.test('the consent page calls an app without a name so, and shows no id as one', async (t) => {
  const body = await html('consent-nameless')
  t.match(body, 'An app without a name')
  t.match(body, 'It gives no name, and asks for access to your account.')
})

t.test('the consent page says who, what, for whom and where to, in this order, and lets the person decide', async (t) => {
  const body = await html('consent')
  const order = [
    '<bdi class="value">ChatGPT</bdi>',
    'Use <bdi class="value">Observatory</bdi> as you',
    'https://mcp.example.com/mcp',
    'Use the tools of the observatory',
    'It can also',
    'mina.park@example.com',
    'return to <bdi class="value">chatgpt.com</bdi>',
    'value="allow"',
    'Website (stated by the app)',
    'Terms of service (stated by the app)',
  ].map((text) => [text, body.indexOf(text)] as const)
  for (const [text, at] of order) t.ok(at > 0, text)
  t.strictSame(
    order,
    [...order].sort(([, one], [, other]) => one - other),
  )
  for (const decision of ['allow', 'deny', 'switch']) t.match(body, `name="decision" value="${decision}"`)
  t.notMatch(body, 'notice warning')
})

t.test('the consent page says what vouches for an app: the host of its document, the operator, or nothing', async (t) => {
  const proved = await html('consent')
  t.match(proved, /<span class="badge proved"><svg[^]*?<span class="unseen">Verified address: <\/span><bdi>chatgpt\.com<\/bdi><\/span>/)
  t.match(proved, 'Published by <bdi class="value">chatgpt.com</bdi>')
  const claimed = await html('consent-registered')
  t.match(claimed, '<span class="badge">Unverified</span>')
  t.match(claimed, 'The app chose this name itself.')
  t.notMatch(claimed, 'badge proved')
  const added = await html('consent-operator')
  t.match(added, 'Added by the operator of this server.')
  t.notMatch(added, 'class="badge')
})

t.test('the consent page says that an app gets all tools of a server without scopes, and which server is not registered', async (t) => {
  const all = await html('consent-all-tools')
  t.match(all, 'Use <bdi class="value">mcp.example.com</bdi> as you')
  t.match(all, 'All tools of this server')
  t.match(all, 'Not registered here: only this address is known.')
  const none = await html('consent-no-tools')
  t.match(none, 'None of the permissions that this server offers')
  t.notMatch(none, /All tools|Not registered/)
})

t.test('thirty permissions are counted, six are seen at once, and the buttons stay in reach', async (t) => {
  const body = await html('consent-many')
  t.match(body, 'Permissions: 30')
  const [seen = '', folded = ''] = body.split('<details class="more">')
  t.equal(seen.match(/Read the measurements/g)?.length, 6)
  t.match(folded, '<summary>Show 24 more</summary>')
  t.equal(folded.split('</details>')[0]!.match(/Read the measurements/g)?.length, 24)
  t.match(body, '<div class="actions reachable">')
  t.notMatch(await html('consent'), /<details|Permissions:/)
})

t.test('the consent page marks what is new when it asks again', async (t) => {
  const body = await html('consent-again')
  const mark = ' <strong class="badge new">New</strong>'
  t.match(body, 'what is new is marked')
  for (const text of ['See your email address', '<bdi>Move the telescope</bdi>', '<bdi class="value">Library</bdi> as you'])
    t.match(body, text + mark)
  t.equal(body.split(mark).length, 4, 'and nothing else')
  t.notMatch(await html('consent'), /badge new|allowed this app before/)
})

t.test('the consent page warns where the client can not be known, calmly where it is as ever', async (t) => {
  const loopback = await html('consent-loopback')
  t.match(loopback, 'notice warning')
  t.match(loopback, 'A program on this computer is asking')
  t.match(loopback, 'localhost:53682')
  const custom = await html('consent-custom')
  t.match(custom, 'An app on this device is asking')
  t.match(custom, 'cursor://')
  for (const name of ['consent-loopback-known', 'consent-custom-known']) {
    const calm = await html(name)
    t.notMatch(calm, 'notice warning')
    t.match(calm, /<p class="return">[^]*, as before\. Allow only if you just started/)
  }
  const port = await html('consent-loopback-port')
  t.match(port, 'notice warning')
  t.match(port, 'It answers on another port than the app registered.')
  t.notMatch(loopback, 'another port')
})

t.test('the consent page links only to https, and to the account of the person', async (t) => {
  t.match(await html('consent'), '<a href="https://chatgpt.com/" target="_blank" rel="noopener noreferrer"')
  const { body } = await app.inject('/page/consent-custom')
  t.strictSame(body.match(/<a [^>]*>/g), ['<a href="/account" target="_blank">'])
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
    `<bdi class="value">${arabic} ${markup} ${long}</bdi> as you</h2>\n<code dir="ltr">https://${long}.example.com/</code>\n<ul class="scopes">\n<li><bdi>${markup}</bdi></li>\n`,
    'so do the name and the scopes of a resource',
  )
  t.ok(
    fields(body).some((tag) => tag.includes(`value="${markup}"`)),
    'the transaction goes back byte for byte',
  )
})

t.test('the error page says what happened, what to do, and how to find it again', async (t) => {
  const body = await html('error')
  for (const essential of ['doesn&#x27;t know the app', 'remove this connection and add it again', '400 invalid_client', 'req-7f3k2m9q'])
    t.match(body, essential)
  t.match(body, '<details class="more details small">', 'with the words of the protocol')
  const korean = await html('error', '?uiLocales=ko')
  t.match(korean, '앱이 이 서버에 등록되어 있지 않습니다.')
  t.match(korean, /<p lang="en" dir="auto">this client[^<]*<\/p>/, 'the English description is marked as such')
  t.match(await html('error-server'), 'Something went wrong on our side')
  t.match(await html('error-server'), '<details class="more details small" open>', 'with the reference that is asked for')
  t.match(await html('error-missing'), '<title>Page not found · ')
  t.match(await html('error-missing'), '<a class="button" href="/">Go to the start page</a>')
})

t.test('the error page leads back to the website of an app, if there is nowhere else to go', async (t) => {
  const body = unescape(await html('error-redirect'))
  t.match(
    body,
    '<a class="button" href="https://app.example/start?a=1&b=2" rel="noreferrer">Try again at <bdi class="value">app.example</bdi></a>',
  )
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
