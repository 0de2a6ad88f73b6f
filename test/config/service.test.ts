import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadConfig } from '#src/config/config.ts'

const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'

t.test('an operator says whose pages these are', async (t) => {
  const folder = t.testdir({ 'logo.png': svg })
  const loaded = loadConfig({
    SERVICE_NAME: ' Acme\u200B  Sign-in ',
    SERVICE_LOGO: join(folder, 'logo.png'),
    SERVICE_ACCENT: '#0b6e69,#5fd0c8',
    SUPPORT_CONTACT: 'help@example.com',
    PRIVACY_URL: 'https://example.com/privacy#short',
    TERMS_URL: 'https://example.com/terms',
  })
  t.match(loaded, {
    ok: true,
    value: {
      serviceName: 'Acme Sign-in',
      serviceLogo: { name: 'logo.svg', type: 'image/svg+xml', bytes: Buffer.from(svg) },
      serviceAccent: { light: { accent: '#0b6e69' }, dark: { accent: '#5fd0c8' } },
      supportContact: { text: 'help@example.com', href: 'mailto:help@example.com' },
      privacyUrl: 'https://example.com/privacy#short',
      termsUrl: 'https://example.com/terms',
      warnings: [],
    },
  })
})

t.test('an operator reads at the start what is wrong with it', async (t) => {
  const folder = t.testdir({ 'text.png': 'not a picture', 'empty.svg': '', 'large.png': '' })
  writeFileSync(join(folder, 'large.png'), Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(300_000)]))
  const table: [string, string, RegExp][] = [
    ['SERVICE_NAME', 'x'.repeat(61), /must be at most 60 visible characters/],
    ['SERVICE_NAME', '\u200B', /must be at most 60 visible characters/],
    ['SERVICE_LOGO', join(folder, 'none.png'), /must name a file that can be read \(ENOENT\)/],
    ['SERVICE_LOGO', join(folder, 'text.png'), /must name a PNG, JPEG, WebP or SVG file, and this one is none by its content/],
    ['SERVICE_LOGO', join(folder, 'empty.svg'), /must name a PNG, JPEG, WebP or SVG file/],
    ['SERVICE_LOGO', join(folder, 'large.png'), /must name a file of at most 256 KB, and this one has 293 KB/],
    ['SERVICE_LOGO', folder, /must name a PNG, JPEG, WebP or SVG file/],
    ['SERVICE_LOGO', '/dev/zero', /must name a PNG, JPEG, WebP or SVG file/],
    ['SERVICE_ACCENT', 'teal', /must be a colour such as `#0b6e69`/],
    ['SERVICE_ACCENT', '#ffd400', /must have a contrast of at least 3 on a light page, where #ffd400 has 1\.3/],
    ['SUPPORT_CONTACT', 'http://example.com', /must begin with https:\/\//],
    ['PRIVACY_URL', 'http://example.com/privacy', /must be an https URL/],
    ['TERMS_URL', 'example.com/terms', /must be an https URL/],
  ]
  for (const [name, value, problem] of table) {
    const loaded = loadConfig({ [name]: value })
    t.match(loaded.ok ? [] : loaded.error, [problem], `${name}=${value.slice(0, 80)}`)
    t.match(loaded.ok ? [] : loaded.error, [new RegExp(`^${name} is `)])
  }
})
