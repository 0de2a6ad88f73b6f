/** What a person who allows must see in Chromium, however the server is deployed. */
import type { Test } from 'tap'
import { authorizeUrl, registerClient, CUSTOM, HTTPS } from '#test/support/authorization.ts'
import type { Parameters } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'
import { allow, launch, logIn, openTab } from '#test/support/processes/chromium.ts'
import type { Tab } from '#test/support/processes/chromium.ts'
import { startClientSite } from '#test/support/clients/client-site.ts'

const STATE = 'state /+&=ü'
export const LOGIN = { ...ADMIN, password: 'not the default one' }

export interface Deployment {
  /** What clients know the server by. */
  readonly issuer: string
  /** Where it listens. */
  readonly address: string
  /** Names that Chromium finds elsewhere than at their own address. */
  readonly hosts: Record<string, string>
}

export async function arrivals(t: Test, { issuer, address, hosts }: Deployment): Promise<void> {
  const site = await startClientSite(t, 'client.example')
  const local = await startClientSite(t)
  const loopback = `http://127.0.0.1:${local.port}/oauth/callback`
  const browser = await launch(t, { 'client.example': `127.0.0.1:${site.port}`, ...hosts })
  const clientId = await registerClient(fetch, address, { redirect_uris: [HTTPS, loopback, CUSTOM] })
  const url = (changes: Parameters) => authorizeUrl(issuer, clientId, { state: STATE, prompt: 'consent', ...changes })
  const answer = { code: /^[\w-]{65}$/, state: STATE, iss: issuer }

  /** Up to the consent page. */
  async function consider(tab: Tab, changes: Parameters): Promise<void> {
    await tab.page.goto(url(changes))
    await logIn(tab.page, LOGIN)
  }

  t.test('arrives at a https address', async (t) => {
    const tab = await openTab(browser)
    await consider(tab, {})
    await allow(tab.page)
    await tab.page.waitForURL(`${HTTPS}?**`)
    t.match(site.visits.pop(), { method: 'GET', path: '/callback', parameters: answer })
    t.strictSame(tab.complaints, [])
    const secure = issuer.startsWith('https:')
    const cookies = await tab.context.cookies(issuer)
    t.strictSame(
      cookies.map(({ name }) => name).sort(),
      ['solar-browser', 'solar-known', 'solar-session'].map((name) => (secure ? `__Host-${name}` : name)),
    )
    for (const cookie of cookies) t.match(cookie, { httpOnly: true, sameSite: 'Lax', secure, path: '/' }, cookie.name)
  })
  t.test('arrives at a program on this computer, which learns no address of ours', async (t) => {
    const tab = await openTab(browser)
    await consider(tab, { redirect_uri: loopback })
    await allow(tab.page)
    await tab.page.waitForURL(`${loopback}?**`)
    const visit = local.visits.pop()
    t.match(visit, { method: 'GET', path: '/oauth/callback', parameters: answer })
    t.equal(visit?.headers.referer, undefined)
    t.strictSame(tab.complaints, [])
  })
  t.test('who denies arrives, too', async (t) => {
    const tab = await openTab(browser)
    await consider(tab, { redirect_uri: loopback })
    await tab.page.getByRole('button', { name: 'Deny' }).click()
    await tab.page.waitForURL(`${loopback}?**`)
    t.match(local.visits.pop(), { parameters: { error: 'access_denied', state: STATE, iss: issuer } })
  })
  t.test('has the app on this device opened, where its scheme is its own', async (t) => {
    const tab = await openTab(browser)
    await consider(tab, { redirect_uri: CUSTOM })
    const devtools = await tab.context.newCDPSession(tab.page)
    await devtools.send('Network.enable')
    const asked = new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('Chromium never asked for the app')), 15_000)
      devtools.on('Network.requestWillBeSent', ({ request }) => {
        if (!request.url.startsWith('cursor:')) return
        clearTimeout(timer)
        resolve(request.url)
      })
    })
    await allow(tab.page)
    const opened = new URL(await asked)
    t.equal(opened.href.split('?')[0], CUSTOM)
    t.match(Object.fromEntries(opened.searchParams), answer)
    t.notMatch(tab.complaints.join(), /Content Security Policy|blocked|refused/i)
  })
  t.test('by form_post arrives without a click', async (t) => {
    const tab = await openTab(browser)
    await consider(tab, { response_mode: 'form_post' })
    await allow(tab.page)
    await tab.page.waitForURL(HTTPS)
    t.match(site.visits.pop(), { method: 'POST', parameters: answer })
    t.strictSame(tab.complaints, [])
  })
  t.test('by form_post without JavaScript arrives with one click', async (t) => {
    const tab = await openTab(browser, { javaScriptEnabled: false })
    await consider(tab, { response_mode: 'form_post' })
    await allow(tab.page)
    await tab.page.getByRole('button', { name: 'Continue' }).click()
    await tab.page.waitForURL(HTTPS)
    t.match(site.visits.pop(), { method: 'POST', parameters: answer })
    t.strictSame(tab.complaints, [])
  })
  t.test('in a popup comes back to a window that still knows who opened it', async (t) => {
    const tab = await openTab(browser)
    site.html = `<!doctype html><button onclick="open('${url({}).replaceAll('&', '&amp;')}', 'login', 'width=500,height=600')">Connect</button>
      <output></output><script>addEventListener('message', ({ data }) => { document.querySelector('output').textContent = data.callback })</script>`
    await tab.page.goto('https://client.example/')
    const [popup] = await Promise.all([tab.page.waitForEvent('popup'), tab.page.getByRole('button', { name: 'Connect' }).click()])
    await logIn(popup, LOGIN)
    await allow(popup)
    const heard = await tab.page.waitForFunction<string>("document.querySelector('output').textContent")
    t.match(Object.fromEntries(new URL(await heard.jsonValue()).searchParams), answer)
    t.strictSame(tab.complaints, [])
  })
}
