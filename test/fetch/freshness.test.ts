import t from 'tap'
import { freshFor } from '#src/fetch/freshness.ts'

const NOW = Date.parse('2026-11-01T12:00:00Z')
const at = (seconds: number) => new Date(NOW + seconds * 1000).toUTCString()

const CASES: readonly [headers: Parameters<typeof freshFor>[0], expected: number | undefined][] = [
  [{}, undefined],
  [{ 'cache-control': 'public' }, undefined],
  [{ 'cache-control': 'max-age=300' }, 300],
  [{ 'cache-control': 'Public, Max-Age="300"' }, 300],
  [{ 'cache-control': 'public,max-age=300,must-revalidate' }, 300],
  [{ 'cache-control': 'max-age=300', age: '100' }, 200],
  [{ 'cache-control': 'max-age=300', age: '400' }, 0],
  [{ 'cache-control': 'max-age=300', age: 'soon' }, 300],
  [{ 'cache-control': 'max-age=-1' }, undefined],
  [{ 'cache-control': 'x-max-age=5' }, undefined],
  [{ 'cache-control': 'no-store' }, 0],
  [{ 'cache-control': 'max-age=300, no-cache' }, 0],
  [{ 'cache-control': 'no-cache="set-cookie", max-age=300' }, 0],
  [{ expires: at(600), date: at(0) }, 600],
  [{ expires: at(600) }, 600],
  [{ expires: at(600), date: at(-60) }, 660],
  [{ expires: at(-600), date: at(0) }, 0],
  [{ expires: '0', date: 'never' }, 0],
  [{ expires: 'never' }, 0],
  [{ 'cache-control': 'max-age=5', expires: at(600) }, 5],
]

t.test('a response is fresh for as long as its headers say (RFC 9111 sections 4.2 and 5.2.2)', async (t) => {
  for (const [headers, expected] of CASES) t.equal(freshFor(headers, NOW), expected, JSON.stringify(headers))
})
