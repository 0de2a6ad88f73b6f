import t from 'tap'
import { siteOf } from '#src/fetch/site.ts'

t.test('hosts of one domain are one site, those of others are not', async (t) => {
  for (const [url, site] of [
    ['https://evil.example/jwks', 'evil.example'],
    ['https://x1.evil.example/', 'evil.example'],
    ['https://a.b.c.evil.example./?q', 'evil.example'],
    ['https://evil.example:443/', 'evil.example'],
    ['https://app.shop.co.uk/', 'shop.co.uk'],
    ['https://shop.co.uk/', 'shop.co.uk'],
    ['https://x.abc.io/', 'abc.io'],
    ['https://co.uk/', 'co.uk'],
    ['https://localhost/', 'localhost'],
    ['no URL', 'no URL'],
  ] as const)
    t.equal(siteOf(url), site, url)
})
