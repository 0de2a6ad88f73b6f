import t from 'tap'
import { parseDuration, renderDuration } from '#src/config/durations.ts'

t.test('durations are read and written', async (t) => {
  for (const [raw, seconds] of [
    ['0', 0],
    ['45', 45],
    ['60s', 60],
    ['15m', 900],
    ['12h', 43_200],
    ['30d', 2_592_000],
  ] as const) {
    t.equal(parseDuration(raw), seconds)
  }
  for (const raw of ['', 's', '1w', '-1s', '1 h', '1h30m']) t.equal(parseDuration(raw), undefined, raw)
  t.same([0, 59, 60, 5400, 7200, 172_800].map(renderDuration), ['0s', '59s', '1m', '90m', '2h', '2d'])
})
