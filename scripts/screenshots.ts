/**
 * Pictures of the pages: `npm run pictures [folder]`. Without a folder those that the documents show go to docs/images; with one every page
 * is drawn there, in both languages, to be looked at. Either way it fails if a page scrolls sideways on a 320 px phone, has a target under
 * 24 px, or breaks its content security policy. CHROMIUM names the browser.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { deflateSync } from 'node:zlib'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { CONSOLE } from '../src/schemas/paths.ts'
import { startFilledConsole } from '../test/browser/console-pages.ts'
import type { FilledConsole } from '../test/browser/console-pages.ts'
import { launch } from '../test/support/processes/chromium.ts'
import { buildPageApp } from '../test/templates/page-app.ts'
import { samplePages } from '../test/templates/samples.ts'

const sizes = { phone: { width: 375, height: 740 }, desktop: { width: 1024, height: 700 } }
const narrowest = { width: 320, height: 600 }

const everything = process.argv[2] !== undefined
const folder = process.argv[2] ?? fileURLToPath(new URL('../docs/images', import.meta.url))
const names = ['home', ...Object.keys(samplePages)]
type Size = keyof typeof sizes
type Scheme = 'light' | 'dark'

/** What the documents show: of the pages with invented contents, and of a console with records of every kind. */
const SHOWN = [
  ['login', 'desktop', 'light'],
  ['consent', 'desktop', 'light'],
] as const
const SHOWN_CONSOLE = [
  ['console-overview', 'desktop', 'light', () => CONSOLE.overview],
  ['console-clients', 'desktop', 'light', () => CONSOLE.clients],
  ['console-person', 'desktop', 'dark', ({ person }) => person],
  ['console-mcp-server', 'desktop', 'light', ({ resource }) => resource],
  ['console-initial-access-tokens', 'desktop', 'light', () => CONSOLE.registration],
  ['console-connected-apps', 'phone', 'dark', () => CONSOLE.grants],
] as const satisfies readonly (readonly [string, Size, Scheme, (details: FilledConsole['details']) => string])[]

/**
 * Turns a PNG of Chromium's into red, green and blue, without alpha and without the lowest bit: gradients are dithered, and that
 * noise is half of a picture's bytes.
 */
const develop = `async (base64) => {
  const image = await createImageBitmap(await (await fetch('data:image/png;base64,' + base64)).blob())
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  const data = context.getImageData(0, 0, image.width, image.height).data.map((value) => value & ~1 | value >> 7)
  let pixels = ''
  for (let i = 0; i < data.length; i += 4) pixels += String.fromCharCode(data[i], data[i + 1], data[i + 2])
  return { width: image.width, height: image.height, pixels }
}`

type Picture = { width: number; height: number; pixels: string }

/** A PNG (RFC 2083) at a third of what Chromium writes: flat colours do best with no filter and the strongest deflate. */
function encodePng({ width, height, pixels }: Picture): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length, 0)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8) // eight bits a channel, red green blue
  const rows = Buffer.from(pixels, 'latin1')
  const filtered = Array.from({ length: height }, (_, y) => [Buffer.alloc(1), rows.subarray(y * width * 3, (y + 1) * width * 3)]).flat()
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(filtered), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function crc32(bytes: Buffer): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** A label is part of its field's target; what isn't shown is none. Links within sentences may be as small as these (WCAG 2.2, 2.5.8). */
const tooSmall = `[...document.querySelectorAll('button, input:not([type=hidden], .unseen), a')]
  .filter((element) => element.checkVisibility() && !element.closest('p:not(.route)'))
  .filter((element) => [element, ...(element.labels ?? [])].every((each) => each.getBoundingClientRect().height < 24))
  .map((element) => element.outerHTML)`

/** @param isWhole whether all of it is shown, not only its first screen */
async function draw(tab: Page, address: string, size: Size, isWhole: boolean): Promise<Buffer> {
  const viewport = sizes[size]
  await tab.setViewportSize(viewport)
  await tab.goto(address)
  // A window as tall as the page: a picture of the full page would show a fixed background twice.
  const height = isWhole ? await tab.evaluate<number>('document.documentElement.scrollHeight') : viewport.height
  await tab.setViewportSize({ width: viewport.width, height: Math.max(height, viewport.height) })
  return tab.screenshot({ fullPage: !isWhole && everything })
}

/** A window without scripts, so that form_post stays to be seen. */
async function openWindow(colorScheme: Scheme, locale: string, more: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ colorScheme, locale, reducedMotion: 'reduce', javaScriptEnabled: false, ...more })
  return context.newPage()
}

async function keep(darkroom: Page, picture: Buffer, file: string): Promise<void> {
  const pixels = await darkroom.evaluate<Picture>(`(${develop})('${picture.toString('base64')}')`)
  writeFileSync(`${folder}/${file}.png`, encodePng(pixels))
}

async function drawShown(darkroom: Page): Promise<void> {
  for (const [name, size, scheme] of SHOWN) {
    const tab = await openWindow(scheme, 'en')
    await keep(darkroom, await draw(tab, url(name), size, true), `${name}-${size}-${scheme}`)
    await tab.context().close()
  }
  const { issuer, details, storageState } = await startFilledConsole({ teardown: (end) => endings.unshift(end) }, browser)
  for (const [name, size, scheme, pathOf] of SHOWN_CONSOLE) {
    const tab = await openWindow(scheme, 'en', { storageState })
    await keep(darkroom, await draw(tab, issuer + pathOf(details), size, size === 'desktop'), `console/${name}-${size}-${scheme}`)
    await tab.context().close()
  }
}

async function drawAll(darkroom: Page, locale: string): Promise<void> {
  for (const scheme of ['light', 'dark'] as const) {
    const tab = await openWindow(scheme, locale)
    for (const size of Object.keys(sizes) as Size[])
      for (const name of names) {
        const file = `${name.startsWith('console-') ? 'console/' : ''}${name}-${size}-${scheme}${locale === 'en' ? '' : `-${locale}`}`
        await keep(darkroom, await draw(tab, url(name), size, name !== 'home'), file)
      }
    await tab.context().close()
  }
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

async function checkAll(locale: string): Promise<string[]> {
  const problems: string[] = []
  const context = await browser.newContext({ viewport: narrowest, locale })
  const tab = await context.newPage()
  tab.on('console', (message) => {
    // Chromium reports what the policy refused here. Error pages are errors, of course, and no logo of a sample is fetched.
    if (!/responded with a status|^Loading the image 'https:/.test(message.text())) problems.push(message.text())
  })
  for (const name of names.filter((name) => samplePages[name]?.page !== 'form-post'))
    problems.push(...(await check(tab, name)).map((problem) => `${locale}: ${problem}`))
  await context.close()
  return problems
}

mkdirSync(`${folder}/console`, { recursive: true })
const endings: (() => unknown)[] = []
const app = await buildPageApp()
const address = await app.listen({ port: 0, host: '127.0.0.1' })
const url = (name: string) => (name === 'home' ? `${address}/` : `${address}/page/${name}`)
const browser = await launch({ teardown: (end) => endings.unshift(end) })
const problems: string[] = []
try {
  const darkroom = await browser.newPage()
  if (!everything) await drawShown(darkroom)
  for (const locale of everything ? ['en', 'ko'] : ['en']) {
    if (everything) await drawAll(darkroom, locale)
    problems.push(...(await checkAll(locale)))
  }
} finally {
  for (const end of endings) await end()
  await app.close()
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
