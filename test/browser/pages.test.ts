import t from 'tap'
import { listen } from '#test/support/app.ts'
import { authorizeUrl, registerClient, CUSTOM, HTTPS, LOOPBACK } from '#test/support/authorization.ts'
import type { Parameters } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'
import type { DeviceAuthorizationResponse } from '#src/schemas/device-authorization.ts'
import { DEVICE_CODE_GRANT } from '#src/domain/client/client-metadata.ts'
import { launch, launchWhole, openTab, withoutChromium } from '#test/support/processes/chromium.ts'
import type { Tab } from '#test/support/processes/chromium.ts'

/** A name that no layout was made for. */
const NAME = `${'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(3)} <b>"&'`

const scrollsSideways = 'document.documentElement.scrollWidth > document.documentElement.clientWidth'
/** How light the page is, from 0 (black) to 1 (white). */
const lightness = `(() => {
  const [red, green, blue] = getComputedStyle(document.querySelector('.card')).backgroundColor.match(/[\\d.]+/g).map(Number)
  return (red + green + blue) / 765
})()`

t.test('every page in Chromium', { skip: withoutChromium }, async (t) => {
  const { issuer } = await listen(t, { RATE_LIMIT_LOGIN: 'off' })
  const browser = await launch(t)
  const clientId = await registerClient(fetch, issuer, { client_name: NAME, redirect_uris: [HTTPS, LOOPBACK, CUSTOM], client_uri: HTTPS })
  const devices = await registerClient(fetch, issuer, { client_name: NAME, grant_types: [DEVICE_CODE_GRANT], redirect_uris: [HTTPS] })
  const askAsDevice = async () =>
    (await (
      await fetch(`${issuer}/device_authorization`, { method: 'POST', body: new URLSearchParams({ client_id: devices }) })
    ).json()) as DeviceAuthorizationResponse
  const url = (changes: Parameters = {}) =>
    authorizeUrl(issuer, clientId, { scope: '', resource: ['https://mcp.example.com/' + 'x'.repeat(90)], ...changes })

  /** Goes to each page in turn and hands it over. Buttons are found by their values, so that any language will do. */
  async function visit({ page }: Tab, look: (name: string) => Promise<void>): Promise<void> {
    const at = async (name: string) => {
      await page.locator(`body.page-${name.split(' ')[0]}`).waitFor()
      await look(name)
    }
    const press = (decision: string) => page.locator(`button[value=${decision}]`).click()
    const enter = async (password: string) => {
      await page.locator('[name=username]').fill(ADMIN.username)
      await page.locator('[name=password]').fill(password)
      await page.locator('button.primary').click()
    }
    await page.goto(`${issuer}/`)
    await at('home')
    await page.goto(url({ client_id: 'lost' }))
    await at('error')
    await page.goto(url())
    await at('login')
    await enter('wrong')
    await at('login again')
    await enter(ADMIN.password)
    await at('consent to a website')
    for (const [kind, uri] of Object.entries({ program: LOOPBACK, app: CUSTOM })) {
      await page.goto(url({ redirect_uri: uri }))
      await at(`consent to a ${kind}`)
    }
    await page.goto(url({ prompt: 'select_account' }))
    await at('account')
    await press('continue')
    await at('consent after an account')
    const { user_code, verification_uri_complete } = await askAsDevice()
    await page.goto(`${issuer}/device`)
    await at('device')
    await page.locator('[name=user_code]').fill('BBBB-BBBB')
    await page.locator('button.primary').click()
    await page.locator('#problem').waitFor()
    await at('device without such a code')
    await page.goto(verification_uri_complete)
    await at('device by an address')
    if ((await page.locator('[name=user_code]').inputValue()) !== user_code) throw new Error('the code is not filled in')
    await page.locator('button.primary').click()
    await at('consent to a device')
    await press('allow')
    await at('device-done')
    await page.goto(`${issuer}/logout`)
    await at('logout')
    await page.locator('button.primary').click()
    await at('logged-out')
  }
  const complaintsOf = ({ complaints }: Tab) => complaints.filter((text) => !/status of 40[013]/.test(text))

  for (const colorScheme of ['light', 'dark'] as const) {
    t.test(`keeps its policy, fits a 320 px phone, and is ${colorScheme} where the person wants that`, async (t) => {
      const tab = await openTab(browser, { colorScheme, viewport: { width: 320, height: 640 } })
      await visit(tab, async (name) => {
        t.equal(await tab.page.evaluate(scrollsSideways), false, `${name} doesn't scroll sideways`)
        const light = await tab.page.evaluate<number>(lightness)
        t.ok(colorScheme === 'light' ? light > 0.7 : light < 0.35, `${name}: ${light}`)
      })
      t.strictSame(complaintsOf(tab), [])
    })
  }
  t.test('speaks Korean with a person whose browser does, and still fits', async (t) => {
    const tab = await openTab(browser, { locale: 'ko-KR', viewport: { width: 320, height: 640 } })
    await visit(tab, async (name) => {
      t.equal(await tab.page.locator('html').getAttribute('lang'), 'ko', name)
      t.match(await tab.page.getByRole('heading').first().textContent(), /[가-힣]/)
      t.equal(await tab.page.evaluate(scrollsSideways), false, `${name} doesn't scroll sideways`)
    })
    t.strictSame(complaintsOf(tab), [])
  })
  t.test('works without JavaScript', async (t) => {
    const tab = await openTab(browser, { javaScriptEnabled: false })
    const seen: string[] = []
    await visit(tab, async (name) => void seen.push(name))
    t.equal(seen.length, 16)
  })
  t.test('has its style, its icon and nothing from elsewhere', async (t) => {
    const tab = await openTab(await launchWhole(t))
    const fetched = new Set<string>()
    const assets: [url: string, status: number][] = []
    tab.page.on('request', (request) => fetched.add(new URL(request.url()).origin))
    // Only noted here: an answer may come after what the test waits for.
    tab.page.on('response', (response) => {
      if (response.url().includes('/assets/')) assets.push([response.url(), response.status()])
    })
    await visit(tab, async (name) => {
      t.not(await tab.page.evaluate('getComputedStyle(document.body).fontFamily'), 'Times New Roman', name)
    })
    await tab.page.waitForLoadState()
    t.ok(assets.length > 0)
    for (const [url, status] of assets) t.equal(status, 200, url)
    t.strictSame([...fetched], [issuer])
  })
  t.test('shows the logo of a client without telling where it is shown, and no gap where it is broken', async (t) => {
    const logo = 'https://logo.example/logo.svg'
    const shown = await registerClient(fetch, issuer, { logo_uri: logo })
    for (const broken of [false, true]) {
      const tab = await openTab(browser, { viewport: { width: 320, height: 640 } })
      const requests: Record<string, string>[] = []
      await tab.page.route('https://logo.example/**', async (route) => {
        requests.push(route.request().headers())
        if (broken) return route.abort()
        return route.fulfill({
          contentType: 'image/svg+xml',
          body: '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><rect width="600" height="600"/></svg>',
        })
      })
      await tab.page.goto(authorizeUrl(issuer, shown))
      await tab.page.locator('[name=username]').fill(ADMIN.username)
      await tab.page.locator('[name=password]').fill(ADMIN.password)
      await tab.page.locator('button.primary').click()
      await tab.page.locator('body.page-consent').waitFor()
      // Not by waitForFunction: where it has to ask again, it evaluates text within the page, whose policy forbids that.
      await tab.page.evaluate(
        "new Promise((done) => { const logo = document.querySelector('.logo'); if (logo.complete) done(); logo.onload = logo.onerror = () => done() })",
      )
      const [width, height] = await tab.page.evaluate<number[]>(
        "[document.querySelector('.logo').getBoundingClientRect()].flatMap(({ width, height }) => [width, height])",
      )
      if (broken) t.equal(height, 0)
      else t.strictSame([width, height], [48, 48])
      t.equal(requests.length, 1)
      t.notOk(requests.some((headers) => 'referer' in headers || 'cookie' in headers))
      t.strictSame(
        complaintsOf(tab).filter((text) => !text.includes('ERR_FAILED')),
        [],
      )
      t.equal(await tab.page.evaluate(scrollsSideways), false)
    }
  })
  t.test('looks as a client asked, and fits', async (t) => {
    for (const [display, width] of [
      ['popup', 450],
      ['touch', 320],
      ['wap', 240],
    ] as const) {
      const tab = await openTab(browser, { viewport: { width, height: 500 } })
      await tab.page.goto(url({ display }))
      await tab.page.locator(`body.page-login.display-${display}`).waitFor()
      t.equal(await tab.page.evaluate(scrollsSideways), false, display)
      t.equal(await tab.page.evaluate("getComputedStyle(document.querySelector('.sky')).display"), display === 'touch' ? 'block' : 'none')
    }
  })
  t.test('for the login has what password managers look for', async (t) => {
    const { page } = await openTab(browser)
    await page.goto(url())
    const fields = await page.evaluate(
      "[...document.querySelectorAll('form[method=post] input:not([type=hidden])')].map((field) => [field.name, field.type, field.autocomplete, field.labels[0].textContent, field.required])",
    )
    t.strictSame(fields, [
      ['username', 'text', 'username webauthn', 'Username', true],
      ['password', 'password', 'current-password', 'Password', true],
    ])
    t.match(await page.locator('[name=username]').getAttribute('autocapitalize'), 'none')
  })
})
