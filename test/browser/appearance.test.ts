/** What people see of the pages in the colours, on the screens and on the paper that they have. */
import t from 'tap'
import { launch, openTab, withoutChromium } from '#test/support/processes/chromium.ts'
import { buildPageApp } from '#test/templates/page-app.ts'

t.test('a person sees which button allows, also in the colours that they force upon all pages', { skip: withoutChromium }, async (t) => {
  const app = await buildPageApp()
  t.teardown(() => app.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const { page } = await openTab(await launch(t), { forcedColors: 'active' })
  await page.goto(`${address}/page/consent`)
  const [allow, deny] = await page.evaluate<string[]>(
    "['allow', 'deny'].map((value) => getComputedStyle(document.querySelector(`[value=${value}]`)).backgroundColor)",
  )
  t.not(allow, deny)
})

t.test('a person who is asked for thirty permissions reaches the buttons without scrolling', { skip: withoutChromium }, async (t) => {
  const app = await buildPageApp()
  t.teardown(() => app.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const { page } = await openTab(await launch(t), { viewport: { width: 320, height: 640 } })
  await page.goto(`${address}/page/consent-many`)
  const bottom = () => page.evaluate<number>("document.querySelector('[value=allow]').getBoundingClientRect().bottom")
  t.ok((await bottom()) <= 640)
  await page.locator('summary').first().click()
  t.ok((await bottom()) <= 640, 'also when all of them are unfolded')
  await page.emulateMedia({ media: 'print' })
  t.equal(await page.locator('[value=allow]').isVisible(), false, 'paper has no buttons')
})

t.test('the background has no seam where a page is taller than the window', { skip: withoutChromium }, async (t) => {
  const app = await buildPageApp()
  t.teardown(() => app.close())
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const { page } = await openTab(await launch(t), { viewport: { width: 600, height: 500 } })
  await page.goto(`${address}/page/consent-many`)
  const [root, body] = await page.evaluate<string[]>(
    '[document.documentElement, document.body].map((element) => getComputedStyle(element)).map(({ backgroundImage, backgroundAttachment }) => backgroundImage.split("(")[0] + " " + backgroundAttachment)',
  )
  t.equal(root, 'linear-gradient scroll', 'it spans the whole page')
  t.equal(body, 'none scroll')
})
