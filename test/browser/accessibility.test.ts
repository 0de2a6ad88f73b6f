/**
 * axe on every page, in every language and in one that is written from right to left, on a phone and a desktop, light and dark. A run takes
 * each page in one of these ways, all pages together in all of them; `npm run test:full` takes every page in every way.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import { shippedLocales } from '#src/config/settings/locales.ts'
import type { Page } from 'playwright-core'
import { launch, openTab, withoutChromium } from '#test/support/processes/chromium.ts'
import { startFilledConsole, walkByKeyboard } from './console-pages.ts'
import { isFull } from '#test/support/size.ts'
import { MIRRORED, mirroredLocale } from '#test/support/mirrored-language.ts'
import { buildPageApp } from '#test/templates/page-app.ts'
import { samplePages } from '#test/templates/samples.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
// It needs to explain violations only, not what it found right.
const RUN = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target, failureSummary }) => target + ' ' + failureSummary).join(' | ')))`

const viewports = { phone: { width: 375, height: 740 }, desktop: { width: 1024, height: 700 } }
const ways = [...Object.keys(shippedLocales()), MIRRORED].flatMap((locale) =>
  Object.entries(viewports).flatMap(([size, viewport]) =>
    (['light', 'dark'] as const).map((colorScheme) => ({ locale, size, viewport, colorScheme })),
  ),
)
// The page that posts itself is gone before anybody could look at it.
const names = ['home', ...Object.keys(samplePages).filter((name) => samplePages[name]!.page !== 'form-post')]

t.test('nobody meets an obstacle on a page that axe can see', { skip: withoutChromium }, async (t) => {
  const folder = t.testdir({ 'logo.svg': '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>' })
  writeFileSync(join(folder, `${MIRRORED}.json`), JSON.stringify(mirroredLocale()))
  const service = { SERVICE_NAME: 'Acme', SERVICE_LOGO: join(folder, 'logo.svg'), SERVICE_ACCENT: '#0b6e69,#5fd0c8' }
  const contacts = { SUPPORT_CONTACT: 'help@acme.example', PRIVACY_URL: 'https://acme.example/p', TERMS_URL: 'https://acme.example/t' }
  const plain = await buildPageApp('https://auth.example.com', { LOCALES_DIR: folder })
  const branded = await buildPageApp('https://auth.example.com', { LOCALES_DIR: folder, ...service, ...contacts })
  t.teardown(async () => Promise.all([plain.close(), branded.close()]))
  const addresses = await Promise.all([plain, branded].map((app) => app.listen({ port: 0, host: '127.0.0.1' })))
  const browser = await launch(t)

  const filled = await startFilledConsole(t, browser)
  async function check(t: Test, page: Page, name: string): Promise<void> {
    await page.evaluate("document.querySelectorAll('details').forEach((folded) => { folded.open = true })")
    await page.evaluate(axe)
    t.strictSame(await page.evaluate<string[]>(RUN), [], name)
    t.equal(await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth'), false, `${name} fits`)
  }

  for (const [index, { locale, size, viewport, colorScheme }] of ways.entries()) {
    const isTaken = (at: number): boolean => isFull || at % ways.length === index
    await t.test(`in ${locale} on a ${colorScheme} ${size}`, async (t) => {
      const { page } = await openTab(browser, { locale, viewport, colorScheme, reducedMotion: 'reduce', bypassCSP: true })
      const taken = names.filter((_name, at) => isTaken(at))
      for (const [at, name] of taken.entries()) {
        const address = addresses[at % addresses.length]!
        await page.goto(name === 'home' ? `${address}/` : `${address}/page/${name}`)
        await check(t, page, name)
      }
    })
    await t.test(`the console in ${locale} on a ${colorScheme} ${size}`, async (t) => {
      const { storageState, issuer, paths } = filled
      const { page } = await openTab(browser, { locale, viewport, colorScheme, storageState, reducedMotion: 'reduce', bypassCSP: true })
      for (const path of paths.filter((_path, at) => isTaken(at))) {
        await page.goto(issuer + path)
        t.equal(await page.locator('body.page-console').count(), 1, path)
        await check(t, page, path)
      }
    })
  }
  await t.test('an operator does a task in the console by keyboard alone', async (t) => {
    const { page } = await openTab(browser, { storageState: filled.storageState, viewport: viewports.desktop, bypassCSP: true })
    await walkByKeyboard(page, filled.issuer, (name) => check(t, page, name))
  })
})
