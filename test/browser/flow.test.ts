import t from 'tap'
import { listen } from '#test/support/app.ts'
import { addUser, authorizeUrl, grantOf, registerClient, HTTPS } from '#test/support/authorization.ts'
import type { Parameters } from '#test/support/authorization.ts'
import { ADMIN } from '#test/support/app.ts'
import { allow, launchWhole, logIn, openTab, withoutChromium } from '#test/support/processes/chromium.ts'
import { startClientSite } from '#test/support/clients/client-site.ts'

const focused = '(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim()'

t.test('a person in Chromium', { skip: withoutChromium }, async (t) => {
  const made = await listen(t)
  const { issuer } = made
  await addUser(made, 'ada', 'engine')
  const site = await startClientSite(t, 'client.example')
  const browser = await launchWhole(t, { 'client.example': `127.0.0.1:${site.port}`, 'attacker.example': `127.0.0.1:${site.port}` })
  /** The address that a client sends people to; nobody has allowed it anything yet. */
  const connect = async () => {
    const clientId = await registerClient(fetch, issuer)
    return (changes: Parameters = {}) => authorizeUrl(issuer, clientId, { scope: 'openid profile', ...changes })
  }
  const answer = { code: /^[\w-]{65}$/, state: 'the state', iss: issuer }

  t.test('goes from the client to the client by mouse, and the login post tells our origin', async (t) => {
    const { page, complaints } = await openTab(browser)
    await page.goto((await connect())())
    t.match(await page.getByRole('heading').first().textContent(), 'Sign in')
    const posted = page.waitForRequest((request) => request.method() === 'POST')
    await logIn(page)
    t.match(await (await posted).allHeaders(), {
      origin: issuer,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/x-www-form-urlencoded',
    })
    await page.getByText('Test Client', { exact: true }).waitFor()
    t.notMatch(page.url(), ADMIN.password)
    const decided = page.waitForRequest((request) => request.method() === 'POST')
    await allow(page)
    t.match(await (await decided).allHeaders(), { origin: issuer })
    await page.waitForURL(`${HTTPS}?**`)
    t.match(site.visits.pop()?.parameters, answer)
    t.strictSame(complaints, [])
  })
  t.test('goes from the client to the client by keyboard alone', async (t) => {
    const { page, complaints } = await openTab(browser)
    await page.goto((await connect())())
    t.equal(await page.evaluate(focused), 'Username')
    await page.keyboard.type(ADMIN.username)
    await page.keyboard.press('Tab')
    t.equal(await page.evaluate(focused), 'Password')
    await page.keyboard.type('wrong')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText("don't match").waitFor()
    t.equal(await page.evaluate(focused), 'Password', 'the name is still there, the password is next')
    await page.keyboard.type(ADMIN.password)
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Allow' }).waitFor()
    const order: string[] = []
    while (order.length < 8 && order.at(-1) !== 'Deny') {
      await page.keyboard.press('Tab')
      order.push(await page.evaluate<string>(focused))
    }
    t.strictSame(order, ['Use another account', 'Allow', 'Deny'])
    await page.keyboard.press('Shift+Tab')
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')
    t.not(outline, 'none', 'the focus is seen')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${HTTPS}?**`)
    t.match(site.visits.pop()?.parameters, answer)
    t.strictSame(
      complaints.filter((text) => !text.includes('403')),
      [],
    )
  })
  t.test('who goes back after the login need not log in again', async (t) => {
    const { page } = await openTab(browser)
    await page.goto((await connect())())
    await logIn(page)
    await page.getByRole('button', { name: 'Allow' }).waitFor()
    await page.goBack()
    await allow(page)
    await page.waitForURL(`${HTTPS}?**`)
    t.match(site.visits.pop()?.parameters, answer)
  })
  t.test('who goes back from the client and allows once more sends a new code', async (t) => {
    const { page } = await openTab(browser)
    await page.goto((await connect())({ prompt: 'consent' }))
    await logIn(page)
    await allow(page)
    await page.waitForURL(`${HTTPS}?**`)
    await page.goBack()
    await allow(page)
    await page.waitForURL(`${HTTPS}?**`)
    const [first, second] = site.visits.splice(0)
    t.match(second?.parameters, answer)
    t.not(second?.parameters['code'], first?.parameters['code'])
  })
  t.test('who uses another account decides as that one', async (t) => {
    const { page } = await openTab(browser)
    await page.goto((await connect())())
    await logIn(page)
    await page.getByRole('button', { name: 'Use another account' }).click()
    await logIn(page, { username: 'ada', password: 'engine' })
    await allow(page)
    await page.waitForURL(`${HTTPS}?**`)
    t.equal((await grantOf(made, site.visits.pop()?.parameters['code'])).userId, 'id of ada')
  })
  t.test('who allowed the client before is sent on at once, by GET and by a cross-site POST', async (t) => {
    const { page, complaints } = await openTab(browser)
    const url = await connect()
    await page.goto(url())
    await logIn(page)
    await allow(page)
    await page.waitForURL(`${HTTPS}?**`)
    await page.goto(url())
    t.match(page.url(), `${HTTPS}?code=`)
    const fields = [...new URL(url()).searchParams].map(([name, value]) => `<input name="${name}" value="${value}">`)
    site.html = `<!doctype html><form method="post" action="${issuer}/authorize">${fields.join('')}<button>Connect</button></form>`
    await page.goto('https://client.example/')
    await page.getByRole('button', { name: 'Connect' }).click()
    await page.waitForURL(`${HTTPS}?**`)
    t.equal(site.visits.splice(0).length, 3)
    t.strictSame(complaints, [])
  })
  t.test('who logs out has to log in again', async (t) => {
    const { page } = await openTab(browser)
    const url = await connect()
    await page.goto(url())
    await logIn(page)
    await page.getByRole('button', { name: 'Allow' }).waitFor()
    await page.goto(`${issuer}/logout`)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('You are signed out').waitFor()
    await page.goto(url())
    t.equal(await page.getByLabel('Password').count(), 1)
  })
  t.test('on a foreign page can be made neither to log in nor to log out there', async (t) => {
    const { page } = await openTab(browser)
    await page.goto((await connect())())
    await logIn(page)
    await page.getByRole('button', { name: 'Allow' }).waitFor()
    for (const path of ['login', 'consent', 'account', 'logout']) {
      site.html = `<!doctype html><form method="post" action="${issuer}/${path}">
        <input name="transaction" value="x"><input name="token" value="x"><button name="decision" value="allow">Win</button></form>`
      await page.goto('https://attacker.example/')
      await page.getByRole('button', { name: 'Win' }).click()
      await page.getByText('did not come from a page of this server').waitFor()
      t.pass(path)
    }
  })
  t.test('never sees our pages inside a foreign one', async (t) => {
    const { page, complaints } = await openTab(browser)
    const url = (await connect())()
    site.html = `<!doctype html><iframe src="${url.replaceAll('&', '&amp;')}"></iframe>`
    await page.goto('https://attacker.example/', { waitUntil: 'load' })
    t.match(complaints.join(), /frame-ancestors|X-Frame-Options/)
    t.equal(await page.frameLocator('iframe').getByLabel('Password').count(), 0)
  })
})
