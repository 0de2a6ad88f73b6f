import { readFileSync } from 'node:fs'
import t from 'tap'
import { assetPath, assetVersions } from '#src/plugins/pages/assets.ts'
import { buildPageApp } from '#test/templates/page-app.ts'

const app = await buildPageApp()
t.teardown(() => app.close())

const bytesOf = (name: string): Buffer =>
  readFileSync(
    name === 'simplewebauthn.js'
      ? new URL('../../../node_modules/@simplewebauthn/browser/dist/bundle/index.umd.min.js', import.meta.url)
      : new URL(`../../../src/templates/assets/${name}`, import.meta.url),
  )

t.test('a browser gets every asset with its type, and keeps it for ever', async (t) => {
  const types: Record<string, string> = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' }
  t.ok(assetVersions.size >= 3)
  for (const name of assetVersions.keys()) {
    const response = await app.inject(assetPath('', name))
    t.equal(response.statusCode, 200)
    t.equal(response.headers['content-type'], types[name.split('.').pop()!])
    t.equal(response.headers['cache-control'], 'public, max-age=31536000, immutable')
    t.equal(response.headers['x-content-type-options'], 'nosniff')
    t.ok(response.rawPayload.equals(bytesOf(name)))
    const head = await app.inject({ method: 'HEAD', url: assetPath('', name) })
    t.equal(head.statusCode, 200)
    t.equal(head.headers['content-length'], String(bytesOf(name).length))
    t.equal(head.body, '')
  }
})

t.test('a browser that has an asset is told so instead of getting it again', async (t) => {
  const url = '/assets/style.css'
  const { etag } = (await app.inject(url)).headers
  t.match(etag, /^(W\/)?"[^"]+"$/)
  for (const method of ['GET', 'HEAD'] as const) {
    const response = await app.inject({ method, url, headers: { 'if-none-match': etag } })
    t.equal(response.statusCode, 304, method)
    t.equal(response.body, '')
    t.equal(response.headers.etag, etag)
    t.equal(response.headers['cache-control'], 'no-cache')
  }
  const changed = await app.inject({ url, headers: { 'if-none-match': '"another"' } })
  t.equal(changed.statusCode, 200)
  t.ok(changed.rawPayload.equals(bytesOf('style.css')))
})

t.test('another version of an asset is served, but not kept', async (t) => {
  for (const query of ['', '?v=older', '?v=a&v=b'])
    t.equal((await app.inject(`/assets/style.css${query}`)).headers['cache-control'], 'no-cache')
})

t.test('nothing but assets is served', async (t) => {
  for (const name of ['nothing.css', '..%2flayout.hbs', '%2e%2e%2flocales%2fen.json', 'constructor', '']) {
    const response = await app.inject(`/assets/${name}`)
    t.equal(response.statusCode, 404, name)
    t.match(response.json(), { error: 'invalid_request', error_description: 'there is nothing at this address' })
    t.equal(response.headers['cache-control'], 'no-store')
  }
})

t.test('the icon that everybody asks for is the SVG one', async (t) => {
  const response = await app.inject('/favicon.ico')
  t.equal(response.statusCode, 302)
  t.equal(response.headers.location, assetPath('', 'icon.svg'))
})

t.test('assets are below the path of the issuer', async (t) => {
  const below = await buildPageApp('https://example.com/t1')
  t.teardown(() => below.close())
  t.equal((await below.inject(assetPath('/t1', 'style.css'))).statusCode, 200)
  t.equal((await below.inject('/favicon.ico')).headers.location, assetPath('/t1', 'icon.svg'))
})

t.test('a template that names a missing asset is found at once', async (t) => {
  t.throws(() => assetPath('', 'no.css'), { message: 'no asset named no.css' })
})
