/**
 * Pictures of the pages for the README: `npx tsx scripts/screenshots.ts [folder]`. Without a folder those that the documents
 * show go to docs/images; with one every page is drawn there, in both languages, to be looked at. Either way it fails if a page
 * scrolls sideways on a 320 px phone, has a target under 24 px, or breaks its content security policy. CHROMIUM names the browser.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { buildPageApp } from '../test/templates/page-app.ts'
import { samplePages } from '../test/templates/samples.ts'

const sizes = { phone: { width: 375, height: 740 }, desktop: { width: 1120, height: 760 } }
const narrowest = { width: 320, height: 600 }

const everything = process.argv[2] !== undefined
const folder = process.argv[2] ?? fileURLToPath(new URL('../docs/images', import.meta.url))
const names = ['home', ...Object.keys(samplePages)]
const drawn = everything ? names : ['login', 'consent', 'home', 'error']
const locales = everything ? ['en', 'ko'] : ['en']

/** Fewer shades: Chromium dithers gradients, and that noise is most of a picture's bytes. */
const posterize = `async (base64) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + base64)).blob())
  const canvas = new OffscreenCanvas(image.width, image.height)
  const context = canvas.getContext('2d')
  context.drawImage(image, 0, 0)
  const pixels = context.getImageData(0, 0, image.width, image.height)
  for (let i = 0; i < pixels.data.length; i++) if (i % 4 < 3) pixels.data[i] = Math.min(255, (pixels.data[i] + 2) & ~3)
  context.putImageData(pixels, 0, 0)
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())
  return bytes.reduce((text, byte) => text + String.fromCharCode(byte), '')
}`

const tooSmall = `[...document.querySelectorAll('button, input:not([type=hidden]), a')]
  .filter((element) => element.getBoundingClientRect().height < 24 && !element.closest('p:not(.route)'))
  .map((element) => element.outerHTML)`

async function draw(tab: Page, name: string, size: keyof typeof sizes): Promise<Buffer> {
  const viewport = sizes[size]
  await tab.setViewportSize(viewport)
  await tab.goto(url(name))
  // A window as tall as the page: a picture of the full page would show a fixed background twice. Home shows its first screen.
  const height = name === 'home' ? viewport.height : await tab.evaluate<number>('document.documentElement.scrollHeight')
  await tab.setViewportSize({ width: viewport.width, height: Math.max(height, viewport.height) })
  return tab.screenshot({ fullPage: name === 'home' && everything })
}

async function check(tab: Page, name: string): Promise<string[]> {
  await tab.goto(url(name))
  const width = await tab.evaluate<number>('document.documentElement.scrollWidth')
  const small = await tab.evaluate<string[]>(tooSmall)
  return [
    ...(width > narrowest.width ? [`${name} scrolls sideways: ${width} px wide`] : []),
    ...small.map((element) => `${name} has a target under 24 px: ${element}`),
  ]
}

mkdirSync(folder, { recursive: true })
const app = await buildPageApp()
const address = await app.listen({ port: 0, host: '127.0.0.1' })
const url = (name: string) => (name === 'home' ? `${address}/` : `${address}/page/${name}`)

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const problems: string[] = []
try {
  const darkroom = await browser.newPage()
  for (const locale of locales) {
    for (const colorScheme of ['light', 'dark'] as const) {
      // Without scripts, so that form_post stays to be seen.
      const context = await browser.newContext({ colorScheme, locale, reducedMotion: 'reduce', javaScriptEnabled: false })
      const tab = await context.newPage()
      for (const size of Object.keys(sizes) as Array<keyof typeof sizes>) {
        for (const name of drawn) {
          const picture = await draw(tab, name, size)
          const bytes = await darkroom.evaluate<string>(`(${posterize})('${picture.toString('base64')}')`)
          writeFileSync(`${folder}/${name}-${size}-${colorScheme}${locale === 'en' ? '' : `-${locale}`}.png`, bytes, 'latin1')
        }
      }
      await context.close()
    }
    const context = await browser.newContext({ viewport: narrowest, locale })
    const tab = await context.newPage()
    tab.on('console', (message) => {
      // Chromium reports what the policy refused here. Error pages are errors, of course.
      if (!message.text().includes('responded with a status')) problems.push(message.text())
    })
    for (const name of names.filter((name) => samplePages[name]?.page !== 'form-post')) problems.push(...(await check(tab, name)).map((problem) => `${locale}: ${problem}`))
    await context.close()
  }
} finally {
  await browser.close()
  await app.close()
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
