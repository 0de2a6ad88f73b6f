/**
 * Pictures of the pages for the README: `npx tsx scripts/screenshots.ts [folder]`. Without a folder those that the documents
 * show go to docs/images; with one every page is drawn there, in both languages, to be looked at. Either way it fails if a page
 * scrolls sideways on a 320 px phone, has a target under 24 px, or breaks its content security policy. CHROMIUM names the browser.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { deflateSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import type { Page } from 'playwright-core'
import { buildPageApp } from '../test/templates/page-app.ts'
import { samplePages } from '../test/templates/samples.ts'

const sizes = { phone: { width: 375, height: 740 }, desktop: { width: 1024, height: 700 } }
const narrowest = { width: 320, height: 600 }

const everything = process.argv[2] !== undefined
const folder = process.argv[2] ?? fileURLToPath(new URL('../docs/images', import.meta.url))
const names = ['home', ...Object.keys(samplePages)]
const drawn = everything ? names : ['login', 'consent', 'home', 'error', 'console-overview', 'console-person']
const locales = everything ? ['en', 'ko'] : ['en']

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

mkdirSync(`${folder}/console`, { recursive: true })
const app = await buildPageApp()
const address = await app.listen({ port: 0, host: '127.0.0.1' })
const url = (name: string) => (name === 'home' ? `${address}/` : `${address}/page/${name}`)

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
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
          const pixels = await darkroom.evaluate<Picture>(`(${develop})('${picture.toString('base64')}')`)
          writeFileSync(
            `${folder}/${name.startsWith('console-') ? 'console/' : ''}${name}-${size}-${colorScheme}${locale === 'en' ? '' : `-${locale}`}.png`,
            encodePng(pixels),
          )
        }
      }
      await context.close()
    }
    const context = await browser.newContext({ viewport: narrowest, locale })
    const tab = await context.newPage()
    tab.on('console', (message) => {
      // Chromium reports what the policy refused here. Error pages are errors, of course, and no logo of a sample is fetched.
      if (!/responded with a status|^Loading the image 'https:/.test(message.text())) problems.push(message.text())
    })
    for (const name of names.filter((name) => samplePages[name]?.page !== 'form-post'))
      problems.push(...(await check(tab, name)).map((problem) => `${locale}: ${problem}`))
    await context.close()
  }
} finally {
  await browser.close()
  await app.close()
}
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
