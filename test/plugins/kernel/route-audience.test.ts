import t from 'tap'
import { apiPatterns, isApi, pathOf } from '#src/plugins/kernel/route-audience.ts'

//= https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
//# a server MUST accept the absolute-form in requests
t.test('the path of a request target is the same in either form, without query and fragment', async (t) => {
  for (const [target, path] of [
    ['/token?code=x', '/token'],
    ['/token#x', '/token'],
    ['http://evil.example/token?x=http://y/', '/token'],
    ['http://evil.example', '/'],
    ['http://evil.example?x', '/'],
  ] as const)
    t.equal(pathOf(target), path, target)
})

t.test('a router knows every address of the API, below the issuer’s path as well as at the root', async (t) => {
  t.strictSame(apiPatterns('/t1').length, 2 * apiPatterns('').length)
  for (const base of ['', '/t1']) {
    for (const pattern of apiPatterns(base)) t.ok(isApi(pattern, base), `${base} ${pattern}`)
    t.ok(apiPatterns(base).includes(`${base}/token`))
    t.notOk(apiPatterns(base).includes(`${base}/authorize`))
  }
})
